"""From where a request came: forwarding headers are believed for the configured proxies, and for no more."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

import config
from campaign.core.db import db
from campaign.core.networks import Caller, read_address
from campaign.letters.rules import Acceptance
from campaign.outbox.models import Mail
from campaign.signing.limits import keys_of
from campaign.signing.models import Sighting, Signature
from campaign.signing.rules import Flag
from campaign.web.callers import caller
from tests.doors.public_pages import GOOD, read_form, send
from tests.factories import make_letter

pytestmark = pytest.mark.usefixtures("app_sqlite")
PEER, REAL, PROXY, FORGED = "203.0.113.9", "192.0.2.7", "198.51.100.1", "192.0.2.66"


def seen(app: Flask, header: str | None, peer: str = PEER) -> str:
    """Whom the app takes for the caller."""
    headers = {} if header is None else {"X-Forwarded-For": header}
    with app.test_request_context("/", headers=headers, environ_base={"REMOTE_ADDR": peer}):
        return str(caller().address)


@pytest.mark.parametrize(
    ("hops", "header", "address"),
    [
        ("0", None, PEER),
        ("0", REAL, PEER),
        ("0", f"{FORGED}, {REAL}", PEER),
        ("1", None, PEER),
        ("1", REAL, REAL),
        ("1", f"{FORGED}, {REAL}", REAL),
        ("1", f"{FORGED},{REAL}", REAL),
        ("1", f'", {REAL}', REAL),
        ("1", f'"{FORGED}, {REAL}', REAL),
        ("1", f"{FORGED}\\, {REAL}", REAL),
        ("1", f"garbage, , ;, {REAL}", REAL),
        ("1", f"{FORGED}, {REAL}:50123", REAL),
        ("1", f"{FORGED}, 2001:db8::7", "2001:db8::7"),
        ("1", f"{FORGED}, [2001:db8::7]:443", "2001:db8::7"),
        ("1", f"{FORGED}, ::ffff:{REAL}", REAL),
        ("1", f"{FORGED}, unknown", "None"),
        ("2", None, PEER),
        ("2", REAL, REAL),
        ("2", f"{REAL}, {PROXY}", REAL),
        ("2", f"{FORGED}, {REAL}, {PROXY}", REAL),
        ("2", f'", {REAL}, {PROXY}', REAL),
        ("2", f"{FORGED}, [2001:db8::7]:1, {PROXY}:2", "2001:db8::7"),
        ("2", f"{FORGED}, garbage, {PROXY}", "None"),
    ],
)
def test_as_many_entries_are_believed_as_there_are_proxies(
    make_app: Callable[..., Flask], hops: str, header: str | None, address: str
) -> None:
    assert seen(make_app(TRUSTED_PROXIES=hops), header) == address


@pytest.mark.parametrize("peer", ["", "unix:", "garbage"])
def test_a_peer_without_an_address_is_unknown(make_app: Callable[..., Flask], peer: str) -> None:
    app = make_app(TRUSTED_PROXIES="1")
    assert seen(app, None, peer) == "None"
    assert seen(app, REAL, peer) == REAL


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(forged=st.text(st.characters(min_codepoint=32, max_codepoint=255)), real=st.ip_addresses())
def test_nothing_that_came_with_the_request_changes_who_sent_it(
    app: Flask, forged: str, real: ipaddress.IPv4Address | ipaddress.IPv6Address
) -> None:
    for hops, added in ((1, [real]), (2, [real, ipaddress.ip_address(PROXY)])):
        header = ", ".join([forged, *map(str, added)])
        app.config["SETTINGS"] = _with_hops(app, hops)
        environ = {"REMOTE_ADDR": PEER, "HTTP_X_FORWARDED_FOR": header}
        with app.test_request_context("/", environ_overrides=environ):
            assert caller() == Caller(read_address(str(real)))
    app.config["SETTINGS"] = _with_hops(app, 0)


def _with_hops(app: Flask, hops: int) -> object:
    kept = app.config["SETTINGS"]
    return kept.__class__(**{n: getattr(kept, n) for n in kept.__slots__} | {"trusted_proxies": hops})


def test_a_sign_on_is_noted_by_whom_the_proxy_saw(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaign.web.forms.YOUNGEST_SECONDS", 0.0)
    app = make_app(TRUSTED_PROXIES="1")
    with app.app_context():
        client = app.test_client()
        path = f"/letters/{make_letter().slug}/sign"
        fields = read_form(client, path).fields | GOOD | {"email": "ana@example.org"}
        answer = client.post(path, data=fields, headers={"X-Forwarded-For": f"{FORGED}, {REAL}"})
        assert answer.status_code == 303
        sighting = db.session.scalars(select(Sighting)).one()
        assert sighting.address == keys_of(Caller(read_address(REAL)), None).address


def test_the_trap_is_out_of_sight_and_of_the_way_and_is_answered_like_any_other(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaign.web.forms.YOUNGEST_SECONDS", 0.0)
    letter = make_letter(acceptance=Acceptance.AUTOMATIC)
    path = f"/letters/{letter.slug}/sign"
    page = client.get(path).text
    trap = page.split('<div class="apart">')[1].split("</div>")[0]
    for part in ('name="message"', 'tabindex="-1"', 'autocomplete="off"', "Please leave this field empty"):
        assert part in trap
    assert 'type="hidden"' not in trap
    styles = (config.ROOT / "campaign/static/css/public.css").read_text(encoding="utf-8")
    assert ".apart { position: absolute;" in styles
    first = send(client, path, **GOOD, email="ana@example.org")
    other = send(client, path, **GOOD, email="bot@example.org", message="Cheap pills <b>\0</b>")
    assert (
        (first.status_code, first.location) == (other.status_code, other.location) == (303, f"{path}/inbox")
    )
    flags = [s.flags for s in db.session.scalars(select(Signature).order_by(Signature.id))]
    assert flags == [[], [Flag.HONEYPOT]]
    assert len(db.session.scalars(select(Mail)).all()) == 2
