"""Whether a stored edition is still what was frozen: recomputed from its entries, its files, the record."""

import json
from collections.abc import Iterator, Sequence

from sqlalchemy import select

from campaign.audit.models import AuditEntry
from campaign.core import clock
from campaign.core.db import db
from campaign.editions.models import Edition, EditionEntry
from campaign.editions.rules import EntryKind, commitment, sha256, snapshot


def flaws(edition: Edition) -> list[str]:
    """What was changed behind our back, a few words each; none when all of it is as it was frozen.

    An erased entry (neither salt nor payload) is no flaw: its commitment still stands.
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


def _slug(edition: Edition, entries: Sequence[EditionEntry]) -> str:
    """The letter's slug as frozen; the letter itself may have another by now."""
    told = [entry.payload for entry in entries if entry.kind is EntryKind.LETTER and entry.payload]
    try:
        return str(json.loads(told[0])["slug"]) if told else edition.letter.slug
    except (ValueError, KeyError, TypeError):
        return ""


def _recorded(edition: Edition) -> object:
    """The hash that was noted when the edition was frozen."""
    noted = select(AuditEntry.details).where(
        AuditEntry.action == "edition.frozen",
        AuditEntry.subject_kind == "edition",
        AuditEntry.subject_id == edition.id,
    )
    details = db.session.scalars(noted).all()
    return details[0].get("sha256") if len(details) == 1 else None


def _of_files(edition: Edition) -> Iterator[str]:
    for file in edition.files:
        if (sha256(file.content), len(file.content)) != (file.sha256, file.size):
            yield f"file {file.id} was changed"
