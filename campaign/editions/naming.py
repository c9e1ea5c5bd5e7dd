"""How outsiders read an edition's name: "List of signatories no. 2", and what is new since the one before."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from campaign.core import locales
from campaign.editions.earlier import Earlier


def list_name(number: int) -> str:
    """ "List of signatories no. 2"."""
    return _("List of signatories no. %(number)s", number=number)


def list_name_as_of(number: int, frozen_at: datetime, zone: str, language: str) -> str:
    """The same with the moment it was frozen, in the letter's time zone and in UTC."""
    moment = locales.format_moment(frozen_at, zone, language)
    return _("List of signatories no. %(number)s, as of %(moment)s", number=number, moment=moment)


def day_of(earlier: Earlier, zone: str, language: str) -> str:
    """The day of an earlier list, in the letter's time zone."""
    return locales.format_date(earlier.frozen_at.astimezone(ZoneInfo(zone)).date(), language)


def new_note(earlier: Earlier, names: int, zone: str, language: str) -> str:
    """What the mark beside `names` new names means; without one, which list came before."""
    day = day_of(earlier, zone, language)
    if not names:
        return _("The list before this one: no. %(number)s of %(day)s.", number=earlier.number, day=day)
    return _("New since list no. %(number)s of %(day)s: marked “new”.", number=earlier.number, day=day)


def withdrawn() -> str:
    """What stands for a signatory who was erased from an edition."""
    return _("[withdrawn]")
