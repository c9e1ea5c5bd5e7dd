"""The sign form over HTTP: what it takes, refuses and keeps, and that it says the same to everybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from campaign.core import clock
from campaign.core.db import db
from campaign.letters import operations as letters
from campaign.letters.drafts import HostDraft
from campaign.letters.models import Letter
from campaign.letters.queries import private_key
from campaign.letters.rules import Circulation, Silence, TextRule, Visibility
from campaign.organisations.rules import Scope
from campaign.outbox.models import Mail
from campaign.signing import statements
from campaign.signing.models import Consent, Signature
from campaign.signing.rules import Purpose, SignatureStatus
from tests.doors.public_pages import GOOD, Form, read_form, send, sign
from tests.factories import COORDINATOR, HOST, make_letter, make_signature, token_of

pytestmark = pytest.mark.usefixtures("slow_hands")

FIELDS = (
    "organisation organisation_other country scope website representative role email decider decider_email "
    "visibility authorised consent updates message"
).split()


def only_signature() -> Signature:
    return db.session.scalars(select(Signature)).one()


def count(table: type[Signature] | type[Mail]) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_a_good_form_signs_owes_one_mail_and_leads_to_the_inbox_page(client: FlaskClient) -> None:
    letter = make_letter()
    answer = sign(client, f"/letters/{letter.slug}/sign", email="ana@etoile.example.org", updates="on")
    assert (answer.status_code, answer.location) == (303, f"/letters/{letter.slug}/sign/inbox")
    signature = only_signature()
    assert signature.name == GOOD["organisation"]
    assert (signature.status, signature.country_code) == (SignatureStatus.UNVERIFIED, "PY")
    assert signature.text_version_id == letter.text_version_id
    assert signature.representative is not None
    assert signature.representative.email == "ana@etoile.example.org"
    assert count(Mail) == 1
    assert client.get(answer.location).status_code == 200


def test_the_words_that_were_shown_are_the_words_that_are_kept(client: FlaskClient) -> None:
    letter = make_letter()
    path = f"/letters/{letter.slug}/sign"
    page = unescape(client.get(path).text)
    sign(client, path)
    kept = {c.purpose: c.wording for c in db.session.scalars(select(Consent))}
    assert set(kept) == {Purpose.ATTESTATION, Purpose.CONSENT}
    assert all(wording in page for wording in kept.values())
    assert HOST.name in kept[Purpose.CONSENT]


def test_the_form_has_the_fields_outsiders_rely_on(client: FlaskClient) -> None:
    letter = make_letter()
    form = read_form(client, f"/letters/{letter.slug}/sign")
    assert list(dict.fromkeys(form.names)) == ["csrf_token", *FIELDS]
    assert (form.fields["scope"], form.fields["visibility"]) == ("national", "public")
    assert "authorised" not in form.fields


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"organisation": ""}, "organisation"),
        ({"organisation": "x" * 201}, "organisation"),
        ({"organisation": "a\0b"}, "organisation"),
        ({"organisation": "\u200b \u200b"}, "organisation"),
        ({"organisation_other": "x" * 201}, "organisation_other"),
        ({"country": ""}, "country"),
        ({"country": "ZZ"}, "country"),
        ({"country": "ZZ", "scope": "regional"}, "country"),
        ({"scope": "galactic"}, "scope"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"website": "http://["}, "website"),
        ({"website": "https://a.example.org/" + "x" * 300}, "website"),
        ({"website": "example.org/" + "x" * 285}, "website"),
        ({"representative": ""}, "representative"),
        ({"representative": "x" * 121}, "representative"),
        ({"representative": "a\r\nBcc: b@example.org"}, "representative"),
        ({"role": None}, "role"),
        ({"role": "x" * 121}, "role"),
        ({"email": ""}, "email"),
        ({"email": "not-a-mail"}, "email"),
        ({"email": "a@example.org\r\nBcc: b@example.org"}, "email"),
        ({"visibility": "loud"}, "visibility"),
        ({"authorised": None}, "authorised"),
        ({"consent": ""}, "consent"),
    ],
)
@pytest.mark.usefixtures("app_sqlite")
def test_bad_input_is_answered_beside_the_field_and_all_that_was_typed_stays(
    client: FlaskClient, changes: dict[str, str | None], field: str
) -> None:
    letter = make_letter()
    sent: dict[str, Any] = {"email": "ana@etoile.example.org", "organisation_other": "شبكة", **changes}
    answer = sign(client, f"/letters/{letter.slug}/sign", **sent)
    assert answer.status_code == 422
    assert f'id="error-{field}"' in answer.text
    assert answer.text.count('class="error"') == 1
    again = Form(answer.text).fields
    for name, value in (GOOD | sent).items():
        if name != field and value:
            assert again[name] == value
    assert "\0" not in answer.text
    assert count(Signature) == 0
    assert count(Mail) == 0


@pytest.mark.usefixtures("app_sqlite")
def test_a_corrected_form_goes_through(client: FlaskClient) -> None:
    letter = make_letter()
    path = f"/letters/{letter.slug}/sign"
    shown_again = Form(sign(client, path, country="").text)
    answer = client.post(path, data=shown_again.fields | {"country": "PY"})
    assert answer.status_code == 303
    assert count(Signature) == 1


@pytest.mark.parametrize("value", ["y", "on", "1", "0", "false", "no"])
@pytest.mark.usefixtures("app_sqlite")
def test_any_value_ticks_a_box(client: FlaskClient, value: str) -> None:
    letter = make_letter()
    assert sign(client, f"/letters/{letter.slug}/sign", authorised=value, consent=value).status_code == 303


def test_a_form_sent_at_once_is_asked_to_be_looked_at_again(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaign.web.forms.YOUNGEST_SECONDS", 2.0)
    path = f"/letters/{make_letter().slug}/sign"
    with time_machine.travel(clock.now(), tick=False) as traveller:
        form = read_form(client, path)
        values = form.fields | GOOD | {"email": "ana@etoile.example.org"}
        early = client.post(path, data=values)
        assert early.status_code == 422
        assert "ana@etoile.example.org" in early.text
        traveller.shift(timedelta(seconds=2.5))
        assert client.post(path, data=Form(early.text).fields).status_code == 303


def test_a_form_left_open_for_three_days_still_goes(client: FlaskClient) -> None:
    path = f"/letters/{make_letter().slug}/sign"
    form = read_form(client, path)
    with time_machine.travel(clock.now() + timedelta(days=3)):
        answer = client.post(path, data=form.fields | GOOD | {"email": "ana@etoile.example.org"})
    assert answer.status_code == 303


@pytest.mark.parametrize("token", [None, "", "forged", "W10.x"])
@pytest.mark.usefixtures("app_sqlite")
def test_a_form_without_its_seal_keeps_the_text_and_works_when_sent_again(
    client: FlaskClient, token: str | None
) -> None:
    path = f"/letters/{make_letter().slug}/sign"
    answer = sign(client, path, csrf_token=token, email="ana@etoile.example.org")
    assert answer.status_code == 422
    assert client.post(path, data=Form(answer.text).fields).status_code == 303


@pytest.mark.usefixtures("app_sqlite")
def test_a_seal_is_good_for_its_own_letter_only(client: FlaskClient) -> None:
    one, other = make_letter(), make_letter()
    token = read_form(client, f"/letters/{one.slug}/sign").fields["csrf_token"]
    assert sign(client, f"/letters/{other.slug}/sign", csrf_token=token).status_code == 422


@pytest.mark.usefixtures("app_sqlite")
def test_a_form_posted_from_another_site_is_refused(client: FlaskClient) -> None:
    path = f"/letters/{make_letter().slug}/sign"
    values = read_form(client, path).fields | GOOD | {"email": "ana@etoile.example.org"}
    assert client.post(path, data=values, headers={"Origin": "https://evil.example"}).status_code == 422
    assert client.post(path, data=values, headers={"Origin": "http://localhost"}).status_code == 303


def test_a_double_click_answers_the_same_and_signs_once(client: FlaskClient) -> None:
    path = f"/letters/{make_letter().slug}/sign"
    values = read_form(client, path).fields | GOOD | {"email": "ana@etoile.example.org"}
    first, second = client.post(path, data=values), client.post(path, data=values)
    assert (first.status_code, first.location) == (second.status_code, second.location)
    assert (count(Signature), count(Mail)) == (1, 1)


def test_the_answer_does_not_tell_who_has_signed(client: FlaskClient) -> None:
    letter = make_letter()
    make_signature(letter, organisation="Harbour Friends", country_code="BH")
    path = f"/letters/{letter.slug}/sign"
    known = sign(client, path, organisation="Harbour Friends", country="BH")
    fresh = sign(client, path, organisation="Somebody New", country="BH")
    assert (
        (known.status_code, known.location) == (fresh.status_code, fresh.location) == (303, f"{path}/inbox")
    )
    assert known.text == fresh.text


@pytest.mark.parametrize("scope", ["regional", "international"])
@pytest.mark.usefixtures("app_sqlite")
def test_a_network_needs_no_country_and_stands_under_none(client: FlaskClient, scope: str) -> None:
    path = f"/letters/{make_letter().slug}/sign"
    assert sign(client, path, scope=scope, country="").status_code == 303
    assert sign(client, path, scope=scope, country="PY").status_code == 303
    rows = db.session.scalars(select(Signature)).all()
    assert {(s.scope, s.country_code) for s in rows} == {(Scope(scope), None)}


@pytest.mark.usefixtures("app_sqlite")
def test_missing_choices_take_what_the_letter_sets(client: FlaskClient) -> None:
    offered = (Visibility.ADDRESSEES, Visibility.UNNAMED)
    letter = make_letter(at_risk=True, visibilities=offered)
    path = f"/letters/{letter.slug}/sign"
    assert 'value="public"' not in client.get(path).text
    assert sign(client, path, visibility="public").status_code == 422
    assert sign(client, path, visibility=None, scope=None).status_code == 303
    assert only_signature().visibility is Visibility.UNNAMED


def test_a_signature_remembers_when_its_form_was_first_shown(client: FlaskClient) -> None:
    path = f"/letters/{make_letter().slug}/sign"
    monday = datetime(2030, 2, 4, 9, 0, 0, 250_000, tzinfo=UTC)
    with time_machine.travel(monday, tick=False) as traveller:
        values = read_form(client, path).fields | GOOD | {"email": "ana@etoile.example.org"}
        traveller.shift(timedelta(days=1))
        again = Form(client.post(path, data=values | {"country": ""}).text)
        traveller.shift(timedelta(days=1))
        assert client.post(path, data=again.fields | {"country": "PY"}).status_code == 303
        signature = only_signature()
        assert (signature.shown_at, signature.signed_at) == (monday, monday + timedelta(days=2))
        traveller.shift(timedelta(days=1))
        client.post(
            f"/confirm/{token_of(signature)}",
            data=read_form(client, f"/confirm/{token_of(signature)}").fields,
        )
        db.session.expire_all()
        assert (only_signature().status, only_signature().shown_at) == (SignatureStatus.PENDING, monday)


@pytest.mark.usefixtures("app_sqlite")
def test_a_bare_domain_becomes_an_address(client: FlaskClient) -> None:
    sign(client, f"/letters/{make_letter().slug}/sign", website="etoile.example.org")
    assert only_signature().website == "https://etoile.example.org"


def test_the_signature_remembers_whose_link_it_came_through(client: FlaskClient) -> None:
    letter = make_letter(hosts=(HOST, HostDraft("Second Host")))
    second = letter.hosts[1]
    page = client.get(f"/letters/{letter.slug}?via={second.code}").text
    assert f"/letters/{letter.slug}/sign?via={second.code}" in page
    answer = sign(client, f"/letters/{letter.slug}/sign?via={second.code}")
    assert answer.status_code == 303
    assert only_signature().host_id == second.id


@pytest.mark.usefixtures("app_sqlite")
def test_a_made_up_host_code_is_no_host(client: FlaskClient) -> None:
    assert sign(client, f"/letters/{make_letter().slug}/sign?via=nobody").status_code == 303
    assert only_signature().host_id is None


def shared(letter: Letter) -> str:
    link = letters.share(letter.hosts[0], COORDINATOR)
    db.session.commit()
    return f"/p/{private_key(link)}"


def test_a_private_letter_is_signed_through_its_link(client: FlaskClient) -> None:
    letter = make_letter(circulation=Circulation.PRIVATE)
    path = shared(letter)
    answer = sign(client, f"{path}/sign")
    assert (answer.status_code, answer.location) == (303, f"{path}/sign/inbox")
    assert client.get(answer.location).status_code == 200
    assert only_signature().host_id == letter.hosts[0].id


@pytest.mark.usefixtures("app_sqlite")
def test_a_form_of_a_letter_published_meanwhile_keeps_its_text(client: FlaskClient) -> None:
    letter = make_letter(circulation=Circulation.PRIVATE)
    path = f"{shared(letter)}/sign"
    values = read_form(client, path).fields | GOOD | {"email": "ana@etoile.example.org"}
    letters.publish(letter, COORDINATOR)
    answer = client.post(path, data=values)
    assert answer.status_code == 307
    assert client.post(answer.location, data=values).status_code == 303
    assert only_signature().host_id == letter.hosts[0].id


def test_a_closed_letter_takes_nothing_and_shows_what_was_typed(client: FlaskClient) -> None:
    letter = make_letter()
    path = f"/letters/{letter.slug}/sign"
    values = read_form(client, path).fields | GOOD | {"email": "ana@etoile.example.org"}
    letters.close(letter, COORDINATOR)
    assert client.get(path).status_code == 410
    answer = client.post(path, data=values)
    assert answer.status_code == 410
    assert unescape(answer.text).count(GOOD["organisation"]) == 1
    assert "ana@etoile.example.org" in answer.text
    assert count(Signature) == 0


@pytest.mark.usefixtures("app_sqlite")
def test_a_paused_letter_says_so_and_shows_what_was_typed(client: FlaskClient) -> None:
    letter = make_letter()
    path = f"/letters/{letter.slug}/sign"
    values = read_form(client, path).fields | GOOD | {"email": "ana@etoile.example.org"}
    letters.pause(letter, True, COORDINATOR)
    answer = client.post(path, data=values)
    assert (answer.status_code, client.get(path).status_code) == (503, 503)
    assert "Retry-After" in answer.headers
    assert "ana@etoile.example.org" in answer.text
    assert "paused" in client.get(f"/letters/{letter.slug}").text.lower()


@pytest.mark.usefixtures("app_sqlite")
def test_too_much_at_once_is_refused(client: FlaskClient) -> None:
    path = f"/letters/{make_letter().slug}/sign"
    assert sign(client, path, organisation="x" * 10_000_000).status_code == 413
    assert send(client, path, **{f"field{n}": "x" for n in range(2_500)}).status_code in (413, 422)


@pytest.mark.usefixtures("app_sqlite")
def test_the_form_is_new_for_everybody_and_light(client: FlaskClient) -> None:
    letter = make_letter(
        titles={"en": "Open the harbour", "ar": "افتحوا الميناء"}, texts={"en": "Text.", "ar": "نص."}
    )
    path = f"/letters/{letter.slug}/sign"
    page = client.get(path)
    assert page.headers["Cache-Control"] == "private, no-store"
    assert Form(page.text).fields["csrf_token"] != Form(client.get(path).text).fields["csrf_token"]
    assert len(page.data) < 30_000
    assert len(client.get(f"/ar/letters/{letter.slug}/sign").data) < 30_000


def test_the_language_of_the_page_is_the_language_of_the_signature(client: FlaskClient, app: Flask) -> None:
    letter = make_letter(
        titles={"en": "Open the harbour", "ar": "افتحوا الميناء"}, texts={"en": "Text.", "ar": "نص."}
    )
    answer = sign(client, f"/ar/letters/{letter.slug}/sign")
    assert answer.location == f"/ar/letters/{letter.slug}/sign/inbox"
    assert only_signature().language == "ar"


def test_over_https_without_a_referer_it_submits(make_app: Callable[..., Flask]) -> None:
    app = make_app(PUBLIC_URL="https://localhost")
    with app.app_context():
        path, client = f"/letters/{make_letter().slug}/sign", app.test_client()
        form = Form(client.get(path, base_url="https://localhost").text)
        values = form.fields | GOOD | {"email": "ana@etoile.example.org"}
        headers = {"Origin": "https://localhost"}
        answer = client.post(path, data=values, base_url="https://localhost", headers=headers)
        assert answer.status_code == 303
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("promises", "said", "unsaid"),
    [
        ({}, ("ask you to confirm again by a date", "taken off the list", "I am asked"), ("without asking",)),
        (
            {"text_rule": TextRule.FINAL, "further_bodies": True},
            ("The text is final.", "further bodies of the same cause, without asking again"),
            ("confirm again by a date",),
        ),
        ({"silence": Silence.KEPT}, ("stays on the list",), ("taken off the list",)),
    ],
)
def test_the_form_says_what_may_still_change(
    client: FlaskClient, promises: dict[str, Any], said: tuple[str, ...], unsaid: tuple[str, ...]
) -> None:
    letter = make_letter(**promises)
    page = client.get(f"/letters/{letter.slug}/sign").text
    assert all(words in page for words in said)
    assert not any(words in page for words in unsaid)
    assert sign(client, f"/letters/{letter.slug}/sign").status_code == 303
    consent = db.session.scalars(select(Consent).where(Consent.purpose == Purpose.CONSENT)).one()
    assert consent.wording.endswith(statements.bodies(letter.further_bodies))
