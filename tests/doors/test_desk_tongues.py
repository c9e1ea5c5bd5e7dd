"""In another language, no page of the desk says anything in English."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from campaign.accounts.models import User
from campaign.accounts.rules import Role
from campaign.letters.drafts import AddresseeDraft, HostDraft
from campaign.letters.models import Letter
from campaign.letters.rules import Channel, Visibility
from campaign.organisations.rules import Scope
from campaign.signing.rules import SignatureStatus
from tests.doors.desk_kit import post
from tests.doors.tongues import LANGUAGES, NAME, english_in
from tests.factories import make_edition, make_letter, make_signature

pytestmark = pytest.mark.usefixtures("app_sqlite")
STATES = (
    SignatureStatus.UNVERIFIED,
    SignatureStatus.PENDING,
    SignatureStatus.HELD,
    SignatureStatus.QUERIED,
    SignatureStatus.REJECTED,
    SignatureStatus.WITHDRAWN,
)
# What coordinators meet in Latin letters whatever they read: formats, units, standards, examples of typing.
TECHNICAL = re.compile(
    r"\u2068[^\u2069]*\u2069|Name, title|\b("
    r"XLSX|ODS|PNG|JPEG|KB|MB|Cc|Reply-To|[0-9a-f.:]+/[0-9]+|IPv4|IPv6|Tor|Enter|Markdown|SPF|DKIM|DMARC|DKIM_SELECTORS"
    r"|selector|age-keygen|age1|age|Europe/Zurich|Africa/Nairobi|XK|Kosovo|letters|bahrain-2020|pt-BR|ar|en|fr|ru"
    r"|printed|sees (all|public)|groups|countries|example\.org)\b"
)
TYPED = ("Sami Example", "Director", "not an organisation", "x" * 300)  # by the people of these tests
FEWEST = 20  # pages; fewer would mean that the walk lost its way


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    """Each language in turn."""
    return str(request.param)


@pytest.fixture
def letter(language: str) -> Letter:
    """A letter with signatories in every state and an edition, its words in the language's script or none."""
    letter = make_letter(
        titles={language: NAME},
        texts={language: f"{NAME} {{groups}}"},
        original_language=language,
        hosts=(HostDraft(NAME), HostDraft(f"{NAME} 2")),
        addressees=(
            AddresseeDraft(NAME, email="minister@example.org", language=language),
            AddresseeDraft(f"{NAME} 5", channel=Channel.POST),
        ),
        visibilities=tuple(Visibility),
    )
    kinds = [(Scope.NATIONAL, seen) for seen in Visibility] + [(Scope.INTERNATIONAL, Visibility.PUBLIC)]
    for number, (scope, seen) in enumerate(kinds, start=3):
        make_signature(letter, organisation=f"{NAME} {number}", scope=scope, visibility=seen)
    for number, status in enumerate(STATES, start=10):
        make_signature(letter, status, organisation=f"{NAME} {number}")
    make_edition(letter)
    return letter


def english(page: str) -> list[str]:
    """What is still English on a page, what people typed and what is technical apart."""
    for typed in TYPED:
        page = page.replace(typed, "")
    return english_in(TECHNICAL.sub("", re.sub(r"[\w.]+@example\.org", "", page)))


def pages(app: Flask, letter: Letter) -> list[str]:
    """Every address of the desk that is looked at, about the letter or the first of each kind."""
    adapter = app.url_map.bind("localhost")
    return sorted(
        adapter.build(rule.endpoint, {a: letter.slug if a == "slug" else 1 for a in rule.arguments}, "GET")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("desk.") and "GET" in (rule.methods or ())
    )


def test_no_page_says_anything_in_english(
    app: Flask, client: FlaskClient, language: str, letter: Letter, signed_in: Callable[..., User]
) -> None:
    signed_in(client, Role.ADMIN)
    post(client, "/desk/language", language=language)
    make_letter(opened=False, slug="a-draft", titles={language: NAME}, original_language=language)
    shown = {}
    for page in pages(app, letter):
        with client.get(page, follow_redirects=True) as answer:
            if answer.status_code == 200 and answer.mimetype == "text/html":
                shown[page] = answer.text
    assert len(shown) >= FEWEST, sorted(shown)
    untranslated = {page: found for page, text in shown.items() if (found := english(text))}
    assert not untranslated, untranslated


def test_what_is_refused_is_said_in_the_language(
    client: FlaskClient, language: str, letter: Letter, signed_in: Callable[..., User]
) -> None:
    signed_in(client, Role.ADMIN)
    post(client, "/desk/language", language=language)
    for address, fields in (
        ("/desk/letters/new", {"slug": "No Slug", "time_zone": "Nowhere"}),
        (f"/desk/letters/{letter.slug}/add", {"organisation": "x" * 300, "country": "Atlantis"}),
        (f"/desk/letters/{letter.slug}/import", {}),
        (f"/desk/letters/{letter.slug}/limits", {}),
    ):
        answer = post(client, address, **fields)
        assert answer.status_code == 422, address
        assert english(answer.text) == [], address
