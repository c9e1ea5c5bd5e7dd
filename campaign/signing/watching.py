"""How sign-ons come in at this moment, and what would become of one from a typed place. Nothing is kept."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Text, cast, func, select

from campaign.core.db import db
from campaign.core.errors import InvalidInput
from campaign.core.networks import Caller, read_address
from campaign.signing.access import Entry, checked_pattern, deciding, judgement
from campaign.signing.limits import beyond, entries, keys_of
from campaign.signing.models import AccessRule, Limit, Sighting, Signature
from campaign.signing.pacing import Pace
from campaign.signing.rules import AccessKind, Flag, LimitPer, Verdict

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Sign-ons by the form within a span, their networks and their flags; never who or from where.

    `busiest` is how many came from the network that sent most; what was flagged most often is the first.
    """

    total: int
    networks: int
    busiest: int
    flagged: Mapping[Flag, int]


@dataclass(frozen=True, slots=True)
class Trial:
    """What would become of a sign-on: the deciding lines, what they say together, and limits reached."""

    decided: Sequence[Entry]
    verdict: Verdict | None
    over: Sequence[Pace]


def traffic(letter_id: int, since: datetime) -> Traffic:
    """What came in on a letter since a moment."""
    here = (Sighting.letter_id == letter_id, Sighting.at > since)
    per_network = select(func.count()).where(*here).group_by(Sighting.near)
    counts = db.session.scalars(per_network).all()
    text = cast(Signature.flags, Text)  # PostgreSQL compares no JSON
    flags: Counter[Flag] = Counter()
    for said, times in db.session.execute(
        select(text, func.count())
        .join(Sighting, Sighting.signature_id == Signature.id)
        .where(*here)
        .group_by(text)
    ):
        flags.update({Flag(flag): times for flag in json.loads(said or "[]")})
    often = sorted(flags.items(), key=lambda one: (-one[1], one[0]))
    return Traffic(sum(counts), len(counts), max(counts, default=0), dict(often))


def trial(letter_id: int | None, typed: str, now: datetime) -> Trial | None:
    """What would become of a sign-on from a typed network address, or by a mailbox of a typed domain.

    None when it is neither. Limits are a letter's: without one only the lists are asked.
    """
    address = read_address(typed)
    domain = "" if address else _domain(typed)
    if address is None and not domain:
        return None
    decided = deciding(entries(letter_id), address, domain)
    verdict = judgement(decided)
    over: list[Pace] = []
    if letter_id is not None and verdict is not Verdict.ALLOW:
        reached = beyond(letter_id, keys_of(Caller(address), None), now)
        over = [pace for pace, _times in reached if address or pace.per is LimitPer.LETTER]
    return Trial(decided, verdict, over)


def _domain(typed: str) -> str:
    """The domain that was typed, alone or in a mail address; empty for none."""
    try:
        domain = checked_pattern(AccessKind.DOMAIN, typed.strip().rpartition("@")[2])
    except InvalidInput:
        return ""
    return "" if "*" in domain else domain


def limits_kept(letter_id: int | None) -> Sequence[Limit]:
    """The limits of a letter, or of all letters, as rows that can be changed."""
    rows = select(Limit).where(
        Limit.letter_id == letter_id if letter_id is not None else Limit.letter_id.is_(None)
    )
    return sorted(db.session.scalars(rows), key=lambda row: (list(LimitPer).index(row.per), row.span))


def lines_kept(letter_id: int | None) -> Sequence[AccessRule]:
    """The lines of a letter's lists, or of those for all letters: what denies first."""
    rows = select(AccessRule).where(
        AccessRule.letter_id == letter_id if letter_id is not None else AccessRule.letter_id.is_(None)
    )
    return db.session.scalars(
        rows.order_by(AccessRule.verdict.desc(), AccessRule.kind, AccessRule.pattern, AccessRule.id)
    ).all()
