"""A letter's own wording of countries, wherever people and programs see it; by files, form and command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask.testing import FlaskClient

from campaign.accounts.models import User
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.signing.models import Signature
from campaign.signing.rules import SignatureStatus
from tests.doors.cli_kit import refusal, said
from tests.doors.desk_kit import as_shown, followed, post, words
from tests.doors.test_cli import written
from tests.factories import make_letter, make_signature, token_of

pytestmark = pytest.mark.usefixtures("app_sqlite")
SignedIn = Callable[..., User]
Command = Callable[..., Result]
OWN = {"XK": {"en": "Kosovo <1244>", "fr": "Kosovo (R. 1244)"}}


def signed(**changes: object) -> tuple[Letter, Signature]:
    letter = make_letter(country_names=OWN, **changes)
    return letter, make_signature(letter, organisation="Voice", country_code="XK")


def test_public_pages_and_the_api(client: FlaskClient) -> None:
    letter, _ = signed()
    address = f"/letters/{letter.slug}"
    for page in ("", "/signatories", "/countries"):
        assert "Kosovo &lt;1244&gt;" in client.get(address + page).text, page
    assert "<option value=XK>Kosovo &lt;1244&gt;<" in client.get(address + "/sign").text
    listed = client.get(f"/api/v1{address}/countries").get_json()["countries"]
    assert listed == [{"code": "XK", "name": "Kosovo <1244>", "signatories": 1}]
    assert "XK,Kosovo <1244>,1" in client.get(f"/api/v1{address}/countries.csv").text


def test_the_page_behind_the_mailed_link(client: FlaskClient) -> None:
    letter, _ = signed()
    asked = make_signature(letter, SignatureStatus.UNVERIFIED, organisation="River", country_code="XK")
    assert "Kosovo &lt;1244&gt;" in client.get(f"/confirm/{token_of(asked)}").text


def test_the_desk_shows_it_reads_it_and_writes_it(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter, _ = signed()
    desk = f"/desk/letters/{letter.slug}"
    waiting = make_signature(letter, SignatureStatus.PENDING, organisation="River", country_code="PE")
    assert "Kosovo <1244>" in words(client.get(f"{desk}/list"))
    assert "Voice" in followed(client, post(client, f"{desk}/list/search", q="1244"))
    assert 'value="Kosovo &lt;1244&gt;"' in client.get(f"{desk}/queue").text  # a suggestion
    typed = {"name": "River", "country": "kosovo 1244", "scope": "national", "do": "save"}
    answer = post(client, f"{desk}/queue/{waiting.id}", **typed)
    assert answer.status_code == 303, answer.text
    assert waiting.country_code == "XK"
    fields = as_shown(client, f"{desk}/edit")
    assert fields["country_names"] == "XK en: Kosovo <1244>\nXK fr: Kosovo (R. 1244)"
    fields["country_names"] = "mm en: Burma\n\nXK  fr :  Kosovo"
    followed(client, post(client, f"{desk}/edit", **fields))
    assert letter_by_slug(letter.slug).country_names == {"MM": {"en": "Burma"}, "XK": {"fr": "Kosovo"}}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("XK en: Kosovo\nBurma", "Line 2: write it as code language: name"),
        ("QQ en: Kosovo", "Line 1: no such country or language"),
        ("XK zzz-none: Kosovo", "Line 1: no such country or language"),
        ("XK en: Kosovo\nxk en: Kosova", "Line 2: this country has a name in this language."),
    ],
)
def test_a_line_that_is_no_name_is_said(
    client: FlaskClient, signed_in: SignedIn, typed: str, sentence: str
) -> None:
    signed_in(client)
    letter = make_letter()
    fields = as_shown(client, f"/desk/letters/{letter.slug}/edit") | {"country_names": typed}
    answer = post(client, f"/desk/letters/{letter.slug}/edit", **fields)
    assert answer.status_code == 422
    assert sentence in words(answer)


def test_a_letter_s_files_and_commands(command: Command, tmp_path: Path) -> None:
    folder = written(tmp_path / "letter", country_names='{ XK = { en = "Kosovo*" } }')
    said(command("letters", "import", str(folder)))
    letter = letter_by_slug("by-files")
    assert letter.country_names == {"XK": {"en": "Kosovo*"}}
    said(command("letters", "open", "by-files"))
    make_signature(letter, organisation="Voice", country_code="XK")
    assert "XK\t1\tKosovo*" in said(command("counts", "show", "by-files"))
    export = ("signatures", "export", "by-files", "--format", "csv", "--audience", "public")
    assert "XK,Kosovo*" in said(command(*export))
    written(folder, country_names='{ XK = "Kosovo" }')
    assert "[XK] must give a text per language" in refusal(command("letters", "import", str(folder)))
