"""Editions on both databases: frozen in one piece, checkable by hand, unchanged by whatever comes later."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable

import pypdf
import pytest
from flask import Flask
from sqlalchemy import select, update

from campaign.audit.models import AuditEntry
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput, NotFound
from campaign.editions import operations, queries
from campaign.editions.frozen import thaw
from campaign.editions.models import Edition, EditionEntry
from campaign.editions.render import RenderFailed
from campaign.editions.rules import EditionState, EntryKind, Verdict, short_reference
from campaign.editions.tasks import RENDER
from campaign.jobs.operations import owe
from campaign.letters import operations as letters
from campaign.letters.drafts import AddresseeDraft
from campaign.letters.models import Letter
from campaign.letters.rules import Visibility
from campaign.organisations.rules import Scope
from campaign.signing import moderation
from campaign.signing.models import Signature
from tests.factories import ADDRESSEE, COORDINATOR, make_edition, make_letter, make_signature

ARABIC = AddresseeDraft("أميرة مثال", email="amira@example.org", language="ar", salutation="السيدة الوزيرة،")


def signed_letter() -> Letter:
    """English and Arabic, two addressees, a signatory of each visibility."""
    letter = make_letter(
        titles={"en": "Open the harbour", "ar": "افتحوا الميناء"},
        texts={
            "en": "We, {groups} from {countries}, ask you.",
            "ar": "نحن {groups} من {countries} نطلب منكم.",
        },
        addressees=(ADDRESSEE, ARABIC),
    )
    make_signature(letter, organisation="Voice for Peace", organisation_other="صوت السلام")
    make_signature(letter, organisation="Quiet Choir", visibility=Visibility.ADDRESSEES, country_code="FR")
    make_signature(letter, organisation="Nameless Union", visibility=Visibility.UNNAMED)
    return letter


def recomputed(edition: Edition) -> str:
    """The edition's hash as somebody without our program would compute it from the stored entries."""
    rows = db.session.execute(
        select(EditionEntry.kind, EditionEntry.commitment, EditionEntry.salt, EditionEntry.payload)
        .where(EditionEntry.edition_id == edition.id)
        .order_by(EditionEntry.position)
    ).all()
    entries = []
    for kind, commitment, salt, payload in rows:
        if payload is not None:
            assert hashlib.sha256(bytes(salt) + payload.encode("utf-8")).hexdigest() == commitment
        entries.append([kind.value, commitment])
    facts = {
        "entries": entries,
        "format": "undersigned-edition-1",
        "frozen_at": edition.frozen_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "letter": edition.letter.slug,
        "number": edition.number,
    }
    text = json.dumps(facts, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def test_the_hash_can_be_checked_by_hand(app: Flask) -> None:
    edition = make_edition(signed_letter(), rendered=False)
    assert (edition.number, edition.state) == (1, EditionState.FROZEN)
    assert recomputed(edition) == edition.sha256 == hashlib.sha256(edition.snapshot.encode()).hexdigest()


def test_an_edition_names_those_who_wish_to_be_named(app: Flask) -> None:
    frozen = thaw(make_edition(signed_letter(), rendered=False))
    assert [s.name for s in frozen.named_for(frozen.addressees[0])] == ["Voice for Peace", "Quiet Choir"]
    assert [s.name for s in frozen.named_for(None)] == ["Voice for Peace"]
    assert (frozen.figures.signatories, frozen.figures.countries, frozen.unnamed) == (3, 1, 1)
    assert frozen.addressees_only == 1
    assert [a.language for a in frozen.addressees] == ["en", "ar"]
    assert frozen.text("de").language == "en"
    payloads = " ".join(db.session.scalars(select(EditionEntry.payload)).all() or [])  # type: ignore[arg-type]
    for secret in ("Nameless Union", "Sami Example", "minister@example.org", "desk@example.org"):
        assert secret not in payloads


def test_whatever_is_edited_afterwards_changes_nothing(app: Flask) -> None:
    letter = signed_letter()
    edition = make_edition(letter, rendered=False)
    before, snapshot = thaw(edition), edition.snapshot
    signature = db.session.scalars(select(Signature)).first()
    assert signature is not None
    moderation.correct(signature, "Voice for War", "FR", Scope.NATIONAL, COORDINATOR)
    make_signature(letter)
    letter.titles, letter.place, letter.reference = {"en": "Close it"}, "Paris", "X/1"
    letter.addressees[0].name, letter.hosts[0].name = "Somebody Else", "Another Host"
    assert letter.text_version is not None
    letter.text_version.translations[0].markdown = "Another text."
    db.session.commit()
    assert thaw(edition) == before
    assert (edition.snapshot, recomputed(edition)) == (snapshot, edition.sha256)


def test_erasing_an_entry_keeps_the_hash_and_is_told(app: Flask) -> None:
    edition = make_edition(signed_letter())
    first = select(EditionEntry.id).where(EditionEntry.kind == EntryKind.SIGNATORY).limit(1)
    erased = update(EditionEntry).where(EditionEntry.id == db.session.scalar(first))
    db.session.execute(erased.values(payload=None, salt=None))
    db.session.commit()
    assert recomputed(edition) == edition.sha256
    told = queries.verify_hash(edition.sha256)
    assert (told.verdict, told.superseded) == (Verdict.REDACTED, False)
    assert thaw(edition).erased == 1
    assert len(thaw(edition).signatories) == 1
    make_edition(edition.letter)
    told = queries.verify_hash(edition.sha256)
    assert (told.verdict, told.superseded, told.newest) == (Verdict.REDACTED, True, 2)


def test_a_file_is_known_even_when_its_bytes_had_to_go(app: Flask) -> None:
    edition = make_edition(signed_letter())
    sent = [file.content for file in edition.files]
    for file in edition.files:
        file.content, file.size = b"", 0
    gone = update(EditionEntry).where(EditionEntry.kind == EntryKind.SIGNATORY)
    db.session.execute(gone.values(payload=None, salt=None))
    db.session.commit()
    for content in sent:
        told = queries.verify_file(content)
        assert (told.edition, told.verdict) == (edition, Verdict.REDACTED)
    assert queries.verify_file(b"").verdict is Verdict.UNKNOWN


def test_a_second_edition_supersedes_the_first(app: Flask) -> None:
    letter = signed_letter()
    first = make_edition(letter)
    assert queries.verify_hash(first.sha256).verdict is Verdict.CURRENT
    make_signature(letter)
    second = make_edition(letter)
    assert second.number == 2
    told = queries.verify_hash(first.sha256)
    assert (told.verdict, told.newest) == (Verdict.SUPERSEDED, 2)
    assert queries.verify_hash(second.sha256).verdict is Verdict.CURRENT
    assert [e.number for e in queries.editions(letter.id)] == [2, 1]
    assert [e.number for e in queries.rendered(letter.id)] == [2, 1]


def test_only_an_edition_with_files_supersedes(app: Flask) -> None:
    letter = signed_letter()
    first, frozen = make_edition(letter), make_edition(letter, rendered=False)
    assert queries.verify_hash(first.sha256).verdict is Verdict.CURRENT
    frozen.state = EditionState.FAILED
    make_edition(letter, rendered=False)
    assert queries.verify_hash(first.sha256).verdict is Verdict.CURRENT
    assert not queries.verify_hash(frozen.sha256).superseded
    make_edition(letter)
    told = queries.verify_hash(first.sha256)
    assert (told.superseded, told.newest) == (True, 4)
    assert queries.verify_hash(frozen.sha256).superseded


def test_files_and_hashes_are_recognised(app: Flask) -> None:
    edition = make_edition(make_letter())
    file = queries.file_for(edition.id, None, "en")
    assert queries.verify_file(file.content).edition is edition
    for changed in (file.content + b" ", b" " + file.content[1:], file.content[:-1]):
        assert queries.verify_file(changed).verdict is Verdict.UNKNOWN
    short = short_reference(edition.sha256)
    from_arabic_page = f"\u200f\u2066{short.replace(' ', chr(0xA0))}\u2069"
    hyphens = short.replace(" ", "-")
    for typed in (edition.sha256.upper(), short, hyphens, from_arabic_page, file.sha256):
        assert queries.verify_hash(typed).edition is edition
    assert queries.verify_hash("0" * 64).verdict is Verdict.UNKNOWN
    for typed in ("", "no hash", "abc123", "0" * 65):
        with pytest.raises(InvalidInput):
            queries.verify_hash(typed)
    with pytest.raises(NotFound):
        queries.file_for(edition.id, None, "fr")
    with pytest.raises(NotFound):
        queries.edition(edition.letter_id, 9)


def test_only_an_open_or_closed_letter_is_compiled(app: Flask) -> None:
    letter = make_letter(opened=False)
    with pytest.raises(Conflict):
        make_edition(letter, rendered=False)
    letters.open_letter(letter, COORDINATOR)
    make_edition(letter, rendered=False)
    letters.close(letter, COORDINATOR)
    assert make_edition(letter, rendered=False).number == 2
    letters.archive(letter, COORDINATOR)
    with pytest.raises(Conflict):
        make_edition(letter, rendered=False)


def test_the_worker_prints_every_file(app: Flask, work: Callable[[], int]) -> None:
    edition = make_edition(signed_letter(), rendered=False)
    owe(RENDER, edition.id)
    work()
    assert (edition.state, edition.failure) == (EditionState.RENDERED, None)
    wanted = {(a.id, a.language) for a in edition.letter.addressees} | {(None, "en"), (None, "ar")}
    assert {(f.addressee_id, f.language) for f in edition.files} == wanted
    english = queries.file_for(edition.id, edition.letter.addressees[0].id, "en")
    assert english.sha256 == hashlib.sha256(english.content).hexdigest()
    reader = pypdf.PdfReader(io.BytesIO(english.content))
    words = " ".join("".join(page.extract_text() for page in reader.pages).split())
    assert "3 groups from 1 country" in words
    assert "Quiet Choir" in words
    assert short_reference(edition.sha256) in words
    public = pypdf.PdfReader(io.BytesIO(queries.file_for(edition.id, None, "en").content))
    names = "".join(page.extract_text() for page in public.pages)
    assert "Voice for Peace" in names
    assert "Quiet Choir" not in names
    owe(RENDER, edition.id)
    work()
    assert len(edition.files) == 4


def test_a_failure_is_kept_and_can_be_tried_again(
    app: Flask, work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    edition = make_edition(make_letter(), rendered=False)

    def fail(*arguments: object, **options: object) -> bytes:
        raise RenderFailed("No font covers U+0041.")

    monkeypatch.setattr(operations, "pdf", fail)
    owe(RENDER, edition.id)
    work()
    assert (edition.state, edition.failure) == (EditionState.FAILED, "No font covers U+0041.")
    monkeypatch.setattr(operations, "pdf", lambda document, fonts: b"%PDF-1.7 again")
    owe(RENDER, edition.id)
    work()
    assert (edition.state, edition.failure, edition.number) == (EditionState.RENDERED, None, 1)
    acts = db.session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("edition"))).all()
    assert acts == ["edition.frozen", "edition.failed", "edition.rendered"]
