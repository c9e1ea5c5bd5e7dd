"""Editions over HTTP: their page, the public list and no other file, and what is told of a file or a hash."""

from __future__ import annotations

import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from campaign.core.db import db
from campaign.editions.models import Edition, EditionEntry, EditionFile
from campaign.letters.rules import Circulation
from tests.doors.public_pages import read_form, send
from tests.factories import make_edition, make_letter, make_signature


@pytest.fixture(autouse=True)
def slow_hands(monkeypatch: pytest.MonkeyPatch) -> None:
    """These visitors took their time."""
    monkeypatch.setattr("campaign.web.forms.YOUNGEST_SECONDS", 0.0)


def files(edition: Edition, public: bool) -> list[EditionFile]:
    kind = EditionFile.addressee_id.is_(None) if public else EditionFile.addressee_id.is_not(None)
    return list(
        db.session.scalars(select(EditionFile).where(EditionFile.edition_id == edition.id, kind)).all()
    )


def test_an_edition_has_a_page_with_its_figures_and_its_hash(client: FlaskClient) -> None:
    letter = make_letter()
    make_signature(letter)
    edition = make_edition(letter)
    make_signature(letter)
    page = client.get(f"/letters/{letter.slug}/editions/1")
    assert page.headers["Cache-Control"] == "public, max-age=15"
    assert "<b>1</b> group from <b>1</b> country" in page.text
    assert edition.sha256 in page.text
    assert f'href="/letters/{letter.slug}/editions/1.pdf"' in page.text
    assert f'href="/letters/{letter.slug}/editions/1"' in client.get(f"/letters/{letter.slug}").text
    make_edition(letter)
    assert (
        f'href="/letters/{letter.slug}/editions/2"' in client.get(f"/letters/{letter.slug}/editions/1").text
    )


def test_the_public_list_is_the_only_file_there_is(client: FlaskClient) -> None:
    letter = make_letter(
        titles={"en": "Open the harbour", "ar": "افتحوا"}, texts={"en": "Text.", "ar": "نص."}
    )
    edition = make_edition(letter)
    path = f"/letters/{letter.slug}/editions/1.pdf"
    contents = {f.language: f.content for f in files(edition, public=True)}
    answer = client.get(path)
    assert (answer.mimetype, answer.data) == ("application/pdf", contents["en"])
    assert client.get(path, query_string={"lang": "ar"}).data == contents["ar"]
    assert client.get(path, query_string={"lang": "fr"}).status_code == 404
    name = answer.headers["Content-Disposition"]
    assert f"{edition.frozen_at:%Y-%m-%d}-{letter.slug}-edition-1-en.pdf" in name
    assert name.isascii()
    for file in files(edition, public=False):
        assert file.content not in (answer.data, client.get(path, query_string={"lang": "ar"}).data)


@pytest.mark.usefixtures("app_sqlite")
def test_an_edition_without_its_files_is_not_there_yet(client: FlaskClient) -> None:
    letter = make_letter()
    make_edition(letter, rendered=False)
    for number in ("1", "2", "0", "99999999999999999999"):
        assert client.get(f"/letters/{letter.slug}/editions/{number}").status_code == 404
        assert client.get(f"/letters/{letter.slug}/editions/{number}.pdf").status_code == 404


def upload(client: FlaskClient, content: bytes) -> TestResponse:
    values = read_form(client, "/verify").fields
    data = values | {"file": (io.BytesIO(content), "letter.pdf")}
    return client.post("/verify", data=data, content_type="multipart/form-data", follow_redirects=True)


def test_a_file_is_genuine_byte_for_byte(client: FlaskClient) -> None:
    letter = make_letter()
    edition = make_edition(letter)
    for file in (*files(edition, public=True), *files(edition, public=False)):
        assert "Genuine and current" in upload(client, file.content).text
        assert "Unknown" in upload(client, file.content + b" ").text
    page = upload(client, file.content).text
    assert f'href="/letters/{letter.slug}/editions/1"' in page


def test_a_hash_and_a_short_reference_are_enough(client: FlaskClient) -> None:
    edition = make_edition(make_letter())
    digits = edition.sha256
    for typed in (digits, digits.upper(), f" {digits[:4]} {digits[4:8]} {digits[8:12]} "):
        answer = send(client, "/verify", hash=typed)
        assert answer.status_code == 303
        assert "Genuine and current" in client.get(answer.location).text
    assert "Unknown" in client.get("/verify", query_string={"hash": "0" * 64}).text


@pytest.mark.usefixtures("app_sqlite")
def test_superseded_and_redacted_are_told_apart(client: FlaskClient) -> None:
    letter = make_letter()
    first, second = make_edition(letter), make_edition(letter)
    assert "superseded by edition 2" in client.get(f"/verify?hash={first.sha256}").text
    erased = update(EditionEntry).where(EditionEntry.edition_id == second.id, EditionEntry.position == 3)
    db.session.execute(erased.values(payload=None, salt=None))
    assert "redacted since" in client.get(f"/verify?hash={second.sha256}").text


def test_of_a_private_letter_only_the_number_is_said(client: FlaskClient) -> None:
    letter = make_letter(titles={"en": "A secret harbour"}, circulation=Circulation.PRIVATE)
    edition = make_edition(letter)
    page = client.get(f"/verify?hash={edition.sha256}").text
    assert "Genuine and current" in page
    assert "Edition 1 of a letter that is not public" in page
    assert "secret" not in page
    assert letter.slug not in page


@pytest.mark.parametrize("typed", ["", "abc", "zz" * 32, "a\0" * 6, "a" * 300, "ش" * 12])
@pytest.mark.usefixtures("app_sqlite")
def test_what_is_no_hash_is_answered_beside_the_field(client: FlaskClient, typed: str) -> None:
    answer = send(client, "/verify", hash=typed)
    assert answer.status_code == 422
    assert 'id="error-hash"' in answer.text
    assert client.get("/verify", query_string={"hash": typed}).status_code == (422 if typed else 200)


@pytest.mark.usefixtures("app_sqlite")
def test_a_file_that_is_too_large_is_refused(client: FlaskClient) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
    body = part + b"x" * 10_000_000 + b"\r\n--b--\r\n"
    answer = client.post("/verify", data=body, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 413
