"""The canonical form of an edition.

Salted commitments, so that a name can be erased and the hash still holds.

Each entry is canonical JSON (keys sorted, no spaces, UTF-8). Its commitment is SHA-256 over its salt (16
bytes) followed by that JSON. The snapshot lists the commitments in order; its SHA-256 is the edition's hash.
`docs/editions.md` shows how to check one by hand.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from campaign.core.errors import Conflict

FORMAT = "undersigned-edition-1"


class EditionState(StrEnum):
    """How far an edition is. Its content never changes after freezing; `failed` speaks of its files only."""

    FROZEN = "frozen"
    RENDERED = "rendered"
    FAILED = "failed"


class EntryKind(StrEnum):
    """What an entry of a snapshot tells."""

    LETTER = "letter"
    FIGURES = "figures"
    TEXT = "text"
    HOST = "host"
    ADDRESSEE = "addressee"
    DOCUMENT = "document"
    SIGNATORY = "signatory"


class Verdict(StrEnum):
    """What can be said of a file or a hash. One that is redacted may be superseded as well."""

    CURRENT = "current"
    SUPERSEDED = "superseded"
    REDACTED = "redacted"
    UNKNOWN = "unknown"


_S = EditionState
TRANSITIONS: dict[EditionState, frozenset[EditionState]] = {
    _S.FROZEN: frozenset({_S.RENDERED, _S.FAILED}),
    _S.FAILED: frozenset({_S.RENDERED, _S.FAILED}),
    _S.RENDERED: frozenset(),
}


def advance(current: EditionState, to: EditionState) -> EditionState:
    """The new state. Raises Conflict when an edition cannot go there."""
    if to not in TRANSITIONS[current]:
        raise Conflict("an edition that is %(current)s cannot become %(to)s", current=current, to=to)
    return to


def canonical(value: Mapping[str, Any]) -> str:
    """Canonical JSON: keys sorted, no spaces, characters as themselves."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def commitment(salt: bytes, payload: str) -> str:
    """64 hex digits that tie an entry into the snapshot without telling it."""
    return hashlib.sha256(salt + payload.encode()).hexdigest()


def snapshot(letter: str, number: int, frozen_at: str, entries: Iterable[tuple[str, str]]) -> str:
    """The canonical snapshot of (kind, commitment) pairs in their order."""
    return canonical(
        {
            "format": FORMAT,
            "letter": letter,
            "number": number,
            "frozen_at": frozen_at,
            "entries": [list(e) for e in entries],
        }
    )


def sha256(content: str | bytes) -> str:
    """64 hex digits."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def short_reference(hash_: str) -> str:
    """The first twelve digits of a hash in groups of four, as each page's foot shows it."""
    return " ".join(hash_[i : i + 4] for i in (0, 4, 8))


def may_see(since: datetime | None, shown_at: datetime) -> bool:
    """Whether a withheld name is for a reader: only if they stood on the form when it was given."""
    return since is not None and shown_at >= since


def reader_groups(
    since: datetime | None, copies: Sequence[tuple[int, datetime | None]], shown: Collection[datetime]
) -> list[tuple[datetime | None, list[int]]]:
    """The readers of one addressee's letter, by the withheld names they see: (since, ids of copies) each.

    `since` is from when the addressee, and each copy, is to see withheld names; None: never. `shown` are the
    moments at which those names were given. The addressee is in the first group; one who sees no withheld
    name has None, whatever is set.
    """
    groups: dict[int, tuple[datetime | None, list[int]]] = {}
    for copy_id, from_when in ((None, since), *copies):
        # What one sees begins at a moment and has no gaps, so its size alone tells two readers apart.
        size = sum(may_see(from_when, moment) for moment in shown)
        group = groups.setdefault(size, (from_when if size else None, []))
        if copy_id is not None:
            group[1].append(copy_id)
    return list(groups.values())


def for_everybody(kind: EntryKind, facts: Mapping[str, Any]) -> bool:
    """Whether an entry of a public letter may be opened to all, so that they recompute its commitment.

    Never one about an addressee or a withheld name. Older entries of signatories tell the second of signing,
    which could lead to the person who signed: they stay closed.
    """
    if kind is EntryKind.SIGNATORY:
        return facts["visibility"] == "public" and "signed_at" not in facts
    return kind is not EntryKind.ADDRESSEE
