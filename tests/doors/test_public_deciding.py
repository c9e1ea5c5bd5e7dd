"""Somebody else decides, over HTTP: two more fields on the form, and a page of their own behind the link."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campaign.accounts.models import User
from campaign.core.db import db
from campaign.signing.models import Representative, Signature
from campaign.signing.queries import consents
from campaign.signing.rules import Purpose, SignatureStatus
from tests.doors.desk_kit import base, words
from tests.doors.public_pages import Form, read_form, send, sign
from tests.factories import make_letter, make_signature, token_of

UNVERIFIED, PENDING = SignatureStatus.UNVERIFIED, SignatureStatus.PENDING
ASKED = {
    "decider": "Dana Director",
    "decider_email": "dana@harbour.example.org",
    "representative": "Sam <Secretary>",
    "role": "Secretary",
    "authorised": None,
}
pytestmark = pytest.mark.usefixtures("app_sqlite", "slow_hands")


def asked(client: FlaskClient, **changes: str | None) -> Signature:
    """The form was sent, and somebody else is asked."""
    answer = sign(client, f"/letters/{make_letter().slug}/sign", **(ASKED | changes))
    assert answer.status_code == 303, answer.text
    return db.session.scalars(select(Signature).order_by(Signature.id.desc())).first()  # type: ignore[return-value]


def test_the_confirmation_goes_to_whoever_decides(client: FlaskClient) -> None:
    signature = asked(client)
    page = client.get(f"/confirm/{token_of(signature)}")
    assert "Sam &lt;Secretary&gt; (Secretary) filled in the form" in page.text
    form = Form(page.text)
    assert form.names[:2] == ["csrf_token", "organisation"]
    assert set(form.names) >= {"representative", "role", "authorised", "consent", "updates"}
    assert form.fields["representative"] == "Dana Director"
    assert "Confirm the signature" in page.text
    said = {"role": "Director", "authorised": "y", "consent": "y", "representative": "Dana Q. Director"}
    answer = send(client, f"/confirm/{token_of(signature)}", **said)
    assert (answer.status_code, signature.status) == (303, PENDING)
    person = db.session.scalars(select(Representative)).one()
    assert (person.name, person.role) == ("Dana Q. Director", "Director")
    assert [c.purpose for c in consents(signature.id)] == [
        Purpose.CONSENT,
        Purpose.ATTESTATION,
        Purpose.CONSENT,
    ]


@pytest.mark.parametrize("field", ["organisation", "organisation_other", "representative", "role"])
def test_a_mail_to_somebody_else_carries_no_address_of_a_strangers(client: FlaskClient, field: str) -> None:
    address = f"/letters/{make_letter().slug}/sign"
    typed = "Win at evil.example.com"
    answer = sign(client, address, **(ASKED | {field: typed}))
    assert answer.status_code == 422
    assert "it may hold no web or mail address" in words(answer)
    assert (f'id="error-{field}"' in answer.text, typed in answer.text) == (True, True)
    own = sign(client, address, **(ASKED | {field: "Friends of harbour.example.org"}))
    assert own.status_code == 303


@pytest.mark.parametrize("field", ["representative", "role"])
def test_who_asks_is_short(client: FlaskClient, field: str) -> None:
    address = f"/letters/{make_letter().slug}/sign"
    assert "At most 60 characters" in words(sign(client, address, **(ASKED | {field: "x" * 61})))
    assert sign(client, address, **(ASKED | {field: "x" * 60})).status_code == 303


@pytest.mark.parametrize("missing", ["role", "authorised", "consent", "representative"])
def test_what_is_missing_is_asked_for_beside_its_field(client: FlaskClient, missing: str) -> None:
    signature = asked(client)
    said = {"role": "Director", "authorised": "y", "consent": "y", missing: None}
    if missing == "representative":
        said[missing] = ""
    answer = send(client, f"/confirm/{token_of(signature)}", **said)
    assert (answer.status_code, signature.status) == (422, UNVERIFIED)
    assert f'id="error-{missing}"' in answer.text


def test_an_address_alone_is_enough(client: FlaskClient) -> None:
    signature = asked(client, decider="")
    assert read_form(client, f"/confirm/{token_of(signature)}").fields["representative"] == ""


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"decider_email": ""}, "decider"),
        ({"decider_email": "nobody"}, "decider_email"),
        ({"decider": "x" * 121}, "decider"),
        ({"decider": "a\0b"}, "decider"),
        ({"decider": "", "decider_email": ""}, "authorised"),
        ({"consent": None}, "consent"),
    ],
)
def test_the_form_says_what_is_wrong_and_keeps_the_rest(
    client: FlaskClient, changes: dict[str, str | None], wrong: str
) -> None:
    answer = sign(client, f"/letters/{make_letter().slug}/sign", **(ASKED | changes))
    assert answer.status_code == 422
    assert f'id="error-{wrong}"' in answer.text
    assert 'value="Sam &lt;Secretary&gt;"' in answer.text
    if wrong.startswith("decider"):
        assert '<details class="decider" open>' in answer.text
    assert db.session.scalar(select(Signature.id)) is None


def test_the_fields_may_stay_away(client: FlaskClient) -> None:
    answer = sign(client, f"/letters/{make_letter().slug}/sign", decider=None, decider_email=None)
    assert answer.status_code == 303
    person = db.session.scalars(select(Representative)).one()
    assert (person.name, person.asked_by) == ("Ana Example", None)


def refuse(client: FlaskClient, path: str) -> str:
    """Press "not ours"; where it leads."""
    page = client.get(path).text
    form = Form(page[page.index(f'action="{path}/refuse"') - 60 :])
    assert form.action == f"{path}/refuse"
    answer = client.post(form.action, data=form.fields)
    assert answer.status_code == 303
    return answer.location


@pytest.mark.parametrize("handed", [True, False])
def test_this_is_not_ours(client: FlaskClient, handed: bool) -> None:
    signature = asked(client) if handed else make_signature(make_letter(), UNVERIFIED)
    path = f"/confirm/{token_of(signature)}"
    values = read_form(client, path).fields
    done = client.get(refuse(client, path))
    assert (done.status_code, signature.status) == (200, SignatureStatus.EXPIRED)
    assert "Nothing was signed" in done.text
    again = client.get(path)
    assert again.status_code == 410
    assert "not yours to sign" in again.text
    assert (
        client.post(path, data=values | {"role": "D", "authorised": "y", "consent": "y"}).status_code == 410
    )
    assert signature.status is SignatureStatus.EXPIRED


def test_refusing_needs_the_seal_of_its_page(client: FlaskClient) -> None:
    signature = asked(client)
    path = f"/confirm/{token_of(signature)}"
    for data in ({}, {"csrf_token": read_form(client, path).fields["csrf_token"]}):
        answer = client.post(f"{path}/refuse", data=data)
        assert answer.status_code == 422
        assert "lost its seal" in answer.text
    assert client.post("/confirm/nonsense/refuse").status_code == 404
    assert signature.status is UNVERIFIED


def test_what_was_confirmed_stays_when_the_other_button_is_pressed_late(client: FlaskClient) -> None:
    signature = make_signature(make_letter(), UNVERIFIED)
    path = f"/confirm/{token_of(signature)}"
    page = client.get(path).text
    form = Form(page[page.index(f'action="{path}/refuse"') - 60 :])
    send(client, path)
    answer = client.post(f"{path}/refuse", data=form.fields)
    assert (answer.status_code, signature.status) == (303, PENDING)
    assert "It waits for the hosts" in client.get(answer.location).text


def test_the_desk_says_who_asked_and_what_was_refused(
    client: FlaskClient, signed_in: Callable[..., User]
) -> None:
    signature = asked(client)
    signed_in(client)
    letter = signature.letter
    assert "asked by Sam <Secretary> (Secretary)" in words(client.get(f"{base(letter)}/unconfirmed"))
    refuse(client, f"/confirm/{token_of(signature)}")
    assert "Dana Director" not in client.get(f"{base(letter)}/unconfirmed").text
    assert f"sign-on {signature.id} refused by whoever reads its mailbox" in words(client.get(base(letter)))
