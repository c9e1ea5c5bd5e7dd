"""Erasing a signatory from frozen editions: number and hash stay, the name does not."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.editions.frozen import Frozen, FrozenSignatory, thaw
from campaign.editions.models import Edition, EditionEntry, EditionFile
from campaign.editions.rules import EntryKind
from campaign.jobs.operations import owe

REPRINT = "campaign.editions.tasks.reprint"


@dataclass(frozen=True, slots=True)
class Redacted:
    """An edition from which a signatory was erased, and how they stood there."""

    edition: Edition
    signatory: FrozenSignatory


def redact(letter_id: int, signature_id: int, actor: Actor) -> list[Redacted]:
    """Erase a signatory from every edition of the letter; returns those that named them, oldest first.

    Salt and words of the entry go, its commitment stays, and so do number, snapshot and hash. Each file that
    named them is empty at once; the worker prints it again with "[withdrawn]" in the name's place.
    """
    return [
        _redact(edition, entry, signature_id, actor)
        for edition, entry, _facts in list(entries_of(letter_id, signature_id))
    ]


def _redact(edition: Edition, entry: EditionEntry, signature_id: int, actor: Actor) -> Redacted:
    db.session.refresh(edition, with_for_update=True)  # a worker may be storing what it printed
    before, now = thaw(edition), clock.now()
    signatory = next(s for s in before.signatories if s.id == signature_id)
    entry.salt = entry.payload = None
    edition.redacted_at = now
    naming = [file for file in edition.files if _names(before, signatory, file)]
    for file in naming:
        file.content, file.size, file.redacted_sha256, file.redacted_at = b"", 0, None, now
    if naming:
        owe(REPRINT, edition.id)
    record(
        actor, "edition.redacted", "edition", edition.id, edition.letter_id, number=edition.number, names=1
    )
    return Redacted(edition, signatory)


def _names(frozen: Frozen, signatory: FrozenSignatory, file: EditionFile) -> bool:
    """Whether a file was printed with that name; in doubt, yes."""
    if file.addressee_id is None:
        return frozen.is_named(signatory, None)
    addressee = next((a for a in frozen.addressees if a.id == file.addressee_id), None)
    return addressee is None or frozen.is_named(signatory, addressee, file.reader)


def entries_of(letter_id: int, signature_id: int) -> Iterator[tuple[Edition, EditionEntry, dict[str, Any]]]:
    """The entries of a signatory in the editions of a letter, with what they say, oldest edition first."""
    # The payload is canonical JSON: keys sorted, no spaces. So few rows are read of many.
    rows = (
        select(Edition, EditionEntry)
        .join(EditionEntry, EditionEntry.edition_id == Edition.id)
        .where(
            Edition.letter_id == letter_id,
            EditionEntry.kind == EntryKind.SIGNATORY,
            EditionEntry.payload.contains(f'"id":{signature_id},', autoescape=True),
        )
        .order_by(Edition.number)
    )
    for edition, entry in db.session.execute(rows):
        facts = json.loads(entry.payload or "{}")
        if facts.get("id") == signature_id:  # and not a name that looks like one
            yield edition, entry, facts
