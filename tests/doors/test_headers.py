"""What a browser is held to, on every address there is: pages, refusals, files and style sheets alike."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from campaign import api, public
from campaign.web.headers import FILE_POLICY
from tests.factories import make_letter

pytestmark = pytest.mark.usefixtures("app_sqlite")
MakeApp = Callable[..., Flask]
VALUES = {"lang": "fr", "slug": "harbour", "number": 1, "filename": "css/tokens.css"}
FRAMED = {"letters.embed"}
COOKIELESS = {blueprint.name for blueprint in (*public.COOKIELESS, *api.COOKIELESS)}


def reached(app: Flask) -> list[tuple[Rule, str]]:
    """Every address that can be opened, with values for its parts: some of them are there, some are not."""
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if "GET" in (rule.methods or ()):
                given = {
                    name: VALUES.get(name, 1 if name.endswith("_id") else "x") for name in rule.arguments
                }
                given |= {"verb": "open"} if "verb" in rule.arguments else {}
                _host, path = rule.build(given, append_unknown=False) or ("", "")
                found.append((rule, path))
    return found


@pytest.fixture
def secure(make_app: MakeApp) -> Flask:
    """The app as it stands behind https, with a letter."""
    make_letter(slug="harbour", titles={"en": "Open", "fr": "Ouvrez"}, texts={"en": "One.", "fr": "Un."})
    return make_app(PUBLIC_URL="https://localhost")


def test_every_address_answers_with_all_guards_and_only_the_card_can_be_framed(secure: Flask) -> None:
    client = secure.test_client()
    addresses = reached(secure)
    assert len(addresses) > 90
    for rule, path in addresses:
        answer = client.get(path, buffered=True)
        assert answer.status_code < 500, path
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none';"), path
        assert "unsafe" not in policy, path
        assert ("frame-ancestors *" in policy) == (rule.endpoint in FRAMED and answer.status_code == 200), (
            path
        )
        if rule.endpoint != "static":
            assert ("X-Frame-Options" in answer.headers) == ("frame-ancestors 'none'" in policy), path
            assert answer.headers["Referrer-Policy"] in ("same-origin", "strict-origin"), path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000"), path
        assert "=True" not in answer.headers.get("Cache-Control", ""), path
        if rule.endpoint.partition(".")[0] in COOKIELESS:
            assert "Set-Cookie" not in answer.headers, path


def test_style_sheets_and_fonts_are_held_to_the_same(client: FlaskClient) -> None:
    for file in ("css/tokens.css", "fonts/NotoSans-Regular.latin.woff2", "icon.svg"):
        answer = client.get(f"/static/{file}", buffered=True)
        assert answer.status_code == 200
        assert answer.headers["Content-Security-Policy"] == FILE_POLICY
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Strict-Transport-Security" not in answer.headers  # over plain http it would mean nothing


def test_the_page_to_sign_in_is_kept_by_nobody(client: FlaskClient) -> None:
    assert client.get("/desk/sign-in").headers["Cache-Control"] == "private, no-store"
