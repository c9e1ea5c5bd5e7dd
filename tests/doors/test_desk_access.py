"""Who gets in at the desk: signing in, every page's guard, every form's seal, other letters' things."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from campaign.accounts.models import User
from campaign.accounts.rules import Action
from campaign.core.db import db
from campaign.letters.operations import share
from campaign.letters.rules import Channel, Circulation
from campaign.signing.models import Signature
from campaign.signing.rules import SignatureStatus
from tests.doors.desk_kit import post, seal, words
from tests.factories import (
    ADDRESSEE,
    COORDINATOR,
    PASSWORD,
    make_edition,
    make_letter,
    make_signature,
    make_user,
)

SignedIn = Callable[..., User]
on_sqlite = pytest.mark.usefixtures("app_sqlite")  # these do not care about the database


@on_sqlite
def test_signing_in_goes_where_one_wanted_to_go(client: FlaskClient) -> None:
    letter = make_letter()
    wanted = f"/desk/letters/{letter.slug}/queue"
    sent_away = client.get(wanted)
    assert sent_away.status_code == 302
    assert "/desk/sign-in?next=" in sent_away.headers["Location"]
    user = make_user()
    answer = post(client, "/desk/sign-in", email=user.email, password=PASSWORD, next=wanted)
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(wanted)
    assert client.get(wanted).status_code == 200


@pytest.mark.parametrize("email", ["nobody@example.org", "known@example.org", "", "no address"])
@on_sqlite
def test_a_wrong_password_and_an_unknown_address_are_told_alike(client: FlaskClient, email: str) -> None:
    make_user(email="known@example.org")
    answer = post(client, "/desk/sign-in", email=email, password="not this one at all")
    assert answer.status_code == 422
    assert "This address and this password do not fit together." in words(answer)
    assert client.get("/desk/").status_code == 302


@on_sqlite
def test_signing_out_is_a_post(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    assert client.get("/desk/sign-out").status_code == 405
    assert client.get("/desk/").status_code == 200
    assert post(client, "/desk/sign-out").status_code == 303
    assert client.get("/desk/").status_code == 302


def _addresses(app: Flask) -> list[tuple[str, str, str]]:
    """Every page of the desk as (endpoint, method, address), with made-up parts."""
    parts = {"slug": "no-such-letter", "verb": "open"}
    adapter = app.url_map.bind("localhost")
    return [
        (
            rule.endpoint,
            method,
            adapter.build(rule.endpoint, {a: parts.get(a, 1) for a in rule.arguments}, method),
        )
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("desk.")
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
    ]


@on_sqlite
def test_every_page_is_guarded(app: Flask, client: FlaskClient) -> None:
    addresses = _addresses(app)
    assert len(addresses) > 35
    token = seal(client)
    for endpoint, method, address in addresses:
        guard = getattr(app.view_functions[endpoint], "guarded_by", None)
        assert isinstance(guard, Action), endpoint
        answer = client.open(address, method=method, data={"csrf_token": token} if method == "POST" else None)
        assert answer.status_code == (303 if method == "POST" else 302), (endpoint, method)
        assert "/desk/sign-in" in answer.headers["Location"]


@on_sqlite
def test_a_person_without_a_role_is_told_no(app: Flask, client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client).roles = []
    for endpoint, method, address in _addresses(app):
        if method == "GET":
            assert client.get(address).status_code == 403, endpoint


@on_sqlite
def test_no_form_works_without_its_seal(app: Flask, client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    for endpoint, method, address in _addresses(app):
        if method == "POST":
            assert client.post(address).status_code == 400, endpoint


@on_sqlite
def test_another_letters_things_are_not_there(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    mine, other = make_letter(), make_letter(circulation=Circulation.PRIVATE)
    waiting = make_signature(other, SignatureStatus.PENDING)
    typed = make_signature(other, SignatureStatus.UNVERIFIED)
    listed = make_signature(other)
    edition = make_edition(other)
    link = share(other.hosts[0], COORDINATOR)
    db.session.commit()
    base = f"/desk/letters/{mine.slug}"
    for address in (
        f"/queue/{waiting.id}",
        f"/unconfirmed/{typed.id}",
        f"/decisions/{listed.id}/undo",
        f"/list/{listed.id}/withdraw",
        f"/editions/{edition.number}/again",
        f"/editions/{edition.number}/release",
        f"/hosts/{other.hosts[0].id}/links",
        f"/hosts/{other.hosts[0].id}/links/{link.id}/revoke",
        "/dispatch/1/cancel",
    ):
        assert post(client, base + address, do="accept").status_code == 404, address
    assert post(client, f"{base}/queue/decide", do="accept", ids=[str(waiting.id)]).status_code == 404
    assert client.get(f"{base}/editions/{edition.number}/files/{edition.files[0].id}.pdf").status_code == 404
    assert db.session.get_one(Signature, waiting.id).status is SignatureStatus.PENDING
    assert other.hosts[0].links[0].revoked_at is None


@on_sqlite
def test_pages_hold_no_inline_code_and_every_form_that_posts_has_its_seal(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    letter = make_letter(addressees=(ADDRESSEE, ADDRESSEE.__class__("By Post", channel=Channel.POST)))
    make_signature(letter, SignatureStatus.PENDING)
    make_signature(letter, SignatureStatus.UNVERIFIED)
    make_signature(letter)
    make_edition(letter)
    base = f"/desk/letters/{letter.slug}"
    post(client, f"{base}/editions/1/release", when="delayed")
    sections = (
        "queue",
        "unconfirmed",
        "decisions",
        "limits",
        "list",
        "add",
        "edit",
        "documents",
        "editions",
        "dispatch",
    )
    pages = [
        "/desk/",
        "/desk/letters/new",
        "/desk/limits",
        base,
        f"{base}/editions/1/preview",
        *(f"{base}/{s}" for s in sections),
    ]
    for address in pages:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert " style=" not in answer.text, address
        assert "<script" not in answer.text, address
        assert " onclick=" not in answer.text, address
        assert answer.text.count('method="post"') == answer.text.count('name="csrf_token"'), address
        assert "Location" not in answer.headers
        assert answer.headers["Cache-Control"] == "private, no-store"
