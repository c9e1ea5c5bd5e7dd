"""Whether a stored edition is still what was frozen: recomputed from its entries, its files, the record."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select

from campaign.audit.models import AuditEntry
from campaign.core import clock
from campaign.core.db import db
from campaign.editions.models import Edition, EditionEntry
from campaign.editions.rules import EntryKind, commitment, sha256, snapshot


def flaws(edition: Edition) -> list[str]:
    """What was changed behind our back, a few words each; none when all of it is as it was frozen.

    An erased entry (neither salt nor payload) is no flaw where the record of acts tells of the erasure: its
    commitment still stands. Nor is a file that was printed again after it.
    """
    entries = db.session.scalars(
        select(EditionEntry).where(EditionEntry.edition_id == edition.id).order_by(EditionEntry.position)
    ).all()
    return [*_of_entries(entries), *_of_snapshot(edition, entries), *_of_files(edition)]


def _of_entries(entries: Sequence[EditionEntry]) -> Iterator[str]:
    for place, entry in enumerate(entries):
        if entry.position != place:
            yield f"entry {place} is missing or moved"
            return
        if entry.salt is None or entry.payload is None:
            sound = entry.salt is None and entry.payload is None
        else:
            sound = commitment(entry.salt, entry.payload) == entry.commitment
        if not sound:
            yield f"entry {place} was changed"


def _of_snapshot(edition: Edition, entries: Sequence[EditionEntry]) -> Iterator[str]:
    if sha256(edition.snapshot) != edition.sha256:
        yield "the snapshot does not give the edition's hash"
    again = snapshot(
        _slug(edition, entries),
        edition.number,
        clock.iso(edition.frozen_at),
        ((entry.kind.value, entry.commitment) for entry in entries),
    )
    if again != edition.snapshot:
        yield "the entries do not give the snapshot"
    if _recorded(edition) != edition.sha256:
        yield "the record of acts tells another hash"
    if sum(entry.payload is None for entry in entries) != sum(_erasures(edition)):
        yield "the record of acts tells another number of erased entries"


def _slug(edition: Edition, entries: Sequence[EditionEntry]) -> str:
    """The letter's slug as frozen; the letter itself may have another by now."""
    told = [entry.payload for entry in entries if entry.kind is EntryKind.LETTER and entry.payload]
    try:
        return str(json.loads(told[0])["slug"]) if told else edition.letter.slug
    except (ValueError, KeyError, TypeError):
        return ""


def _recorded(edition: Edition) -> object:
    """The hash that was noted when the edition was frozen."""
    details = _noted(edition, "edition.frozen")
    return details[0].get("sha256") if len(details) == 1 else None


def _erasures(edition: Edition) -> list[int]:
    """How many entries each recorded erasure emptied."""
    return [noted.get("names", 0) for noted in _noted(edition, "edition.redacted")]


def _noted(edition: Edition, action: str) -> Sequence[dict[str, Any]]:
    return db.session.scalars(
        select(AuditEntry.details).where(
            AuditEntry.action == action,
            AuditEntry.subject_kind == "edition",
            AuditEntry.subject_id == edition.id,
        )
    ).all()


def _of_files(edition: Edition) -> Iterator[str]:
    redacted = bool(_erasures(edition))
    for file in edition.files:
        hash_ = file.redacted_sha256 if redacted and file.redacted_at else file.sha256
        # Between an erasure and the new print there is nothing, and nothing else is sound.
        waiting = redacted and file.redacted_at and file.redacted_sha256 is None and not file.content
        if len(file.content) != file.size or not (waiting or sha256(file.content) == hash_):
            yield f"file {file.id} was changed"
