"""States and settings of a letter, and what each allows."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from campaign.core.errors import Conflict, Gone, InvalidInput

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_SLUG = 80
DEFAULT_RELEASE_DELAY = 15  # minutes; a letter's own lies in RELEASE_DELAYS
RELEASE_DELAYS = range(5, 61)
GRACE = timedelta(hours=48)  # a confirmation still counts this long after the deadline
# How long signatories are given to confirm a changed letter: at least, usually, at most.
SHORTEST_ANSWER, USUAL_ANSWER, LONGEST_ANSWER = timedelta(hours=6), timedelta(days=7), timedelta(days=60)


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


class TextRule(StrEnum):
    """What may still change in the text once signatures are taken; said on the form, fixed at opening."""

    FINAL = "final"
    REVISABLE = "revisable"


class Silence(StrEnum):
    """What becomes of a signatory who does not answer when asked to confirm a changed letter."""

    OFF = "off"
    KEPT = "kept"


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
        raise Conflict("a letter that is %(current)s cannot become %(to)s", current=current, to=to)
    return to


def strictest(offered: tuple[Visibility, ...]) -> Visibility:
    """The least visible of the choices a letter offers."""
    return max(offered, key=list(Visibility).index)


def default_visibility(offered: tuple[Visibility, ...], at_risk: bool) -> Visibility:
    """What is chosen beforehand: the strictest where signatories are at risk, else the most visible."""
    return strictest(offered) if at_risk else min(offered, key=list(Visibility).index)


def acceptance_in_force(acceptance: Acceptance, at_risk: bool) -> Acceptance:
    """Who decides on confirmed sign-ons.

    A person where signatories may be at risk, whatever was chosen: whoever signs in an organisation's name
    would learn from being counted, or not, whether it stands there with a hidden name.
    """
    return Acceptance.MODERATED if at_risk else acceptance


def is_wider(before: Visibility, after: Visibility) -> bool:
    """Whether more people see the name afterwards."""
    order = list(Visibility)
    return order.index(after) < order.index(before)


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


@dataclass(frozen=True, slots=True)
class Promises:
    """What the sign form says of later changes.

    What may still change in the text, what silence means when signatories are asked about it, and whether the
    letter may go to further bodies without asking them.
    """

    text_rule: TextRule = TextRule.REVISABLE
    silence: Silence = Silence.OFF
    further_bodies: bool = False


def require_kept(before: Promises, after: Promises, asked: bool) -> None:
    """Raises InvalidInput, naming the field, when a letter that was opened would promise less than before.

    A promise may become stricter. What silence means stays as it is once `asked`: it was mailed to them.
    """
    if before.text_rule is TextRule.FINAL and after.text_rule is TextRule.REVISABLE:
        raise InvalidInput(
            "the sign form said that the text is final; that cannot be taken back", "text_rule"
        )
    if before.silence is Silence.OFF and after.silence is Silence.KEPT:
        raise InvalidInput("that silence keeps a signature can be chosen only before opening", "silence")
    if before.silence is not after.silence and asked:
        raise InvalidInput("signatories were told already what their silence means", "silence")
    if after.further_bodies and not before.further_bodies:
        raise InvalidInput(
            "that the letter may go to further bodies can be chosen only before opening", "further_bodies"
        )


def latest_answer(deadline: datetime | None, now: datetime) -> datetime:
    """Until when, at the latest, signatories may be asked to confirm a changed letter.

    The list is final 48 hours after the deadline, so an answer must be there by then; where that leaves no
    time any more, as when a closed letter is put right, only the longest span counts.
    """
    longest = now + LONGEST_ANSWER
    if deadline is None or deadline + GRACE < now + SHORTEST_ANSWER:
        return longest
    return min(longest, deadline + GRACE)


def usual_answer(deadline: datetime | None, now: datetime) -> datetime:
    """Until when signatories are asked where nobody named a date: a week, or the little there is."""
    return min(now + USUAL_ANSWER, latest_answer(deadline, now))


def check_answer(by: datetime, deadline: datetime | None, now: datetime) -> None:
    """Raises InvalidInput for a date that leaves signatories no time, or comes after the list is final."""
    if by < now + SHORTEST_ANSWER:
        raise InvalidInput("signatories need at least six hours to confirm again", "reconfirm_by")
    if by > latest_answer(deadline, now):
        raise InvalidInput(
            "answers are needed within 60 days, and 48 hours after the deadline at the latest", "reconfirm_by"
        )
