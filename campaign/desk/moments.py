"""A day and time as somebody types them for a place, and the hours no clock there shows, or shows twice."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask_babel import gettext as _

from campaign.core.errors import InvalidInput


def typed_moment(typed: str, zone: str) -> datetime | None:
    """The moment in UTC of a browser's day and time at a place (IANA name); None when nothing was typed.

    Raises InvalidInput for what is no time, an unknown place, and an hour in which the clocks are changed.
    """
    if not typed.strip():
        return None
    try:
        wall = datetime.strptime(typed.strip().replace("T", " ")[:16], "%Y-%m-%d %H:%M")  # noqa: DTZ007
        local = wall.replace(tzinfo=_zone(zone))
        first, second = local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)
    except (ValueError, OverflowError) as fault:
        raise InvalidInput(_("please give a day and a time, such as 2026-02-03 09:00"), "at") from fault
    if first.astimezone(local.tzinfo).replace(tzinfo=None) != wall:
        raise InvalidInput(
            _("the clocks go forward that night and this time does not exist; choose another"), "at"
        )
    if first != second:
        raise InvalidInput(_("the clocks go back that night and this time comes twice; choose another"), "at")
    return first


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name.strip() or "?")
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise InvalidInput(_("this time zone is not known; write one such as Europe/Zurich"), "at") from fault
