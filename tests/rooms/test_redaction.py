"""Erasure and frozen editions on both databases: number and hash stay, the name is in nothing we keep."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pypdf
import pytest
from flask import Flask
from sqlalchemy import select

from campaign.audit.models import AuditEntry
from campaign.audit.rules import OPERATOR, SIGNATORY
from campaign.care.erasure import erase
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict
from campaign.dispatch import operations as dispatching
from campaign.dispatch import queries as dispatches
from campaign.dispatch.models import Consignment
from campaign.dispatch.rules import DispatchState
from campaign.editions import operations, queries, tasks
from campaign.editions.compile import document
from campaign.editions.frozen import thaw
from campaign.editions.models import Edition, EditionEntry, EditionFile
from campaign.editions.rules import EditionState, Verdict, sha256
from campaign.editions.soundness import flaws
from campaign.letters.models import Letter
from campaign.letters.rules import Order, Visibility
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState
from campaign.signing.models import Signature
from tests.factories import make_edition, make_letter, make_signature, make_user
from tests.rooms.care_kit import CANARIES, MARK, NAME, OTHER, found_in_tables, make_canary
from tests.rooms.dispatch_kit import let_mails_be_due, let_time_come, released
from tests.rooms.test_further_lists import DISCREET
from tests.servers import Sink

Work = Callable[[], int]
COMMITMENTS = select(EditionEntry.commitment).order_by(EditionEntry.id)


def gone(signature: Signature) -> None:
    """Erased by the signatory, and committed."""
    erase(signature, SIGNATORY)
    db.session.commit()


def file_of(edition: Edition, reader: int | None) -> EditionFile:
    """The public list, or the file of a group of the first addressee's readers."""
    addressee = edition.letter.addressees[0].id if reader is not None else None
    return queries.file_for(edition.id, addressee, "en", reader or 0)


def text_of(file: EditionFile) -> str:
    """What a PDF says, on one line."""
    pages = pypdf.PdfReader(io.BytesIO(file.content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_number_and_hash_stay_and_the_name_goes(app: Flask) -> None:
    letter = make_letter()
    canary, _other = make_canary(letter, visibility=Visibility.PUBLIC), make_signature(letter)
    editions = [make_edition(letter), make_edition(letter)]
    before = [(e.number, e.sha256, e.snapshot) for e in editions]
    commitments = db.session.scalars(COMMITMENTS).all()
    figures = thaw(editions[0]).figures
    gone(canary)
    assert [(e.number, e.sha256, e.snapshot) for e in editions] == before
    assert db.session.scalars(COMMITMENTS).all() == commitments
    assert found_in_tables([*CANARIES, MARK]) == []
    for edition in editions:
        assert edition.redacted_at is not None
        assert flaws(edition) == []
        assert queries.verify_hash(edition.sha256).verdict is Verdict.REDACTED
        frozen = thaw(edition)
        assert (frozen.figures, frozen.erased, frozen.withdrawn) == (figures, 1, (1, 0))


@pytest.mark.parametrize("reader", [None, 0, 1])
def test_only_files_that_named_them_are_emptied(app: Flask, reader: int | None) -> None:
    letter = make_letter(addressees=(DISCREET,))
    canary = make_canary(letter, visibility=Visibility.ADDRESSEES)
    make_signature(letter)
    edition = make_edition(letter)
    sent = file_of(edition, reader).content
    gone(canary)
    file = file_of(edition, reader)
    named = reader == 0  # the public and a Cc who sees public names only never saw it
    assert (file.content == b"", file.size == 0, file.redacted_at is not None) == (named, named, named)
    assert file.sha256 == sha256(sent)
    assert queries.verify_file(sent).verdict is Verdict.REDACTED
    frozen = thaw(edition)
    addressee = frozen.addressees[0] if reader is not None else None
    assert frozen.withdrawn_for(addressee, reader or 0) == int(named)


@pytest.mark.parametrize("order", [Order.COUNTRY, Order.NAME])
def test_a_place_without_a_name_stands_after_the_others(app: Flask, order: Order) -> None:
    letter = make_letter(order=order)
    canary = make_canary(letter, visibility=Visibility.PUBLIC)
    make_signature(letter, organisation="Lantern Keepers")
    edition = make_edition(letter, rendered=False)
    gone(canary)
    groups = document(thaw(edition), None, "en")["groups"]
    assert [(name["number"], name["name"]) for group in groups for name in group["names"]] == [
        (1, "Lantern Keepers"),
        (2, "[withdrawn]"),
    ]


def test_the_worker_prints_again_what_was_emptied(app: Flask, work: Work) -> None:
    letter = make_letter()
    canary = make_canary(letter, visibility=Visibility.PUBLIC)
    make_signature(letter, organisation="Lantern Keepers")
    make_signature(letter, visibility=Visibility.UNNAMED)
    edition = make_edition(letter, rendered=False)
    tasks.render(edition.id)
    assert NAME in text_of(file_of(edition, None))
    sent = file_of(edition, 0).content
    gone(canary)
    work()
    for reader in (None, 0):
        file = file_of(edition, reader)
        told = text_of(file)
        assert "2 [withdrawn]" in told or "2. [withdrawn]" in told
        assert "Lantern Keepers" in told and "1 more is counted without being named." in told
        assert NAME not in told and OTHER not in told
        assert MARK.encode() not in file.content.lower()
        assert queries.verify_file(file.content).verdict is Verdict.REDACTED
    assert queries.verify_file(sent).verdict is Verdict.REDACTED
    assert flaws(edition) == []
    acts = db.session.scalars(select(AuditEntry.action).where(AuditEntry.subject_kind == "edition")).all()
    assert acts == ["edition.frozen", "edition.rendered", "edition.redacted", "edition.reprinted"]


def test_an_erasure_while_typst_prints_is_not_overtaken(
    app: Flask, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = make_letter()
    first, second = make_canary(letter, visibility=Visibility.PUBLIC), make_signature(letter)
    edition = make_edition(letter, rendered=False)
    waiting = [first, second]

    def printed(wanted: list[operations.Order], fonts: object) -> list[operations.Printed]:
        """Typst's stand-in: names whom the edition named at its beginning; somebody is erased meanwhile."""
        files = [
            operations.Printed(
                o.addressee_id,
                o.language,
                b"%PDF " + " ".join(s.name for s in o.frozen.named_for(o.addressee)).encode(),
                o.reader,
            )
            for o in wanted
        ]
        if waiting:
            gone(waiting.pop(0))
        return files

    monkeypatch.setattr(operations, "printed", printed)
    tasks.render(edition.id)
    work()
    assert edition.state is EditionState.RENDERED
    assert {file.content for file in edition.files} == {b"%PDF "}
    assert flaws(edition) == []


def further_list(letter: Letter, at_once: bool) -> Edition:
    """List no. 2, with a new name in it, released to the first addressee who had list no. 1."""
    second = make_edition(letter, sent=dispatches.last_sent(letter.id))
    ticked = frozenset({letter.addressees[0].id})
    dispatching.release(second, OPERATOR, at_once=at_once, reason="more signed", ticked=ticked)
    db.session.commit()
    return second


@pytest.mark.parametrize("name", [NAME, "Quokka & Lantern <Circle> " + "of the Long Name " * 8])
def test_what_has_not_left_leaves_without_the_name(
    app: Flask, sink: Sink, work: Work, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = make_letter()
    make_signature(letter)
    released(make_edition(letter))
    work()
    canary = make_canary(letter, organisation=name, visibility=Visibility.PUBLIC)
    make_signature(letter, organisation="Lantern Keepers")
    coordinator = make_user()
    edition = further_list(letter, at_once=True)
    assert "consignments.parts" in kept_words(name)
    gone(canary)
    assert kept_words(name) == []
    mail = db.session.scalars(select(Mail).where(Mail.kind == "letter").order_by(Mail.id.desc())).first()
    assert mail is not None
    with monkeypatch.context() as patched:
        patched.setattr(tasks, "reprint", lambda edition_id: None)
        work()
    assert (mail.state, len(sink.to("minister@example.org"))) == (MailState.DEFERRED, 1)
    tasks.reprint(edition.id)
    let_mails_be_due()
    work()
    assert mail.state is MailState.ACCEPTED
    last = sink.to("minister@example.org")[-1]
    assert "- [withdrawn]" in last.text and "Lantern Keepers" in last.text
    assert MARK.encode() not in last.message.as_bytes().lower()
    (pdf,) = (part for part in last.message.walk() if part.get_content_type() == "application/pdf")
    told = "".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(pdf.get_payload(decode=True))).pages)
    assert "[withdrawn]" in told and "Quokka" not in told
    assert any("A signatory was erased" in m.text for m in sink.to(coordinator.email))


def kept_words(name: str) -> list[str]:
    """Where the words of a mail that names them are kept."""
    rows = db.session.scalars(select(Consignment).where(Consignment.parts.is_not(None)))
    first = name.split(maxsplit=1)[0]
    return ["consignments.parts" for row in rows if first in (row.parts or "")]


def test_a_release_at_its_time_goes_on_and_the_coordinators_are_told(
    app: Flask, sink: Sink, work: Work
) -> None:
    letter = make_letter()
    canary = make_canary(letter, visibility=Visibility.PUBLIC)
    edition = make_edition(letter)
    at = clock.now() + timedelta(hours=1)
    sent = dispatching.release(edition, OPERATOR, at=at)
    coordinator = make_user()
    gone(canary)
    work()
    assert sent.state is DispatchState.RELEASED
    (told,) = sink.to(coordinator.email)
    assert "A signatory was erased" in told.text and MARK not in told.text.casefold()
    let_time_come(sent)
    work()
    assert sent.state is DispatchState.LEFT
    assert len(sink.to("minister@example.org")) == 1
    assert all(MARK.encode() not in m.message.as_bytes().lower() for m in sink.mails)


def test_nothing_is_assembled_from_an_emptied_file(app: Flask) -> None:
    letter = make_letter()
    canary = make_canary(letter, visibility=Visibility.PUBLIC)
    edition = make_edition(letter)
    gone(canary)
    with pytest.raises(Conflict):
        dispatching.release(edition, OPERATOR, at_once=True)
