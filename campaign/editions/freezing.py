"""Freezing: what an edition takes down of a letter, entry by entry, in one transaction."""

import secrets
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from sqlalchemy import func, select

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict
from campaign.editions.models import Edition, EditionEntry
from campaign.editions.rules import EditionState, EntryKind, canonical, commitment, sha256, snapshot
from campaign.letters.models import Addressee, Letter
from campaign.letters.rules import LetterStatus, Visibility
from campaign.signing import roll
from campaign.signing.rules import Audience
from campaign.tally.queries import cells
from campaign.tally.rules import figures

MAY_FREEZE = (LetterStatus.OPEN, LetterStatus.CLOSED)


def freeze(letter: Letter, actor: Actor) -> Edition:
    """A new numbered edition of the letter as it stands now. Call inside one snapshot transaction.

    The caller commits.

    Raises Conflict when the letter is not open or closed, or has no text.
    """
    if letter.status not in MAY_FREEZE or letter.text_version is None:
        raise Conflict(f"a letter that is {letter.status} cannot be compiled")
    number = (
        db.session.scalar(select(func.max(Edition.number)).where(Edition.letter_id == letter.id)) or 0
    ) + 1
    frozen_at = clock.now().replace(microsecond=0)
    entries = [_entry(n, kind, facts) for n, (kind, facts) in enumerate(_facts(letter))]
    content = snapshot(
        letter.slug, number, clock.iso(frozen_at), ((e.kind.value, e.commitment) for e in entries)
    )
    edition = Edition(
        letter=letter,
        number=number,
        state=EditionState.FROZEN,
        frozen_at=frozen_at,
        snapshot=content,
        sha256=sha256(content),
    )
    db.session.add(edition)
    db.session.flush()  # entries and the audit row need the id
    for entry in entries:
        entry.edition_id = edition.id
    db.session.add_all(entries)
    record(actor, "edition.frozen", "edition", edition.id, letter.id, number=number, sha256=edition.sha256)
    return edition


def _entry(position: int, kind: EntryKind, facts: dict[str, Any]) -> EditionEntry:
    salt, payload = secrets.token_bytes(16), canonical(facts)
    return EditionEntry(
        position=position, kind=kind, commitment=commitment(salt, payload), salt=salt, payload=payload
    )


def _facts(letter: Letter) -> Iterator[tuple[EntryKind, dict[str, Any]]]:
    """Everything an edition says, in its lasting order."""
    yield EntryKind.LETTER, _letter(letter)
    yield EntryKind.FIGURES, _figures(letter)
    for translation in sorted(
        letter.text_version.translations if letter.text_version else [], key=lambda t: t.language
    ):
        tag = translation.language
        yield (
            EntryKind.TEXT,
            {
                "language": tag,
                "title": letter.title(tag),
                "noun": letter.noun(tag),
                "markdown": translation.markdown,
                "reviewed": translation.reviewed,
                "notice": letter.notice(tag),
            },
        )
    for host in letter.hosts:
        yield EntryKind.HOST, {k: getattr(host, k) for k in ("name", "website", "signed_by", "signed_title")}
    for addressee in letter.addressees:
        if addressee.removed_at is None:
            yield EntryKind.ADDRESSEE, _addressee(addressee)
    for document in letter.documents:
        yield (
            EntryKind.DOCUMENT,
            {"title": document.title, "filename": document.filename, "sha256": document.sha256},
        )
    for entry in roll.entries(letter.id, Audience.ADDRESSEES):
        yield EntryKind.SIGNATORY, _signatory(entry)


def _letter(letter: Letter) -> dict[str, Any]:
    return {
        "slug": letter.slug,
        "circulation": letter.circulation.value,
        "original_language": letter.original_language,
        "date": letter.date.isoformat() if letter.date else None,
        "place": letter.place,
        "reference": letter.reference,
        "time_zone": letter.time_zone,
        "order": letter.order.value,
        "text_version": letter.text_version.number if letter.text_version else None,
    }


def _figures(letter: Letter) -> dict[str, Any]:
    counted = cells(letter.id)
    by_visibility = {v: sum(n for cell, n in counted.items() if cell.visibility is v) for v in Visibility}
    return {
        "figures": asdict(figures(counted)),
        "unnamed": by_visibility[Visibility.UNNAMED],
        "addressees_only": by_visibility[Visibility.ADDRESSEES],
    }


def _addressee(a: Addressee) -> dict[str, Any]:
    plain = (
        "id",
        "name",
        "title",
        "body",
        "language",
        "honorific",
        "salutation",
        "closing",
        "subject",
        "opening",
    )
    printed = [", ".join(p for p in (c.name, c.title) if p) or c.email for c in a.copies if c.printed]
    return {**{k: getattr(a, k) for k in plain}, "sees": a.sees.value, "printed_copies": printed}


def _signatory(entry: roll.Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "name": entry.name,
        "name_other": entry.name_other,
        "country_code": entry.country_code,
        "scope": entry.scope.value,
        "visibility": entry.visibility.value,
        "signed_at": clock.iso(entry.signed_at),
    }
