"""What every door answers when something is wrong: the host, the method, the size, the database, or we."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from campaign.core.db import db
from campaign.letters import queries
from campaign.letters.models import Letter
from tests.factories import make_letter

MakeApp = Callable[..., Flask]
SECRET = "Hidden Example Union"


def test_ready_says_so(client: FlaskClient) -> None:
    assert client.get("/readyz").json == {"status": "ok"}


def test_ready_says_when_the_database_is_behind_and_not_when_it_is_ahead(
    app: Flask, client: FlaskClient
) -> None:
    head = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    try:
        for revision, status in (("0001", 503), ("9999", 200)):
            db.session.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision})
            db.session.commit()
            assert client.get("/readyz").status_code == status
    finally:
        db.session.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": head})
        db.session.commit()


def test_without_its_database_it_is_not_ready_and_pages_say_so(make_app: MakeApp, dead_port: int) -> None:
    app = make_app(DATABASE_URL=f"postgresql://nobody@127.0.0.1:{dead_port}/nothing")
    with app.app_context():
        away = app.test_client()
        assert away.get("/healthz").status_code == 200
        assert away.get("/readyz").json == {"status": "unavailable", "database": "unreachable"}
        page = away.get("/letters/a-letter")
    assert page.status_code == 503
    assert "nobody" not in page.text


@pytest.mark.usefixtures("app_sqlite")
@pytest.mark.parametrize("host", ["evil.example.com", "127.0.0.1.evil.example.com", ""])
def test_a_forged_host_is_refused(client: FlaskClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 400


@pytest.mark.usefixtures("app_sqlite")
def test_a_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    answer = client.post(f"/letters/{make_letter().slug}")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


@pytest.mark.usefixtures("app_sqlite")
@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (IntegrityError("INSERT", {}, Exception(SECRET)), 409),
        (RuntimeError(SECRET), 500),
        (ZeroDivisionError(SECRET), 500),
    ],
)
@pytest.mark.parametrize("path", ["/letters/a-letter", "/api/v1/letters/a-letter"])
def test_what_went_wrong_is_noted_without_names(
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fault: Exception,
    status: int,
    path: str,
) -> None:
    def fail(slug: str) -> Letter:
        raise fault

    monkeypatch.setattr(queries, "public_letter", fail)
    monkeypatch.setattr("campaign.api.letters.public_letter", fail)
    with caplog.at_level(logging.ERROR):
        answer = client.get(path)
    assert answer.status_code == status
    assert SECRET not in answer.text
    assert all(SECRET not in record.getMessage() for record in caplog.records)
