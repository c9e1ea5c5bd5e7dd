"""From where sign-ons come, and what is over a limit: it is slowed and looked at, and never refused.

Limits are soft. Sign-ons of the same moment do not see each other on PostgreSQL, so a few more may pass than
a limit says; to wait in line for an exact count would cost every signatory, and a person's look comes anyway.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from campaign.core import clock
from campaign.core.db import db
from campaign.core.networks import Caller
from campaign.core.secrets import keyed_hash
from campaign.signing.access import Entry, deciding, domain_of, judgement
from campaign.signing.models import AccessRule, Limit, Sighting, Signature
from campaign.signing.pacing import WIDE, Pace, excess, holding, wait
from campaign.signing.rules import Flag, LimitPer, Verdict


@dataclass(frozen=True, slots=True)
class Keys:
    """What a sign-on is counted by: keyed hashes, as sightings keep them."""

    address: str
    near: str
    wide: str | None
    mailbox: str | None


def meet(signature: Signature, caller: Caller | None, trapped: bool = False) -> timedelta:
    """Note from where a new sign-on came, and flag what a person should look at.

    `caller` is None for what came by no network; `trapped` says that the field was filled in that people do
    not see. Returns how much later its mail leaves.
    """
    flags = {Flag.HONEYPOT} if trapped else set()
    slowed = timedelta(0)
    if caller is not None:
        person = signature.representative
        keys = keys_of(caller, person.email_index if person else None)
        now = clock.now()
        verdict = judgement(
            deciding(
                entries(signature.letter_id), caller.address, domain_of(person.email if person else None)
            )
        )
        if verdict is Verdict.DENY:
            flags.add(Flag.DENIED)
        over = [] if verdict is Verdict.ALLOW else list(beyond(signature.letter_id, keys, now))
        if over:
            flags.add(Flag.LIMIT)
        slowed = wait(over)
        db.session.add(_sighting(signature, keys, now))
    signature.flags = sorted({*signature.flags, *flags})
    return slowed


def keys_of(caller: Caller, mailbox: str | None) -> Keys:
    """The keyed hashes of an address and its networks; `mailbox` is the blind index of the mail address."""
    return Keys(
        address=keyed_hash("address", caller.alone),
        near=keyed_hash("network", caller.near),
        wide=keyed_hash("network", caller.wide) if caller.wide else None,
        mailbox=mailbox,
    )


def _sighting(signature: Signature, keys: Keys, now: datetime) -> Sighting:
    return Sighting(
        letter_id=signature.letter_id,
        signature_id=signature.id,
        at=now,
        address=keys.address,
        near=keys.near,
        wide=keys.wide,
        mailbox=keys.mailbox,
    )


def beyond(letter_id: int, keys: Keys, now: datetime) -> Iterator[tuple[Pace, int]]:
    """The limits of a letter that one more sign-on would be over, and by how many."""
    for pace in paces(letter_id):
        for column, key, times in _counted_by(pace.per, keys):
            allowed = Pace(pace.per, pace.span, pace.most * times)
            over = excess(seen(letter_id, allowed, now, column, key), allowed.most)
            if over:
                yield allowed, over


def _counted_by(per: LimitPer, keys: Keys) -> list[tuple[ColumnElement[Any] | None, str | None, int]]:
    """Columns and values a limit counts by, and how many times its figure passes."""
    if per is LimitPer.LETTER:
        return [(None, None, 1)]
    if per is LimitPer.MAILBOX:
        return [(Sighting.mailbox.expression, keys.mailbox, 1)] if keys.mailbox else []
    wide = [(Sighting.wide.expression, keys.wide, WIDE)] if keys.wide else []
    return [(Sighting.near.expression, keys.near, 1), *wide]


def seen(
    letter_id: int, pace: Pace, now: datetime, column: ColumnElement[Any] | None, key: str | None
) -> int:
    """How many sign-ons a letter had within a limit's span, by one key of a column or by all.

    Counts no further than it matters, so that a flood does not make each further sign-on slower.
    """
    since = now - timedelta(seconds=pace.span)
    found = select(Sighting.id).where(Sighting.at > since)
    if column is None:
        found = found.where(Sighting.letter_id == letter_id)
    else:
        # The sum keeps SQLite, which has no statistics, from reading all of the letter's index instead.
        found = found.where(column == key, Sighting.letter_id + 0 == letter_id)
    return db.session.scalar(select(func.count()).select_from(found.limit(pace.enough).subquery())) or 0


def paces(letter_id: int | None) -> tuple[Pace, ...]:
    """The limits that hold for a letter, or for all that have none of their own."""
    rows = db.session.scalars(select(Limit).where(_of(Limit.letter_id.expression, letter_id))).all()
    own = [Pace(row.per, row.span, row.most) for row in rows if row.letter_id is not None]
    general = [Pace(row.per, row.span, row.most) for row in rows if row.letter_id is None]
    return holding(own, general)


def entries(letter_id: int | None) -> list[Entry]:
    """The lines of the lists for a letter: its own, and those for all."""
    # Columns, not rows: the notes beside them are encrypted, and reading them costs.
    lines = select(AccessRule.verdict, AccessRule.kind, AccessRule.pattern, AccessRule.letter_id).where(
        _of(AccessRule.letter_id.expression, letter_id)
    )
    return [
        Entry(verdict, kind, pattern, own=letter is not None)
        for verdict, kind, pattern, letter in db.session.execute(lines)
    ]


def _of(column: ColumnElement[int | None], letter_id: int | None) -> ColumnElement[bool]:
    return column.is_(None) if letter_id is None else or_(column.is_(None), column == letter_id)
