"""Error pages: in the language that is asked for or chosen, with a way to another, and without a database."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import Gone, HTTPException, NotFound, TooManyRequests

from campaign.accounts.models import User
from campaign.core.db import db
from campaign.web.language import INTERFACE
from tests.doors.tongues import english_in
from tests.factories import make_letter

pytestmark = pytest.mark.usefixtures("app_sqlite")
SWITCH = re.compile(r'<a href="([^"]+)" hreflang="(\w+)" lang="\w+">')


@pytest.fixture
def failing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """`failing(fault)`: from now on the list of open letters raises it."""

    def fail(fault: Exception) -> None:
        def view() -> None:
            raise fault

        monkeypatch.setitem(app.view_functions, "public.home", view)

    app.config["PROPAGATE_EXCEPTIONS"] = False
    return fail


def offered(page: str) -> dict[str, str]:
    return {tag: address for address, tag in SWITCH.findall(page)}


@pytest.mark.parametrize(
    "path", ["/nothing", "/signature/x/correct", "/letters/nowhere", "/ru/letters/nowhere"]
)
def test_each_keeps_its_place_in_any_language(client: FlaskClient, path: str) -> None:
    russian = client.get(path, headers={"Accept-Language": "ru"})
    assert '<html lang="ru"' in russian.text
    there = offered(russian.text)
    assert there == {tag: f"http://localhost{path}?lang={tag}" for tag in INTERFACE if tag != "ru"}
    arabic = client.get(there["ar"], headers={"Accept-Language": "ru"})
    assert arabic.status_code == russian.status_code >= 400
    assert '<html lang="ar" dir="rtl"' in arabic.text
    assert english_in(arabic.text) == []
    assert 'href="/?lang=ar"' in arabic.text
    assert 'rel="alternate"' not in arabic.text


@pytest.mark.parametrize("path", ["/a%3Fb", "/%22%3E%3Cscript%3E", "/a%25b"])
def test_a_strangers_address_stays_an_address_of_ours(client: FlaskClient, path: str) -> None:
    page = client.get(path).text
    assert offered(page)["fr"] == f"http://localhost{path}?lang=fr"
    assert "<script>" not in page


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (NotFound(), 404),
        (Gone(), 410),
        (TooManyRequests(), 429),
        (RuntimeError("x"), 500),
        (OperationalError("SELECT", {}, Exception("away")), 503),
    ],
)
def test_whatever_went_wrong(
    client: FlaskClient, failing: Callable[[Exception], None], fault: HTTPException, status: int
) -> None:
    failing(fault)
    answer = client.get("/?lang=ru", headers={"Accept-Language": "fr"})
    assert answer.status_code == status
    assert '<html lang="ru"' in answer.text
    assert english_in(answer.text) == []
    assert len(offered(answer.text)) == len(INTERFACE) - 1


def test_after_something_was_sent_no_link_loses_it(client: FlaskClient) -> None:
    letter = make_letter()
    sent = {
        "/nothing": ({"a": "b"}, 404),
        f"/letters/{letter.slug}": ({"a": "b"}, 405),
        f"/letters/{letter.slug}/sign": ({"website": "x" * 9_000_000}, 413),
    }
    for path, (data, status) in sent.items():
        answer = client.post(f"{path}?lang=fr", data=data)
        assert answer.status_code == status
        assert '<html lang="fr"' in answer.text
        assert offered(answer.text) == {}


@pytest.mark.parametrize("path", ["/", "/desk/letters"])
def test_without_a_database_a_fault_is_still_told(
    client: FlaskClient,
    failing: Callable[[Exception], None],
    signed_in: Callable[..., User],
    monkeypatch: pytest.MonkeyPatch,
    path: str,
) -> None:
    signed_in(client)
    failing(RuntimeError("x"))

    def away(*_: object, **__: object) -> None:
        raise OperationalError("SELECT", {}, Exception("away"))

    db.session.commit()
    monkeypatch.setattr(db.engine.dialect, "do_execute", away)
    answer = client.get(f"{path}?lang=es")
    assert answer.status_code in (500, 503)
    assert '<html lang="es"' in answer.text
    assert len(offered(answer.text)) == len(INTERFACE) - 1
