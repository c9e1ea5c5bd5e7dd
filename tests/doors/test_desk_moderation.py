"""Deciding on sign-ons: accept, reject, correct, in bulk, taken back; and those not confirmed yet."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campaign.accounts.models import User
from campaign.audit.queries import recent
from campaign.audit.rules import ActorKind
from campaign.core.db import db
from campaign.letters.models import Letter
from campaign.organisations.rules import Scope
from campaign.outbox.models import Mail
from campaign.signing.models import Signature
from campaign.signing.rules import Evidence, SignatureStatus, Source
from campaign.tally.queries import letter_figures
from tests.doors.desk_kit import followed, post, words
from tests.factories import make_letter, make_signature

SignedIn = Callable[..., User]
on_sqlite = pytest.mark.usefixtures("app_sqlite")  # these do not care about the database
PENDING, UNVERIFIED, ACCEPTED = SignatureStatus.PENDING, SignatureStatus.UNVERIFIED, SignatureStatus.ACCEPTED


def _base(letter: Letter) -> str:
    return f"/desk/letters/{letter.slug}"


def _again(signature: Signature) -> Signature:
    return db.session.get_one(Signature, signature.id, populate_existing=True)


def test_accepting_counts_and_is_in_the_record(client: FlaskClient, signed_in: SignedIn) -> None:
    user, letter = signed_in(client), make_letter()
    signature = make_signature(letter, PENDING, organisation="Well & Water", country_code="KE")
    assert 'value="Well &amp; Water"' in client.get(f"{_base(letter)}/queue").text
    page = followed(client, post(client, f"{_base(letter)}/queue/{signature.id}", do="accept"))
    assert "Accepted: Well & Water. It counts now." in page
    assert letter_figures(letter.id).by_country == {"KE": 1}
    newest = recent(letter.id, 1)[0]
    assert (newest.action, newest.actor_kind, newest.actor_id) == (
        "signature.accepted",
        ActorKind.USER,
        user.id,
    )


@on_sqlite
def test_accepting_saves_what_was_corrected_in_the_row(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    signature = make_signature(letter, PENDING, organisation="well  and WATER", country_code="KE")
    fields = {"name": "Well and Water", "country": "Côte d'Ivoire", "scope": "national"}
    assert post(client, f"{_base(letter)}/queue/{signature.id}", do="accept", **fields).status_code == 303
    found = _again(signature)
    assert (found.name, found.typed_name, found.country_code) == ("Well and Water", "well and WATER", "CI")
    assert letter_figures(letter.id).by_country == {"CI": 1}
    assert "typed: well and WATER" not in words(client.get(f"{_base(letter)}/queue"))


@on_sqlite
def test_enter_in_a_row_saves_without_deciding(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    signature = make_signature(letter, PENDING)
    fields = {"name": "Regional Net", "country": "", "scope": "regional"}
    page = client.get(f"{_base(letter)}/queue").text
    buttons = [b for b in page.split("<button")[1:] if f'form="row-{signature.id}"' in b.split(">")[0]]
    assert 'value="save"' in buttons[0]
    post(client, f"{_base(letter)}/queue/{signature.id}", do="save", **fields)
    found = _again(signature)
    assert (found.status, found.name, found.scope, found.country_code) == (
        PENDING,
        "Regional Net",
        Scope.REGIONAL,
        None,
    )


@on_sqlite
def test_a_rejection_needs_a_reason_and_keeps_what_was_typed(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    letter = make_letter()
    signature = make_signature(letter, PENDING)
    address = f"{_base(letter)}/queue/{signature.id}"
    answer = post(
        client, address, do="reject", reason=" ", name="Typed just now", country="Kenya", scope="national"
    )
    assert answer.status_code == 422
    assert "A rejection needs a reason." in words(answer)
    assert 'value="Typed just now"' in answer.text
    assert _again(signature).name != "Typed just now"
    assert post(client, address, do="reject", reason="A prank").status_code == 303
    found = _again(signature)
    assert (found.status, found.reason) == (SignatureStatus.REJECTED, "A prank")


@pytest.mark.parametrize("country", ["Atlantis", "Kenya or Uganda", "Korea"])
@on_sqlite
def test_an_unknown_country_is_refused_beside_its_row(
    client: FlaskClient, signed_in: SignedIn, country: str
) -> None:
    signed_in(client)
    letter = make_letter()
    signature = make_signature(letter, PENDING, country_code="KE")
    answer = post(client, f"{_base(letter)}/queue/{signature.id}", do="accept", country=country)
    assert answer.status_code == 422
    assert "We do not know this country" in words(answer)
    assert f'value="{country}"' in answer.text
    assert _again(signature).status is PENDING


def test_bulk_decides_all_ticked_rows_and_names_the_one_it_cannot(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    letter = make_letter()
    first, second, third = (make_signature(letter, PENDING) for _ in range(3))
    stays = make_signature(letter, ACCEPTED, organisation="Already There")
    ids = [str(s.id) for s in (first, second, stays)]
    page = followed(client, post(client, f"{_base(letter)}/queue/decide", do="accept", ids=ids))
    assert "2 sign-ons accepted." in page
    assert "Not Already There" in page
    assert [_again(s).status for s in (first, second, third)] == [ACCEPTED, ACCEPTED, PENDING]
    assert letter_figures(letter.id).signatories == 3


@on_sqlite
def test_bulk_rejection_needs_ticks_and_a_reason(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    rows = [make_signature(letter, PENDING) for _ in range(2)]
    address, ids = f"{_base(letter)}/queue/decide", [str(s.id) for s in rows]
    assert "Tick the rows first." in words(post(client, address, do="accept"))
    answer = post(client, address, do="reject", ids=ids)
    assert answer.status_code == 422
    assert "A rejection needs a reason." in words(answer)
    assert answer.text.count(" checked") == 2
    assert post(client, address, do="reject", ids=ids, reason="Not organisations").status_code == 303
    assert {_again(s).status for s in rows} == {SignatureStatus.REJECTED}


@on_sqlite
def test_all_rows_can_be_ticked_without_a_script(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    make_signature(letter, PENDING), make_signature(letter, PENDING)
    assert client.get(f"{_base(letter)}/queue").text.count(" checked") == 0
    assert client.get(f"{_base(letter)}/queue?tick=all").text.count(" checked") == 2


@on_sqlite
def test_a_decision_is_undone_by_post(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    signature = make_signature(letter, ACCEPTED, organisation="Taken Back")
    assert "Undo" in words(client.get(f"{_base(letter)}/decisions"))
    address = f"{_base(letter)}/decisions/{signature.id}/undo"
    assert client.get(address).status_code == 405
    assert "Taken back: Taken Back waits for a decision again." in followed(client, post(client, address))
    assert _again(signature).status is PENDING
    assert letter_figures(letter.id).signatories == 0
    assert "has nothing to undo" in followed(client, post(client, address))


@on_sqlite
def test_a_second_click_on_accept_is_told_and_counts_once(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    signature = make_signature(letter, PENDING)
    address = f"{_base(letter)}/queue/{signature.id}"
    assert post(client, address, do="accept").status_code == 303
    assert post(client, address, do="accept").status_code == 422
    assert letter_figures(letter.id).signatories == 1


@on_sqlite
def test_lookalikes_are_pointed_out_softly(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    make_signature(letter, PENDING, organisation="Collective for Health and Rights", country_code="KE")
    make_signature(letter, PENDING, organisation="Collective for health & rights (CHR)", country_code="UG")
    make_signature(letter, ACCEPTED, organisation="The Well", country_code="KE")
    make_signature(letter, PENDING, organisation="Well", country_code="UG")
    page = words(client.get(f"{_base(letter)}/queue"))
    assert page.count("which waits too") == 2
    assert page.count("which is on the list") == 1


@on_sqlite
def test_an_unconfirmed_one_is_mailed_again(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    signature = make_signature(letter, UNVERIFIED)
    address = f"{_base(letter)}/unconfirmed/{signature.id}"
    assert "A new confirmation is on its way" in followed(client, post(client, address, do="again"))
    assert post(client, address, do="address", email="not an address").status_code == 422
    assert post(client, address, do="address", email="Right@example.org").status_code == 303
    recipients = [m.recipient for m in db.session.scalars(select(Mail).order_by(Mail.id))]
    assert len(recipients) == 3
    assert recipients[-1] == "Right@example.org"
    assert _again(signature).representative.email == "Right@example.org"  # type: ignore[union-attr]


@on_sqlite
def test_accepting_on_other_evidence_needs_a_note(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    signature = make_signature(letter, UNVERIFIED, country_code="KE")
    address = f"{_base(letter)}/unconfirmed/{signature.id}"
    assert post(client, address, do="accept", note="").status_code == 422
    assert post(client, address, do="accept", note="I spoke to them").status_code == 303
    found = _again(signature)
    assert (found.status, found.evidence, found.note) == (ACCEPTED, Evidence.VOUCHED, "I spoke to them")
    assert post(client, address, do="accept", note="twice").status_code == 422
    assert letter_figures(letter.id).signatories == 1


@on_sqlite
def test_a_typed_country_is_shown_and_corrected_in_the_row(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    signature = make_signature(
        letter, UNVERIFIED, country_code=None, scope=Scope.INTERNATIONAL, country_text="Colomba"
    )
    assert "typed: Colomba" in words(client.get(f"{_base(letter)}/unconfirmed"))
    fields = {"name": signature.name, "country": "Colombia", "scope": "national"}
    assert post(client, f"{_base(letter)}/unconfirmed/{signature.id}", do="save", **fields).status_code == 303
    found = _again(signature)
    assert (found.country_code, found.country_text, found.status) == ("CO", "Colomba", UNVERIFIED)


def test_a_sign_on_that_came_by_phone_is_added_and_the_page_is_ready_for_the_next(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    letter = make_letter()
    page = client.get(f"{_base(letter)}/add").text
    assert page.index("autofocus") < page.index('name="country"')
    fields = {
        "organisation": "By Phone",
        "country": "kenya",
        "scope": "national",
        "source": "phone",
        "visibility": "public",
    }
    answer = post(
        client, f"{_base(letter)}/add", **fields, came_on="2020-02-01", note="Ms A called", accept="y"
    )
    assert answer.headers["Location"].endswith("/add")
    assert "By Phone is on the list and counts." in followed(client, answer)
    found = db.session.scalars(select(Signature)).one()
    assert (found.country_code, found.source, found.evidence) == ("KE", Source.PHONE, Evidence.VOUCHED)
    assert found.note == "2020-02-01. Ms A called"
    assert letter_figures(letter.id).by_country == {"KE": 1}
    again = post(client, f"{_base(letter)}/add", **fields, accept="y")
    assert again.status_code == 422
    assert "This organisation has signed this letter already." in words(again)
    assert 'value="By Phone"' in again.text
    assert letter_figures(letter.id).signatories == 1


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("organisation", "", "Please give a name."),
        ("organisation", "x" * 201, "At most 200 characters fit here."),
        ("organisation", "bell \x07", "characters that cannot be printed"),
        ("country", "Atlantis", "We do not know this country."),
        ("email", "nobody", "This is not a mail address."),
        ("website", "ftp://example.org", "A website begins with https://"),
        ("note", "x" * 600, "At most 480 characters fit here."),
        ("source", "form", ""),
        ("visibility", "everybody", ""),
        ("scope", "galactic", ""),
    ],
)
@on_sqlite
def test_what_cannot_be_added_is_said_beside_its_field(
    client: FlaskClient, signed_in: SignedIn, field: str, value: str, sentence: str
) -> None:
    signed_in(client)
    letter = make_letter()
    good = {
        "organisation": "Fine",
        "scope": "national",
        "source": "mail",
        "visibility": "public",
        "role": "kept role",
    }
    answer = post(client, f"{_base(letter)}/add", **{**good, field: value})
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert 'value="kept role"' in answer.text
    assert db.session.scalars(select(Signature)).all() == []


@on_sqlite
def test_not_counted_at_once_waits_in_the_queue(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    fields = {"organisation": "Later", "scope": "regional", "source": "mail", "visibility": "unnamed"}
    page = followed(client, post(client, f"{_base(letter)}/add", **fields))
    assert "Later waits in the queue." in page
    assert letter_figures(letter.id).signatories == 0


@on_sqlite
def test_a_name_no_font_can_print_is_shown_before_it_is_accepted(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    letter = make_letter()
    make_signature(letter, PENDING, organisation="House 𓀀", country_code="EG")
    assert "No font here can print: 𓀀 (U+13000)" in client.get(f"{_base(letter)}/queue").text
