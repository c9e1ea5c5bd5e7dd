"""Freezing: what an edition takes down of a letter, entry by entry, in one transaction."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict
from campaign.editions.agreeing import agreed_facts, own_earlier, unanswered
from campaign.editions.earlier import Earlier, earlier_addressees, earlier_lists, first_numbers
from campaign.editions.models import Edition, EditionEntry
from campaign.editions.rules import (
    EditionState,
    EntryKind,
    canonical,
    commitment,
    reader_groups,
    sha256,
    snapshot,
)
from campaign.letters.history import changed_at
from campaign.letters.models import Addressee, Copy, Letter
from campaign.letters.rules import LetterStatus, Sees, Visibility
from campaign.signing import roll
from campaign.signing.models import Signature
from campaign.signing.rules import COUNTED, Audience
from campaign.tally.queries import cells
from campaign.tally.rules import figures

MAY_FREEZE = (LetterStatus.OPEN, LetterStatus.CLOSED)


@dataclass(frozen=True, slots=True)
class _History:
    """What a further list is measured against, and when each withheld name (by signature id) was given."""

    number: int
    sent: Mapping[int, Earlier]
    first: Mapping[int, int]
    shown: Mapping[int, datetime]
    before: Mapping[int, Mapping[str, Any]]

    @property
    def public(self) -> Earlier | None:
        return max(self.sent.values(), key=lambda list_: list_.number, default=None)


def freeze(letter: Letter, actor: Actor, sent: Mapping[int, int] | None = None) -> Edition:
    """A new numbered edition of the letter as it stands now. Call inside one snapshot transaction.

    `sent` says which edition's number each addressee (by id) was last sent: theirs tells what is new since.
    The caller commits.

    Raises Conflict when the letter is not open or closed, or has no text; NotFound when no edition has a
    number of `sent`.
    """
    if letter.status not in MAY_FREEZE or letter.text_version is None:
        raise Conflict("a letter that is %(status)s cannot be compiled", status=letter.status)
    number = (
        db.session.scalar(select(func.max(Edition.number)).where(Edition.letter_id == letter.id)) or 0
    ) + 1
    frozen_at = clock.now().replace(microsecond=0)
    history = _history(letter, number, sent or {})
    entries = [_entry(n, kind, facts) for n, (kind, facts) in enumerate(_facts(letter, history))]
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


def _history(letter: Letter, number: int, sent: Mapping[int, int]) -> _History:
    lists = earlier_lists(letter.id, set(sent.values()))
    withheld = select(
        Signature.id, func.coalesce(Signature.shown_at, Signature.signed_at, type_=Signature.shown_at.type)
    ).where(
        Signature.letter_id == letter.id,
        Signature.status.in_(COUNTED),
        Signature.visibility == Visibility.ADDRESSEES,
    )
    return _History(
        number=number,
        sent={addressee_id: lists[last] for addressee_id, last in sent.items()},
        first=first_numbers(letter.id),
        shown={row[0]: row[1] for row in db.session.execute(withheld)},
        before=earlier_addressees(letter.id, sent),
    )


def _facts(letter: Letter, history: _History) -> Iterator[tuple[EntryKind, dict[str, Any]]]:
    """Everything an edition says, in its lasting order."""
    yield EntryKind.LETTER, {**_letter(letter), "earlier": _known(history.public)}
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
    # Public names first: their places among the others would tell all when a withheld one signed.
    named = sorted(
        roll.entries(letter.id, Audience.ADDRESSEES),
        key=lambda e: (e.visibility is not Visibility.PUBLIC, e.id),
    )
    ids = [entry.id for entry in named]
    for addressee in letter.addressees:
        if addressee.removed_at is None:
            yield EntryKind.ADDRESSEE, _addressee(addressee, history, ids)
    for document in letter.documents:
        yield (
            EntryKind.DOCUMENT,
            {"title": document.title, "filename": document.filename, "sha256": document.sha256},
        )
    for entry in named:
        yield EntryKind.SIGNATORY, _signatory(entry, history)


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
        "country_names": letter.country_names,
        "text_version": letter.text_version.number if letter.text_version else None,
        "text_changed_at": clock.iso(changed) if (changed := changed_at(letter)) else None,
    }


def _figures(letter: Letter) -> dict[str, Any]:
    counted = cells(letter.id)
    by_visibility = {v: sum(n for cell, n in counted.items() if cell.visibility is v) for v in Visibility}
    return {
        "figures": asdict(figures(counted)),
        "unnamed": by_visibility[Visibility.UNNAMED],
        "addressees_only": by_visibility[Visibility.ADDRESSEES],
        "unanswered": unanswered(letter),
    }


def _addressee(a: Addressee, history: _History, named: Sequence[int]) -> dict[str, Any]:
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
    earlier, before = history.sent.get(a.id), history.before.get(a.id)
    printed = [", ".join(p for p in (c.name, c.title) if p) or c.email for c in a.copies if c.printed]
    groups = reader_groups(_since(a), [(c.id, _since(c)) for c in a.copies], history.shown.values())
    return {
        **{k: getattr(a, k) for k in plain},
        "sees": a.sees.value,
        "printed_copies": printed,
        "readers": [
            {"copies": copies, "since": _exact(since) if since else None} for since, copies in groups
        ],
        "earlier": _known(own_earlier(earlier, before)),
        "agreed": agreed_facts(a, named, history.first, earlier, before),
    }


def _since(reader: Addressee | Copy) -> datetime | None:
    """From when they are to see withheld names."""
    return reader.sees_since if reader.sees is Sees.ALL else None


def _known(earlier: Earlier | None) -> dict[str, Any] | None:
    return earlier.facts() if earlier else None


def _exact(moment: datetime) -> str:
    """To the microsecond: a name given in the same second as a reader was added is not theirs."""
    return moment.astimezone(UTC).isoformat()


def _signatory(entry: roll.Entry, history: _History) -> dict[str, Any]:
    """The day of signing only: the second could lead to the person who signed."""
    shown_at = history.shown.get(entry.id)
    return {
        "id": entry.id,
        "name": entry.name,
        "name_other": entry.name_other,
        "country_code": entry.country_code,
        "scope": entry.scope.value,
        "visibility": entry.visibility.value,
        "signed_on": entry.signed_on.isoformat(),
        "shown_at": _exact(shown_at) if shown_at else None,
        "first_in": history.first.get(entry.id, history.number),
    }
