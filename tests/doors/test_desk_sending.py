"""The list and its sheets, editions, and sending them: from the desk to what became of each letter."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from campaign.accounts.models import User
from campaign.audit.models import AuditEntry
from campaign.core import clock
from campaign.core.db import db
from campaign.dispatch.models import Consignment, Dispatch
from campaign.editions.models import Edition
from campaign.editions.rules import EditionState
from campaign.editions.tasks import RENDER
from campaign.jobs.models import Job
from campaign.letters.drafts import AddresseeDraft, CopyDraft
from campaign.letters.models import Letter
from campaign.letters.rules import Channel, Visibility
from campaign.outbox.rules import MailState
from campaign.signing.exporting import COLUMNS, PUBLIC_COLUMNS
from campaign.signing.models import Signature
from campaign.signing.rules import SignatureStatus
from campaign.tally.queries import letter_figures
from tests.doors.desk_kit import followed, post, words
from tests.factories import ADDRESSEE, make_edition, make_letter, make_signature, make_signatures

SignedIn = Callable[..., User]
on_sqlite = pytest.mark.usefixtures("app_sqlite")  # these do not care about the database
POST = AddresseeDraft("Mission of Sampleland", channel=Channel.POST, salutation="Excellency,")
COPIED = AddresseeDraft(
    "Amira Example",
    email="minister@example.org",
    salutation="Dear Minister,",
    copies=(CopyDraft("chief@example.org", "Chief"),),
)


def _base(letter: Letter) -> str:
    return f"/desk/letters/{letter.slug}"


@on_sqlite
def test_the_list_is_searched_and_paged(
    client: FlaskClient, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in(client)
    letter = make_letter()
    make_signature(letter, organisation="Élan d'Afrique", country_code="KE")
    make_signatures(letter, ["UG", "UG"])
    monkeypatch.setattr("campaign.desk.signatories.PAGE", 2)
    page = words(client.get(f"{_base(letter)}/list"))
    assert "3 groups from 2 countries" in page
    assert "Page 1 of 2" in page
    assert "Page 2 of 2" in words(client.get(f"{_base(letter)}/list?page=2"))
    assert "1 found." in words(client.get(f"{_base(letter)}/list?q=ÉLAN"))
    assert "2 found." in words(client.get(f"{_base(letter)}/list?q=uganda"))
    assert "Nobody on the list is called that." in words(client.get(f"{_base(letter)}/list?q=zzz&page=abc"))


@on_sqlite
def test_a_signatory_is_withdrawn_on_its_wish(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    signature = make_signature(letter)
    address = f"{_base(letter)}/list/{signature.id}/withdraw"
    assert "is withdrawn and no longer counts." in followed(client, post(client, address))
    assert db.session.get_one(Signature, signature.id).status is SignatureStatus.WITHDRAWN
    assert letter_figures(letter.id).signatories == 0
    assert "Not done." in followed(client, post(client, address))


def test_sheets_hold_what_is_for_their_audience_and_contacts_are_noted(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    user, letter = signed_in(client), make_letter()
    make_signature(letter, organisation="=Formula", country_code="KE")
    make_signature(letter, organisation="Hidden", visibility=Visibility.UNNAMED)
    public = client.get(f"{_base(letter)}/export?format=csv&audience=public", buffered=True)
    lines = public.data.decode("utf-8-sig").splitlines()
    assert lines[0] == ",".join(PUBLIC_COLUMNS)
    assert len(lines) == 2
    assert "'=Formula" in lines[1]
    assert re.search(
        r'filename="?\d{4}-\d\d-\d\d-letter-\d+-public\.csv', public.headers["Content-Disposition"]
    )
    asked = client.get(f"{_base(letter)}/export?format=csv&audience=coordinators", buffered=True)
    assert "Hidden" not in asked.text, "contacts are never had by a link"
    assert (
        db.session.scalars(select(AuditEntry).where(AuditEntry.action == "signatures.exported")).all() == []
    )
    answer = post(client, f"{_base(letter)}/export", format="xlsx")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert tuple(rows[0]) == COLUMNS
    assert [row[1] for row in rows[1:]] == ["=Formula", "Hidden"]
    assert "@example.org" in rows[1][8]
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "signatures.exported")).one()
    assert (entry.actor_id, entry.details) == (user.id, {"audience": "coordinators", "format": "xlsx"})
    assert client.get(f"{_base(letter)}/export?format=pdf").status_code == 422


def test_freezing_owes_the_printing_and_takes_one_snapshot(client: FlaskClient, signed_in: SignedIn) -> None:
    user, letter = signed_in(client), make_letter()
    make_signature(letter, country_code="KE")
    page = followed(client, post(client, f"{_base(letter)}/editions"))
    assert "Edition 1 is frozen." in page
    assert "frozen, being printed" in page
    edition = db.session.scalars(select(Edition)).one()
    assert [(j.name, j.arguments) for j in db.session.scalars(select(Job))] == [(RENDER, [edition.id])]
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "edition.frozen")).one()
    assert entry.actor_id == user.id
    assert "Edition 2 is frozen." in followed(client, post(client, f"{_base(letter)}/editions"))


@on_sqlite
def test_a_draft_cannot_be_frozen_and_a_failed_edition_is_tried_again(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    draft = make_letter(opened=False)
    assert "Freeze a new edition now" not in words(client.get(f"{_base(draft)}/editions"))
    assert "Not done." in followed(client, post(client, f"{_base(draft)}/editions"))
    letter = make_letter()
    edition = make_edition(letter, rendered=False)
    edition.state, edition.failure = EditionState.FAILED, "no glyph for U+10FFFF"
    db.session.commit()
    page = words(client.get(f"{_base(letter)}/editions"))
    assert "printing failed" in page
    assert "no glyph for U+10FFFF" in page
    assert "Edition 1 is printed again." in followed(
        client, post(client, f"{_base(letter)}/editions/1/again")
    )
    assert [j.arguments for j in db.session.scalars(select(Job))] == [[edition.id]]
    done = make_edition(letter)
    assert "has its files already" in followed(
        client, post(client, f"{_base(letter)}/editions/{done.number}/again")
    )


@on_sqlite
def test_files_open_for_coordinators(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    edition = make_edition(letter)
    page = client.get(f"{_base(letter)}/editions").text
    links = re.findall(r'href="([^"]+\.pdf)"', page)
    assert len(links) == 2  # the addressee's and the public list
    answer = client.get(links[0])
    assert (answer.mimetype, answer.data) == ("application/pdf", edition.files[0].content)


@on_sqlite
def test_the_preview_says_all_before_anything_leaves(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter(addressees=(COPIED, POST, AddresseeDraft("No Salutation", email="x@example.org")))
    make_signature(letter, country_code="KE")
    make_signature(letter, SignatureStatus.UNVERIFIED)
    waiting = _base(letter) + "/editions/1/preview"
    make_edition(letter)
    make_signature(letter, SignatureStatus.PENDING)
    page = words(client.get(waiting))
    for sentence in (
        "2 letters to 3 mailboxes. Nothing has left yet.",
        "a person brings it to: Mission of Sampleland ( by post )",
        "1 confirmed sign-on waits for a decision and will not be in.",
        "1 sign-on is not confirmed yet and will not be in.",
        "There is no salutation for No Salutation.",
        "Amira Example <minister@example.org>",
        "Chief <chief@example.org>",
        "Joint open letter: Open the harbour",
        "Dear Minister,",
        "in 15 minutes; it can be taken back until then",
    ):
        assert re.sub(r"\s", "", sentence) in re.sub(r"\s", "", page), sentence
    assert db.session.scalars(select(Dispatch)).all() == []


@on_sqlite
def test_what_stops_a_release_hides_its_button_and_refuses_the_post(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    letter = make_letter(addressees=(AddresseeDraft("No Address", salutation="Dear,"),))
    make_edition(letter)
    page = words(client.get(f"{_base(letter)}/editions/1/preview"))
    assert "There is no mail address for No Address: cannot send." in page
    assert "When shall it leave?" not in page
    assert "Not done." in followed(client, post(client, f"{_base(letter)}/editions/1/release", when="now"))
    assert db.session.scalars(select(Dispatch)).all() == []


@on_sqlite
def test_an_edition_without_files_has_no_preview_yet(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    make_edition(letter, rendered=False)
    answer = client.get(f"{_base(letter)}/editions/1/preview")
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("/editions")
    assert post(client, f"{_base(letter)}/editions/1/release").headers["Location"].endswith("/editions")


def test_release_waits_fifteen_minutes_and_is_taken_back(client: FlaskClient, signed_in: SignedIn) -> None:
    user, letter = signed_in(client), make_letter(addressees=(COPIED, POST))
    make_edition(letter)
    base = _base(letter)
    page = followed(client, post(client, f"{base}/editions/1/release", when="delayed"))
    assert "until then you can take them back." in page
    sent = db.session.scalars(select(Dispatch)).one()
    assert sent.released_by == user.id
    assert timedelta(minutes=14) < sent.leaves_at - clock.now() <= timedelta(minutes=15)
    assert len(sent.consignments) == 3
    assert "was released already" in followed(client, post(client, f"{base}/editions/1/release", when="now"))
    assert len(db.session.scalars(select(Dispatch)).all()) == 1
    assert "Taken back for 3 recipients." in followed(
        client, post(client, f"{base}/dispatch/{sent.id}/cancel")
    )
    assert all(c.cancelled for c in db.session.scalars(select(Consignment)))
    assert "Not done." in followed(client, post(client, f"{base}/dispatch/{sent.id}/cancel"))


@on_sqlite
def test_a_release_now_leaves_now(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    make_edition(letter)
    assert "The letters leave now." in followed(
        client, post(client, f"{_base(letter)}/editions/1/release", when="now")
    )
    assert db.session.scalars(select(Dispatch)).one().leaves_at <= clock.now()


@on_sqlite
@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (MailState.QUEUED, "Leaves at"),
        (MailState.SUBMITTING, "Is being handed over at this moment."),
        (MailState.ACCEPTED, "no bounce so far (not proof it was read)."),
        (MailState.DEFERRED, "Asked to wait, trying again"),
        (MailState.REFUSED, "Refused. Correct the address."),
        (MailState.UNKNOWN, "We do not know whether it left. Ask before you resend."),
        (MailState.BOUNCED, "It came back."),
        (MailState.HELD, "Held:"),
        (MailState.CANCELLED, "Taken back before it left."),
    ],
)
def test_every_outcome_has_its_words(
    client: FlaskClient, signed_in: SignedIn, state: MailState, sentence: str
) -> None:
    signed_in(client)
    letter = make_letter()
    make_edition(letter)
    post(client, f"{_base(letter)}/editions/1/release")
    owed = db.session.scalars(select(Consignment)).one()
    assert owed.mail is not None
    owed.mail.state, owed.mail.answer, owed.mail.finished_at = state, "the relay said so", clock.now()
    db.session.commit()
    page = words(client.get(f"{_base(letter)}/dispatch"))
    assert sentence in page
    assert "the relay said so" in page
    assert ("It arrived" in page) is (state is MailState.UNKNOWN)


@on_sqlite
@pytest.mark.parametrize(
    ("decision", "state"),
    [("arrived", MailState.ACCEPTED), ("resend", MailState.QUEUED), ("perhaps", MailState.UNKNOWN)],
)
def test_a_person_decides_on_the_unknown(
    client: FlaskClient, signed_in: SignedIn, decision: str, state: MailState
) -> None:
    signed_in(client)
    letter = make_letter()
    make_edition(letter)
    post(client, f"{_base(letter)}/editions/1/release")
    owed = db.session.scalars(select(Consignment)).one()
    assert owed.mail is not None
    owed.mail.state = MailState.UNKNOWN
    db.session.commit()
    answer = post(client, f"{_base(letter)}/dispatch/consignments/{owed.id}/decide", decision=decision)
    assert answer.status_code == (422 if decision == "perhaps" else 303)
    assert db.session.get_one(Consignment, owed.id).mail.state is state  # type: ignore[union-attr]
    other = make_letter(addressees=(ADDRESSEE,))
    assert (
        post(client, f"{_base(other)}/dispatch/consignments/{owed.id}/decide", decision="resend").status_code
        == 404
    )


@on_sqlite
def test_a_task_is_printed_pasted_and_closed_with_day_and_reference(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    user = signed_in(client)
    letter = make_letter(addressees=(POST,))
    make_edition(letter)
    post(client, f"{_base(letter)}/editions/1/release", when="now")
    owed = db.session.scalars(select(Consignment)).one()
    page = client.get(f"{_base(letter)}/dispatch")
    assert "PDF to print" in words(page)
    assert "Excellency," in page.text
    address = f"{_base(letter)}/dispatch/consignments/{owed.id}/done"
    for day in ("", "yesterday", (clock.now() + timedelta(days=2)).date().isoformat()):
        answer = post(client, address, done_on=day, reference="kept reference")
        assert answer.status_code == 422
        assert 'value="kept reference"' in answer.text
    assert post(client, address, done_on="2026-01-02", reference="x" * 201).status_code == 422
    page_text = followed(client, post(client, address, done_on="2026-01-02", reference="RR 123"))
    assert "RR 123" in page_text
    assert "2 January 2026" in page_text
    owed = db.session.get_one(Consignment, owed.id)
    assert (owed.done_by, owed.done_reference) == (user.id, "RR 123")
    assert post(client, address, done_on="2026-01-02").status_code == 422
    assert (
        post(client, f"{_base(letter)}/dispatch/consignments/{owed.id}/decide", decision="resend").status_code
        == 404
    )
