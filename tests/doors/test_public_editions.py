"""Editions over HTTP: their page, the public list and no other file, and what is told of a file or a hash."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from campaign.audit.rules import SIGNATORY
from campaign.core.db import db
from campaign.editions.models import Edition, EditionEntry, EditionFile
from campaign.editions.rules import EntryKind
from campaign.letters.models import Letter
from campaign.letters.rules import Circulation, Visibility
from campaign.signing import operations as signing
from tests.doors.public_pages import read_form, send
from tests.factories import make_edition, make_letter, make_signature

pytestmark = pytest.mark.usefixtures("slow_hands")


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
    assert page.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert "<b>1</b> group from <b>1</b> country" in page.text
    assert edition.sha256 in page.text
    assert f'href="/letters/{letter.slug}/editions/1.pdf"' in page.text
    assert '<h1 class="modest">List of signatories no. 1, as of ' in page.text
    listed = client.get(f"/letters/{letter.slug}").text
    assert f'href="/letters/{letter.slug}/editions/1">List of signatories no. 1</a>' in listed
    assert listed.count(" UTC") == 1  # beside its link: as of when
    assert "Edition" not in page.text + listed
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
        assert client.get(f"/letters/{letter.slug}/editions/{number}.json").status_code == 404


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
    told = client.get(f"/verify?hash={first.sha256}").text
    assert "Genuine, but superseded: List of signatories no. 2" in told
    assert "erased" not in told
    erase(first)
    told = client.get(f"/verify?hash={first.sha256}").text
    assert "Genuine, but superseded: List of signatories no. 2" in told
    assert "something has been erased" in told
    erase(second)
    assert "redacted since" in client.get(f"/verify?hash={second.sha256}").text
    page = client.get(f"/letters/{letter.slug}/editions/1").text
    assert "There is a later list:" in page
    assert "something has been erased" in page


def erase(edition: Edition) -> None:
    """Empty one entry, as an erasure does."""
    entry = update(EditionEntry).where(EditionEntry.edition_id == edition.id, EditionEntry.position == 3)
    db.session.execute(entry.values(payload=None, salt=None))
    db.session.commit()


def test_a_further_list_says_what_is_new(client: FlaskClient) -> None:
    letter = make_letter()
    make_signature(letter)
    make_edition(letter)
    make_signature(letter, country_code="FR")
    make_signature(letter, visibility=Visibility.ADDRESSEES)
    make_edition(letter, sent={letter.addressees[0].id: 1})
    page = " ".join(client.get(f"/letters/{letter.slug}/editions/2").text.split())
    assert "<b>2</b> more groups, now <b>3</b> groups from <b>2</b> countries" in page
    assert "1 name is new since list no. 1 of " in page


def test_a_withdrawal_leaves_the_list_and_shows_an_erratum_without_a_name(client: FlaskClient) -> None:
    letter = make_letter()
    gone, _stays = make_signature(letter, organisation="Canary Choir"), make_signature(letter)
    edition = make_edition(letter)
    before = client.get(f"/letters/{letter.slug}/editions/1.pdf").data
    assert "Since this list was made" not in client.get(f"/letters/{letter.slug}/editions/1").text
    signing.withdraw(gone, SIGNATORY)
    db.session.commit()
    page = client.get(f"/letters/{letter.slug}/editions/1").text
    assert "1 of its signatories has withdrawn or is no longer counted." in page
    assert "Canary" not in page
    assert "<b>2</b> groups" in page
    assert edition.sha256 in page
    assert client.get(f"/letters/{letter.slug}/editions/1.pdf").data == before


def test_a_file_whose_bytes_had_to_go_is_not_offered(client: FlaskClient) -> None:
    letter = make_letter()
    edition = make_edition(letter)
    for file in files(edition, public=True):
        file.content, file.size = b"", 0
    page = client.get(f"/letters/{letter.slug}/editions/1").text
    assert "editions/1.pdf" not in page
    assert client.get(f"/letters/{letter.slug}/editions/1.pdf").status_code == 410


def signed_letter() -> Letter:
    letter = make_letter()
    make_signature(letter, organisation="Voice for “Peace” / صوت")
    make_signature(letter, organisation="Canary Choir", visibility=Visibility.ADDRESSEES)
    make_signature(letter, organisation="Nameless Canary", visibility=Visibility.UNNAMED)
    return letter


RECIPE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def ran(command: list[str], folder: Path) -> list[str]:
    """The lines a recipe prints, run by somebody who has the file and not our program."""
    done = subprocess.run(
        command, cwd=folder, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_anybody_recomputes_the_hash_as_documented_also_after_an_erasure(
    client: FlaskClient, tmp_path: Path
) -> None:
    letter = signed_letter()
    edition = make_edition(letter)
    path = f"/letters/{letter.slug}/editions/1"
    assert f'href="{path}.json"' in client.get(path).text
    answer = client.get(f"{path}.json")
    assert answer.mimetype == "application/json"
    (tmp_path / "edition.json").write_bytes(answer.data)
    (recipe,) = RECIPE.findall(Path("docs/editions.md").read_text(encoding="utf-8"))
    (tmp_path / "check.py").write_text(recipe, encoding="utf-8")
    command = [sys.executable, "-I", "check.py", "edition.json"]
    entries = len(json.loads(edition.snapshot)["entries"])
    assert ran(command, tmp_path) == [edition.sha256, f"{entries - 2} of {entries} entries are open, and fit"]
    public = update(EditionEntry).where(
        EditionEntry.edition_id == edition.id, EditionEntry.payload.contains("Voice for")
    )
    db.session.execute(public.values(payload=None, salt=None))
    (tmp_path / "edition.json").write_bytes(client.get(f"{path}.json").data)
    assert ran(command, tmp_path) == [edition.sha256, f"{entries - 3} of {entries} entries are open, and fit"]
    changed = answer.data.decode().replace("Voice for", "Noise for")
    (tmp_path / "edition.json").write_text(changed, encoding="utf-8")
    with pytest.raises(subprocess.CalledProcessError):
        ran(command, tmp_path)


def test_the_snapshot_to_download_tells_no_withheld_name_and_nothing_of_addressees(
    client: FlaskClient,
) -> None:
    letter = signed_letter()
    edition = make_edition(letter)
    found = client.get(f"/letters/{letter.slug}/editions/1.json").get_json()
    assert hashlib.sha256(found["snapshot"].encode()).hexdigest() == found["sha256"] == edition.sha256
    words = json.dumps(found, ensure_ascii=False)
    for secret in ("Canary", "Amira", "minister@example.org", "Sami", '"readers', "signed_at"):
        assert secret not in words
    salts = {entry["salt"] for entry in found["entries"]}
    for entry in db.session.scalars(select(EditionEntry).where(EditionEntry.edition_id == edition.id)):
        held = entry.kind is EntryKind.ADDRESSEE or "Canary" in (entry.payload or "")
        assert ((entry.salt or b"").hex() in salts) is not held


@pytest.mark.usefixtures("app_sqlite")
def test_a_letter_that_is_not_public_has_no_snapshot_to_download(client: FlaskClient) -> None:
    letter = make_letter(circulation=Circulation.PRIVATE)
    make_edition(letter)
    assert client.get(f"/letters/{letter.slug}/editions/1.json").status_code == 404


def test_of_a_private_letter_only_the_number_is_said(client: FlaskClient) -> None:
    letter = make_letter(titles={"en": "A secret harbour"}, circulation=Circulation.PRIVATE)
    edition = make_edition(letter)
    page = client.get(f"/verify?hash={edition.sha256}").text
    assert "Genuine and current" in page
    assert "List of signatories no. 1" in page
    assert "The letter is not public." in page
    assert "as of" not in page
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
