"""The mails about letters as such: what an operator did."""

from collections.abc import Mapping

from flask_babel import gettext as _

from campaign.audit.models import AuditEntry
from campaign.core import locales
from campaign.core.db import db
from campaign.letters.models import Letter
from campaign.outbox.bodies import notice
from campaign.outbox.message import Mailbox, Parts
from campaign.outbox.writing import platform_sender, public_url, write


@notice
def operator_acted(locale: str, entry_id: int) -> Parts | None:
    """To coordinators: somebody with access to the server did this to the letter."""
    return told("operator_acted", locale, entry_id, acts())


def told(template: str, locale: str, entry_id: int, words: Mapping[str, str], page: str = "") -> Parts | None:
    """A notice to coordinators about a recorded act on a letter, with a link to a page of it at the desk.

    `words` say what is told of each act; one without words stands by its name.
    """
    entry = db.session.get(AuditEntry, entry_id)
    letter = db.session.get(Letter, entry.letter_id) if entry and entry.letter_id else None
    if entry is None or letter is None:
        return None
    said = write(
        template,
        title=letter.title(locale),
        titled_in=letter.titled_in(locale),
        act=words.get(entry.action, entry.action),
        moment=locales.format_moment(entry.at, letter.time_zone, locale),
        link=public_url(f"/desk/letters/{letter.slug}{page}"),
        notice=letter.notice(locale),
        noticed_in=letter.noticed_in(locale),
        locale=locale,
    )
    return Parts(
        subject=said.subject,
        text=said.text,
        html=said.html,
        sender=Mailbox("Undersigned", platform_sender()),
        date=entry.at,
    )


def acts() -> dict[str, str]:
    """What each recorded act is called when it is told to people."""
    return {
        "letter.open": _("opened for signature"),
        "letter.closed": _("closed"),
        "letter.archived": _("archived"),
        "letter.withdrawn": _("withdrawn"),
        "letter.paused": _("paused"),
        "letter.resumed": _("resumed"),
        "letter.extended": _("given a later deadline"),
        "letter.published": _("published"),
        "text.substantive": _("changed: its signatories are asked to confirm again"),
        "dispatch.released": _("released to its addressees"),
        "dispatch.cancelled": _("kept from leaving: the release was cancelled"),
    }
