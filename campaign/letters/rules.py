"""States and settings of a letter, and what each allows."""

import re
from datetime import datetime, timedelta
from enum import StrEnum

from campaign.core.errors import Conflict, Gone

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_SLUG = 80
DEFAULT_RELEASE_DELAY = 15  # minutes; a letter's own lies in RELEASE_DELAYS
RELEASE_DELAYS = range(5, 61)
GRACE = timedelta(hours=48)  # a confirmation still counts this long after the deadline


class LetterStatus(StrEnum):
    """Where a letter stands. Opening for signature and publishing are two acts."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    ARCHIVED = "archived"
    WITHDRAWN = "withdrawn"


class Circulation(StrEnum):
    """Who can find the letter."""

    PUBLIC = "public"
    PRIVATE = "private"


class Acceptance(StrEnum):
    """Whether a person decides on each confirmed sign-on."""

    MODERATED = "moderated"
    AUTOMATIC = "automatic"


class Order(StrEnum):
    """How the signatories are listed."""

    COUNTRY = "country"
    NAME = "name"
    SIGNED = "signed"


class Visibility(StrEnum):
    """Who may see a signatory's name, from most to least visible."""

    PUBLIC = "public"
    ADDRESSEES = "addressees"
    UNNAMED = "unnamed"


class Sees(StrEnum):
    """Which names an addressee is shown."""

    ALL = "all"
    PUBLIC = "public"


class Channel(StrEnum):
    """How a letter reaches its addressee; everything but mail is a task for a person."""

    MAIL = "mail"
    PORTAL = "portal"
    POST = "post"
    FAX = "fax"
    HAND = "hand"


class DocumentUse(StrEnum):
    """What happens to an enclosed document."""

    ATTACH = "attach"
    ANNEX = "annex"
    LIST = "list"


class Change(StrEnum):
    """What a new version of the text means for those who signed the old one."""

    FIRST = "first"
    MINOR = "minor"
    SUBSTANTIVE = "substantive"


_S = LetterStatus
TRANSITIONS: dict[LetterStatus, frozenset[LetterStatus]] = {
    _S.DRAFT: frozenset({_S.OPEN, _S.WITHDRAWN}),
    _S.OPEN: frozenset({_S.CLOSED, _S.WITHDRAWN}),
    _S.CLOSED: frozenset({_S.OPEN, _S.ARCHIVED, _S.WITHDRAWN}),
    _S.ARCHIVED: frozenset({_S.WITHDRAWN}),
    _S.WITHDRAWN: frozenset(),
}


def advance(current: LetterStatus, to: LetterStatus) -> LetterStatus:
    """The new status, when a letter may go there from where it is. Raises Conflict otherwise."""
    if to not in TRANSITIONS[current]:
        raise Conflict(f"a letter that is {current} cannot become {to}")
    return to


def strictest(offered: tuple[Visibility, ...]) -> Visibility:
    """The least visible of the choices a letter offers."""
    return max(offered, key=list(Visibility).index)


def default_visibility(offered: tuple[Visibility, ...], at_risk: bool) -> Visibility:
    """What is chosen beforehand: the strictest where signatories are at risk, else the most visible."""
    return strictest(offered) if at_risk else min(offered, key=list(Visibility).index)


def takes_signatures(status: LetterStatus, paused: bool, deadline: datetime | None, now: datetime) -> bool:
    """Whether the sign form is open."""
    return status is _S.OPEN and not paused and (deadline is None or now <= deadline)


def takes_confirmations(status: LetterStatus, deadline: datetime | None, now: datetime) -> bool:
    """Whether a confirmation still counts.

    While open (paused or not), and until 48 hours after the deadline even if closed.
    """
    if status not in (_S.OPEN, _S.CLOSED):
        return False
    return status is _S.OPEN if deadline is None else now <= deadline + GRACE


def require_signatures(status: LetterStatus, paused: bool, deadline: datetime | None, now: datetime) -> None:
    """Raises Conflict while paused and Gone when the letter takes no more signatures.

    The page words it for people.
    """
    if takes_signatures(status, paused, deadline, now):
        return
    if status is _S.OPEN and paused:
        raise Conflict("signing is paused")
    raise Gone("this letter takes no more signatures")
