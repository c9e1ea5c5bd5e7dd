"""Whom an addressee of a further body is told of: those signatories only who agreed that it goes there."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import func, select

from campaign.core.db import db
from campaign.editions.earlier import Earlier
from campaign.letters.models import Addressee, Letter, TextVersion
from campaign.signing import roll
from campaign.signing.models import Signature
from campaign.signing.rules import COUNTED
from campaign.signing.versions import has_agreed, has_not_agreed, must_agree_to, question
from campaign.tally.rules import Figures, figures


@dataclass(frozen=True, slots=True)
class Agreed:
    """The part of a list that agreed to an addressee: its figures, and the ids of those it may name.

    `new` are those of them who were not in the list that the addressee was sent before; None in a first one.
    """

    version: int
    figures: Figures
    signatories: frozenset[int]
    new: frozenset[int] | None
    unanswered: int


def agreed_facts(
    addressee: Addressee,
    named: Collection[int],
    first: Mapping[int, int],
    earlier: Earlier | None,
    before: Mapping[str, Any] | None,
) -> dict[str, Any] | None:
    """What an edition takes down of those who agreed to an addressee; None where nobody was to be asked.

    `named` are the ids of signatories that have an entry, `first` the number of the edition each stood in
    first, `before` the addressee's entry in the `earlier` list.
    """
    if addressee.since_version_id is None:
        return None
    since = addressee.since_version_id
    ids = sorted(roll.agreed(addressee.letter_id, since) & set(named))
    known = (before or {}).get("agreed")
    new = None
    if earlier is not None and known is not None:
        new = sorted(set(ids) - set(known["signatories"]))
    elif earlier is not None:
        new = [one for one in ids if first.get(one, earlier.number + 1) > earlier.number]
    return {
        "version": db.session.get_one(TextVersion, since).number,
        "figures": asdict(figures(roll.cells(addressee.letter_id, since))),
        "signatories": ids,
        "new": new,
        "unanswered": unanswered(addressee.letter, since),
    }


def own_earlier(earlier: Earlier | None, before: Mapping[str, Any] | None) -> Earlier | None:
    """The list an addressee had before, counted as theirs was."""
    known = (before or {}).get("agreed")
    if earlier is None or known is None:
        return earlier
    return replace(earlier, signatories=known["figures"]["signatories"])


def agreed_from(facts: Mapping[str, Any] | None) -> Agreed | None:
    """Read back from an addressee's entry."""
    if facts is None:
        return None
    return Agreed(
        facts["version"],
        Figures(**facts["figures"]),
        frozenset(facts["signatories"]),
        None if facts["new"] is None else frozenset(facts["new"]),
        facts["unanswered"],
    )


def unanswered(letter: Letter, since: int | None = None) -> int:
    """How many of those who count stand under an older text, as long as they count.

    With `since`, of those only who stand under that version (id) at least.
    """
    asked = question(letter.id)
    needed = must_agree_to(letter.id, asked) if asked is not None else None
    if needed is None:
        return 0
    among = () if since is None else (has_agreed(since),)
    rows = select(func.count(Signature.id)).where(
        Signature.letter_id == letter.id,
        Signature.status.in_(COUNTED),
        *has_not_agreed(needed.id),
        *among,
    )
    return db.session.scalar(rows) or 0
