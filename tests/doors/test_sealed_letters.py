"""Sealed letters over HTTP and by commands: what is said, what is not offered, and how contacts leave."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest
from click.testing import Result
from flask.testing import FlaskClient
from sqlalchemy import select

from campaign.accounts.models import User
from campaign.core.db import db
from campaign.letters.queries import letter_by_slug
from campaign.letters.rules import TextRule
from campaign.signing.models import Consent, Signature
from campaign.signing.rules import Purpose, SignatureStatus
from tests.doors.cli_kit import refusal, said
from tests.doors.desk_kit import as_shown, base, followed, post, words
from tests.doors.public_pages import press, send, sign
from tests.doors.test_cli import written
from tests.doors.test_desk_letters import PLAIN
from tests.factories import link_of, make_letter, make_signature, token_of

pytestmark = pytest.mark.usefixtures("app_sqlite", "slow_hands")
SignedIn = Callable[..., User]
Command = Callable[..., Result]
PAIR = pyrage.x25519.Identity.generate()
KEY, PRIVATE = str(PAIR.to_public()), str(PAIR)
S = SignatureStatus


def contacts(content: bytes) -> list[dict[str, object]]:
    """What whoever holds the private key reads in a downloaded archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [json.loads(pyrage.decrypt(archive.read(name), [PAIR])) for name in archive.namelist()]


def test_from_the_form_to_what_only_the_key_opens(client: FlaskClient, signed_in: SignedIn) -> None:
    letter = make_letter(sealed_to=KEY)
    page = client.get(f"/letters/{letter.slug}/sign").text
    assert "are locked with a key that the hosts keep outside this website" in words_of(page)
    assert 'name="updates"' not in page
    assert "The text is final." in page
    answer = sign(client, f"/letters/{letter.slug}/sign", email="canary@example.org", updates="on")
    assert answer.status_code == 303
    assert Purpose.UPDATES not in db.session.scalars(select(Consent.purpose)).all()
    signature = db.session.scalars(select(Signature)).one()
    confirm = f"/confirm/{token_of(signature)}"
    assert "are locked with a key" in words_of(client.get(confirm).text)
    send(client, confirm)
    assert "Please keep that mail: it cannot be sent again." in client.get(f"{confirm}/done").text
    signed_in(client)
    for page in ("", "/queue", "/list", "/decisions"):
        assert "canary@" not in client.get(base(letter) + page).text
    assert "Sealed letter." in words(client.get(base(letter)))
    sealed = post(client, f"{base(letter)}/export/sealed")
    assert [line["email"] for line in contacts(sealed.data)] == ["canary@example.org"]
    assert sealed.headers["Content-Disposition"].endswith("-sealed-contacts.zip")
    sheet = post(client, f"{base(letter)}/export", format="csv").data.decode("utf-8-sig")
    assert "canary@" not in sheet
    assert "1 sealed contacts downloaded" in words(client.get(base(letter)))


def words_of(page: str) -> str:
    return " ".join(page.split())


def test_their_own_page_offers_nothing_that_needs_an_address(client: FlaskClient) -> None:
    signature = make_signature(make_letter(sealed_to=KEY))
    own = link_of(signature)
    page = client.get(own).text
    assert 'name="representative"' not in page
    assert "Have news of this letter" not in page
    assert "no other link can be sent" in page
    root = f"/letters/{signature.letter.slug}"
    for text in (page, client.get(f"{root}/sign").text, client.get(f"{root}/privacy").text):
        inside = text[text.index("<main") : text.index("</main>")]
        assert 'href="/signature?' not in inside
        assert "If you ask for news" not in inside
    answer = press(client, own, "withdraw", to=f"{own}/updates", updates="y")
    assert answer.status_code == 409
    assert db.session.scalars(select(Consent).where(Consent.purpose == Purpose.UPDATES)).all() == []


def test_the_desk_seals_a_draft_and_never_shows_a_private_key(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    new = "/desk/letters/new"
    answer = post(client, new, **PLAIN, sealed_to=PRIVATE)
    assert answer.status_code == 422
    assert PRIVATE not in answer.text
    assert "This is the private key" in words(answer)
    answer = post(client, new, **PLAIN, sealed_to="age1nonsense")
    assert "age1nonsense" in answer.text
    assert "This is no public key of age" in words(answer)
    answer = post(client, new, **PLAIN, sealed_to=KEY, text_rule="revisable")
    assert "its text is final" in words(answer)
    assert post(client, new, **PLAIN, sealed_to=KEY, text_rule="final").status_code == 303
    letter = letter_by_slug("open-the-harbour")
    assert (letter.sealed_to, letter.text_rule) == (KEY, TextRule.FINAL)
    fields = as_shown(client, f"{base(letter)}/edit")
    assert fields["sealed_to"] == KEY
    followed(client, post(client, f"{base(letter)}/edit", **{**fields, "sealed_to": ""}))
    assert letter_by_slug(letter.slug).sealed_to is None


def test_an_open_letter_s_form_tells_the_key_and_keeps_it(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter(sealed_to=KEY)
    page = client.get(f"{base(letter)}/edit").text
    assert KEY in page
    assert 'name="sealed_to"' not in page
    fields = as_shown(client, f"{base(letter)}/edit") | {"place": "Geneva", "sealed_to": ""}
    followed(client, post(client, f"{base(letter)}/edit", **fields))
    assert (letter_by_slug(letter.slug).sealed_to, letter_by_slug(letter.slug).place) == (KEY, "Geneva")


def test_a_letter_s_files_and_the_command(command: Command, tmp_path: Path) -> None:
    folder = written(tmp_path / "letter", sealed_to=f'"{KEY}"')
    said(command("letters", "import", str(folder)))
    said(command("letters", "open", "by-files"))
    letter = letter_by_slug("by-files")
    assert letter.sealed_to == KEY
    written(folder)  # left out, it stays
    said(command("letters", "import", str(folder)))
    for wanted in ('""', f'"{PRIVATE}"', "true"):
        written(folder, sealed_to=wanted)
        assert PRIVATE not in (line := refusal(command("letters", "import", str(folder))))
        assert "sealed" in line or "private key" in line
    make_signature(letter, S.PENDING)
    target = tmp_path / "contacts.zip"
    assert said(command("signatures", "contacts", "by-files", "-o", str(target))) == "1 sealed contacts\n"
    assert [line["name"] for line in contacts(target.read_bytes())] == ["Sami Example"]
    other = make_letter()
    assert "not sealed" in refusal(command("signatures", "contacts", other.slug, "-o", str(target)))


def test_an_ordinary_letter_has_no_such_download(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    assert "export/sealed" not in client.get(f"{base(letter)}/list").text
    assert post(client, f"{base(letter)}/export/sealed").status_code == 409
