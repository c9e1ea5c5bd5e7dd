"""What waits at the desk: a page at a time by key, and how many, counted by the database.

A wave may leave thousands waiting; none of those that are not shown is read, or its contact decrypted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Text, cast, func, or_, select

from campaign.core.db import db
from campaign.signing.models import Signature
from campaign.signing.queries import QUEUE
from campaign.signing.rules import HELD_FOR, Flag, SignatureStatus

PAGE = 100
HELD = SignatureStatus.HELD.value
SETS = (HELD, *(flag.value for flag in Flag))  # what is held, and what carries a flag
_UNCONFIRMED = (SignatureStatus.UNVERIFIED,)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in their order, how many more come after them, and the id of the row before them (0: none)."""

    rows: Sequence[Signature]
    more: int
    after: int = 0

    @property
    def through(self) -> int:
        """The id after which the next page begins."""
        return self.rows[-1].id if self.rows else 0


@dataclass(frozen=True, slots=True)
class Whole:
    """A set as it stands: how many, its newest row, and whether anything in it is there as it looks wrong."""

    count: int
    through: int
    suspect: bool


def waiting(letter_id: int, name: str = "", after: int = 0) -> Page:
    """Confirmed sign-ons that wait for a decision, or those of a set, oldest first, after the row `after`."""
    return _page(_waiting(letter_id, name), after)


def unconfirmed(letter_id: int, after: int = 0) -> Page:
    """Sign-ons whose mailbox is not proven yet, oldest first, after the row `after` (0: from the start)."""
    return _page((Signature.letter_id == letter_id, Signature.status.in_(_UNCONFIRMED)), after)


def sizes(letter_id: int) -> Mapping[str, int]:
    """How many of those that wait for a decision are in each set; a set may be empty."""
    counts = [func.count(Signature.id).filter(_in(name)) for name in SETS]
    found = db.session.execute(select(*counts).where(*_waiting(letter_id, "")))
    return dict(zip(SETS, found.one(), strict=True))


def whole(letter_id: int, name: str) -> Whole:
    """All of a set that waits, whatever page of it is shown; nothing of a set that does not exist."""
    if name not in SETS:
        return Whole(0, 0, suspect=False)
    suspect = func.count(Signature.id).filter(or_(*(_in(each) for each in (HELD, *HELD_FOR))))
    rows = select(func.count(Signature.id), func.max(Signature.id), suspect)
    count, through, wrong = db.session.execute(rows.where(*_waiting(letter_id, name))).one()
    return Whole(count, through or 0, bool(wrong))


def ids(letter_id: int, name: str, through: int, most: int) -> Sequence[int]:
    """The ids of a set up to the row `through`, the oldest first; none of a set that does not exist."""
    if name not in SETS:
        return []
    rows = select(Signature.id).where(*_waiting(letter_id, name), Signature.id <= through)
    return db.session.scalars(rows.order_by(Signature.id).limit(most)).all()


def _waiting(letter_id: int, name: str) -> tuple[ColumnElement[bool], ...]:
    among = (_in(name),) if name else ()
    return (Signature.letter_id == letter_id, Signature.status.in_(QUEUE), *among)


def _in(name: str) -> ColumnElement[bool]:
    """Flags are a JSON list of words that hold no quotation mark: each stands there between two."""
    if name == HELD:
        return Signature.status == SignatureStatus.HELD
    return cast(Signature.flags, Text).contains(f'"{name}"', autoescape=True)


def _page(among: tuple[ColumnElement[bool], ...], after: int) -> Page:
    """Where nothing is left after that row, as when the last page was decided, it begins from the start."""
    left = (*among, Signature.id > after)
    rows = db.session.scalars(select(Signature).where(*left).order_by(Signature.id).limit(PAGE)).all()
    if after and not rows:
        return _page(among, 0)
    total = len(rows)
    if total == PAGE:
        total = db.session.scalar(select(func.count(Signature.id)).where(*left)) or 0
    return Page(rows, total - len(rows), after)
