"""After a release: what became of each recipient's copy, and what a person does about it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from campaign.accounts.models import User
from campaign.audit.models import AuditEntry
from campaign.core import clock
from campaign.core.db import db
from campaign.core.mailer import Outcome
from campaign.desk.acts import act
from campaign.desk.reasons import reason
from campaign.dispatch.models import Consignment, KeptFile
from campaign.dispatch.rules import DispatchState, Purpose
from campaign.outbox.models import Mail, MailAttempt, MailReport
from campaign.outbox.rules import MailState, ReportKind
from tests.doors.desk_kit import base, followed, post, words
from tests.doors.release_kit import (
    COPIED,
    POST,
    approve,
    became,
    let_few_bytes_be_too_many,
    page_of,
    propose,
    releases,
    second,
    sent_out,
)
from tests.factories import ADDRESSEE, make_edition, make_letter

SignedIn = Callable[..., User]
on_sqlite = pytest.mark.usefixtures("app_sqlite")  # these do not care about the database
PDF = b"%PDF-1.7 a receipt"


def doing(owed: Consignment, verb: str) -> str:
    """Where a person acts on one recipient."""
    return f"{base(owed.dispatch.letter)}/dispatch/consignments/{owed.id}/{verb}"


@on_sqlite
@pytest.mark.parametrize(
    ("state", "sentence", "act"),
    [
        (MailState.QUEUED, "Leaves at", ""),
        (MailState.SUBMITTING, "Is being handed over at this moment.", ""),
        (MailState.ACCEPTED, "no bounce so far (not proof it was read).", "Send again as a reminder"),
        (MailState.DEFERRED, "Asked to wait, trying again", "Take back what has not left (1)"),
        (MailState.REFUSED, "Refused: no such mailbox. Correct the address.", "Correct the address and send"),
        (MailState.UNKNOWN, "We do not know whether it left. Ask before you resend.", "It arrived"),
        (MailState.BOUNCED, "It came back:", "Correct the address and send"),
        (MailState.HELD, "Held since the backup was restored", "It has left: do not send"),
        (MailState.CANCELLED, "Taken back before it left.", ""),
    ],
)
def test_every_outcome_has_its_words_and_what_can_be_done(
    client: FlaskClient, signed_in: SignedIn, state: MailState, sentence: str, act: str
) -> None:
    signed_in(client)
    letter = make_letter()
    (owed,) = sent_out(make_edition(letter))
    became(owed, state, "550 5.1.1 <nobody>: User unknown")
    page = words(client.get(f"{base(letter)}/dispatch"))
    assert sentence in page
    assert act in page
    assert "<nobody>: User unknown" in page, "the server's own words stand beside it"
    for other in ("It arrived", "Correct the address and send", "Send again as a reminder", "do not send"):
        assert (other in page) is (other in act), other


@on_sqlite
@pytest.mark.parametrize(
    ("said", "status", "what"),
    [
        ("550 5.1.1 User unknown", None, "no such mailbox"),
        ("550 no", "5.1.2", "no such domain"),
        ("smtp; 552 5.2.2 over quota", None, "the mailbox is full"),
        ("552 too big", None, "the mail is too large for them"),
        ("554 5.3.4 message too big", None, "the mail is too large for them"),
        ("550 5.7.26 unauthenticated", None, "their server does not accept it, as a matter of policy"),
        ("554 5.7.1 blocked", None, "their server does not accept it, as a matter of policy"),
        ("550 Mailbox not here, says 192.5.1.1", None, "550 Mailbox not here, says 192.5.1.1"),
        ("550 5.9.9 odd", None, "550 5.9.9 odd"),
        ("given up after five days; last: 451 4.7.1", None, "we gave up after five days"),
        ("", None, "no reason was given"),
    ],
)
def test_a_refusal_has_its_reason_in_plain_words(
    app_sqlite: Flask, said: str, status: str | None, what: str
) -> None:
    assert reason(said, status).what == what


@on_sqlite
def test_what_is_known_of_an_unknown_outcome_stands_beside_the_question(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    letter = make_letter()
    (owed,) = sent_out(make_edition(letter))
    mail = became(owed, MailState.UNKNOWN)
    words_then = "after the mail began to leave: the line dropped"
    db.session.add(MailAttempt(mail_id=mail.id, at=clock.now(), outcome=Outcome.UNKNOWN, answer=words_then))
    db.session.commit()
    page = words(client.get(f"{base(letter)}/dispatch"))
    assert words_then in page
    assert mail.message_id in page


@on_sqlite
def test_that_a_server_still_tries_is_known_of_an_unknown_outcome(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    letter = make_letter()
    (owed,) = sent_out(make_edition(letter))
    mail = became(owed, MailState.UNKNOWN)
    tried = MailAttempt(mail_id=mail.id, at=clock.now(), outcome=Outcome.UNKNOWN, answer="the line dropped")
    delay = {"kind": ReportKind.DELAYED, "words": "connect to mx timed out", "digest": "d" * 64}
    db.session.add_all([tried, MailReport(mail_id=mail.id, at=clock.now(), **delay)])
    db.session.commit()
    page = words(client.get(f"{base(letter)}/dispatch"))
    assert "A server on the way says it is still trying. connect to mx timed out" in page


@on_sqlite
@pytest.mark.parametrize("state", [MailState.UNKNOWN, MailState.HELD])
def test_a_persons_word_is_never_told_as_a_servers(
    client: FlaskClient, signed_in: SignedIn, state: MailState
) -> None:
    signed_in(client)
    letter = make_letter()
    (owed,) = sent_out(make_edition(letter))
    became(owed, state, "no answer")
    post(client, doing(owed, "decide"), decision="arrived")
    page = words(client.get(f"{base(letter)}/dispatch"))
    assert "A person said that it had left already, " in page
    assert "No server told us so." in page
    assert "Send again as a reminder" in page
    for untrue in ("Handed to our mail relay", "Taken back before it left.", "The server’s words:"):
        assert untrue not in page, untrue
    line = words(client.get(f"{base(letter)}/addressees/{owed.addressee_id}"))
    assert "A person said that it had left already." in line


@pytest.mark.parametrize(
    ("decision", "state"),
    [("arrived", MailState.ACCEPTED), ("resend", MailState.QUEUED), ("perhaps", MailState.UNKNOWN)],
)
def test_a_person_decides_on_the_unknown(
    client: FlaskClient, signed_in: SignedIn, decision: str, state: MailState
) -> None:
    signed_in(client)
    letter = make_letter()
    (owed,) = sent_out(make_edition(letter))
    became(owed, MailState.UNKNOWN)
    answer = post(client, doing(owed, "decide"), decision=decision)
    assert answer.status_code == (422 if decision == "perhaps" else 303)
    assert db.session.get_one(Consignment, owed.id).mail.state is state  # type: ignore[union-attr]
    elsewhere = f"{base(make_letter())}/dispatch/consignments/{owed.id}"
    for verb in ("decide", "correct", "remind", "done"):
        assert post(client, f"{elsewhere}/{verb}", decision="resend").status_code == 404


def test_what_was_refused_goes_to_the_corrected_address_and_to_nobody_else(
    app: Flask, client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    colleague, letter = second(app), make_letter(addressees=(COPIED,))
    to, copy = sent_out(make_edition(letter))
    became(to, MailState.ACCEPTED, "250 ok")
    became(copy, MailState.REFUSED, "550 5.1.1 unknown")
    for typed in ("no address", "CHIEF@example.org"):
        answer = post(client, doing(copy, "correct"), address=typed)
        assert answer.status_code == 422
        assert f'value="{typed}"' in answer.text
    said = followed(client, post(client, doing(copy, "correct"), address="right@example.org"))
    assert "It goes to a corrected address instead: right@example.org" in said
    assert post(client, doing(copy, "correct"), address="right@example.org").status_code == 422
    assert db.session.get_one(Consignment, copy.id).addressee.copies[0].email == "right@example.org"
    sent = releases()[-1]
    assert (sent.purpose, sent.state, len(releases())) == (Purpose.CORRECTION, DispatchState.PROPOSED, 2)
    assert "Goes only to right@example.org" in words(colleague.get(page_of(sent)))
    followed(colleague, approve(colleague, sent))
    db.session.commit()
    assert [owed.address for owed in releases()[-1].consignments] == ["right@example.org"]
    letters = db.session.scalars(select(Mail).where(Mail.kind == "letter").order_by(Mail.id)).all()
    assert [mail.recipient for mail in letters] == [
        "basim@example.org",
        "chief@example.org",
        "right@example.org",
    ]


def test_a_reminder_goes_with_words_and_only_once_at_a_time(
    app: Flask, client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    colleague, letter = second(app), make_letter(addressees=(COPIED,))
    to, _copy = sent_out(make_edition(letter))
    became(to, MailState.ACCEPTED, "250 ok")
    assert "Write what goes before the letter." in words(post(client, doing(to, "remind"), covering=" "))
    followed(client, post(client, doing(to, "remind"), covering="Two weeks have passed."))
    twice = post(client, doing(to, "remind"), covering="Two weeks have passed.")
    assert twice.status_code == 422
    assert "on its way already" in words(twice)
    assert "Two weeks have passed." in twice.text
    sent = releases()[-1]
    assert (sent.purpose, len(releases())) == (Purpose.REMINDER, 2)
    shown = words(colleague.get(page_of(sent)))
    assert "as a reminder" in shown
    assert "Two weeks have passed." in shown
    assert "Approved. The letters leave now." in followed(colleague, approve(colleague, sent))


@on_sqlite
def test_a_task_is_printed_pasted_and_closed_with_all_that_is_known(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    user = signed_in(client)
    letter = make_letter(addressees=(POST,))
    (owed,) = sent_out(make_edition(letter))
    page = client.get(f"{base(letter)}/dispatch")
    assert "PDF to print" in words(page)
    assert "Excellency," in page.text
    for day in ("", "yesterday", (clock.now() + timedelta(days=2)).date().isoformat()):
        answer = post(client, doing(owed, "done"), done_on=day, reference="kept reference", who="A Courier")
        assert answer.status_code == 422
        assert 'value="kept reference"' in answer.text
        assert 'value="A Courier"' in answer.text
    assert post(client, doing(owed, "done"), done_on="2026-01-02", reference="x" * 201).status_code == 422
    deed = {"done_on": "2026-01-02", "reference": "RR 123", "who": "A Courier"}
    said = followed(client, post(client, doing(owed, "done"), **deed, scan=(io.BytesIO(PDF), "receipt.pdf")))
    for known in ("2 January 2026", "A Courier", "RR 123", "Scan"):
        assert known in said
    owed = db.session.get_one(Consignment, owed.id)
    assert (owed.done_by, owed.done_reference) == (user.id, "RR 123")
    assert post(client, doing(owed, "done"), done_on="2026-01-02").status_code == 422
    assert post(client, doing(owed, "decide"), decision="resend").status_code == 404


@on_sqlite
@pytest.mark.parametrize(
    ("content", "status", "sentence"),
    [
        (b"<html>no scan</html>", 422, "Give a PDF, PNG or JPEG file."),
        (PDF + b"x" * 1_000, 413, "larger than 7 MB"),
    ],
)
def test_a_scan_is_a_pdf_or_a_picture_of_at_most_seven_megabytes(
    client: FlaskClient,
    signed_in: SignedIn,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    status: int,
    sentence: str,
) -> None:
    signed_in(client)
    let_few_bytes_be_too_many(monkeypatch)
    (owed,) = sent_out(make_edition(make_letter(addressees=(POST,))))
    scan = (io.BytesIO(content), "scan.pdf")
    answer = post(client, doing(owed, "done"), done_on="2026-01-02", reference="kept", scan=scan)
    assert answer.status_code == status
    assert sentence in answer.text
    assert 'value="kept"' in answer.text
    assert db.session.scalars(select(KeptFile)).all() == []
    assert db.session.get_one(Consignment, owed.id).done_at is None


@on_sqlite
def test_kept_files_are_the_teams_alone(client: FlaskClient, signed_in: SignedIn, app_sqlite: Flask) -> None:
    signed_in(client)
    letter = make_letter(addressees=(POST,))
    (owed,) = sent_out(make_edition(letter))
    post(client, doing(owed, "done"), done_on="2026-01-02", scan=(io.BytesIO(PDF), "../Ä receipt.html"))
    file = db.session.scalars(select(KeptFile)).one()
    answer = client.get(f"{base(letter)}/kept/{file.id}")
    assert (answer.data, answer.mimetype) == (PDF, "application/pdf")
    assert answer.headers["Content-Disposition"] == 'inline; filename="A-receipt.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"{base(make_letter())}/kept/{file.id}").status_code == 404
    assert app_sqlite.test_client().get(f"{base(letter)}/kept/{file.id}").status_code in (302, 303, 401)


@on_sqlite
@pytest.mark.parametrize(("decision", "said"), [("resend", "It leaves now."), ("arrived", "")])
def test_a_held_mail_leaves_only_when_somebody_says_so(
    client: FlaskClient, signed_in: SignedIn, decision: str, said: str
) -> None:
    signed_in(client)
    letter = make_letter()
    (owed,) = sent_out(make_edition(letter))
    became(owed, MailState.HELD)
    assert "1 thing in dispatch needs a person" in words(client.get(base(letter)))
    page = followed(client, post(client, doing(owed, "decide"), decision=decision))
    db.session.expire_all()
    assert said in page
    assert owed.mail is not None
    assert (owed.mail.state is MailState.QUEUED) is (decision == "resend")


@on_sqlite
def test_the_timeline_repeats_what_servers_said(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter(addressees=(COPIED,))
    _to, copy = sent_out(make_edition(letter))
    mail = became(copy, MailState.REFUSED, "550 5.1.1 unknown")
    for outcome, answer in ((Outcome.DEFERRED, "451 later"), (Outcome.REFUSED, "550 5.1.1 unknown")):
        db.session.add(MailAttempt(mail_id=mail.id, at=clock.now(), outcome=outcome, answer=answer))
    db.session.commit()
    page = words(client.get(f"{base(letter)}/addressees/{copy.addressee_id}"))
    assert "copy: Chief Asked to wait. The server’s words: 451 later" in page
    assert "copy: Chief Refused: no such mailbox. The server’s words: 550 5.1.1 unknown" in page
    overview = words(client.get(f"{base(letter)}/dispatch"))
    assert "Refused: no such mailbox." in overview


@on_sqlite
@pytest.mark.parametrize(
    "action",
    [
        *(f"dispatch.{one}" for one in ("proposed", "released", "voided", "stopped", "left", "cancelled")),
        *(f"dispatch.{one}" for one in ("tried", "corrected", "troubled", "published", "done")),
        *(f"response.{one}" for one in ("acknowledged", "replied", "published", "unpublished")),
        *("dispatch.publication_stopped", "mail.bounced", "mail.decided"),
        *("backup.created", "backup.restored", "outbox.resumed"),
    ],
)
def test_every_act_of_sending_has_its_words(app: Flask, action: str) -> None:
    told = act(AuditEntry(action=action, subject_id=7, details={"edition": 2, "recipients": 5, "failed": 1}))
    assert told != action
    assert "%" not in told


@on_sqlite
def test_what_waits_for_somebody_comes_first(app: Flask, client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    second(app)
    letter = make_letter(addressees=(COPIED, ADDRESSEE))
    propose(client, make_edition(letter))
    sent_out(make_edition(letter))
    page, (waits, left) = client.get(f"{base(letter)}/dispatch").text, releases()
    assert page.index(f'id="release-{waits.id}"') < page.index(f'id="release-{left.id}"')
