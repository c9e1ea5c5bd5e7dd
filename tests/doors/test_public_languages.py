"""In Arabic and French, no public page and no mail says anything in English."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campaign.core.db import db
from campaign.dispatch.writing import Errand, groups, written
from campaign.letters import operations as letters
from campaign.letters.drafts import AddresseeDraft, HostDraft
from campaign.letters.models import Letter
from campaign.letters.rules import Visibility
from campaign.organisations.rules import Scope
from campaign.signing.models import Signature
from tests.doors.public_pages import send, sign
from tests.doors.tongues import LANGUAGES, NAME, english_in, english_in_text
from tests.factories import COORDINATOR, make_edition, make_letter, make_signature, token_of
from tests.servers import Sink

pytestmark = pytest.mark.usefixtures("app_sqlite", "slow_hands")

SIGNING = {"organisation": NAME, "email": "ana@example.org", "representative": NAME, "role": NAME}


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    """Each language in turn."""
    return str(request.param)


@pytest.fixture
def letter(language: str) -> Letter:
    """A letter in English and the language, with every kind of signatory, and an edition."""
    letter = make_letter(
        titles={"en": "Open the harbour", language: NAME},
        texts={"en": "We ask.", language: f"{NAME} {{groups}}, {{countries}}[^1]\n\n[^1]: {NAME}"},
        hosts=(HostDraft(NAME, contact="desk@example.org"), HostDraft(f"{NAME} 2")),
        addressees=(AddresseeDraft(NAME, email="minister@example.org", opening=NAME, language=language),),
        visibilities=tuple(Visibility),
    )
    kinds = [(Scope.NATIONAL, seen) for seen in Visibility] + [(Scope.REGIONAL, Visibility.PUBLIC)]
    for number, (scope, visibility) in enumerate(kinds, start=3):
        make_signature(letter, organisation=f"{NAME} {number}", scope=scope, visibility=visibility)
    return letter


def test_the_pages_of_a_letter(language: str, letter: Letter, client: FlaskClient) -> None:
    stem = f"/{language}/letters/{letter.slug}"
    make_edition(letter)
    plain = ("", "/sign", "/sign/inbox", "/signatories", "/countries", "/history", "/versions/1", "/privacy")
    for page in (*plain, f"/signatories?{urlencode({'q': NAME})}", "/editions/1", "/embed"):
        answer = client.get(stem + page)
        assert answer.status_code == 200, page
        assert english_in(answer.text) == [], page
        in_english = f'href="/letters/{letter.slug}{page}"'
        assert page == "/embed" or in_english in answer.text, page
    wrong = sign(
        client, f"{stem}/sign", organisation="", country="", website="1", role="", email="1", consent=None
    )
    assert wrong.status_code == 422
    assert english_in(wrong.text) == []


def test_a_letter_that_takes_no_signatures(language: str, letter: Letter, client: FlaskClient) -> None:
    stem = f"/{language}/letters/{letter.slug}"
    for act in (lambda: letters.pause(letter, True, COORDINATOR), lambda: letters.close(letter, COORDINATOR)):
        act()
        for page in (stem, f"{stem}/sign"):
            assert english_in(client.get(page).text) == [], page


def test_from_the_form_to_the_confirmed_signature(
    language: str, letter: Letter, client: FlaskClient, sink: Sink, work: Callable[[], int]
) -> None:
    assert sign(client, f"/{language}/letters/{letter.slug}/sign", **SIGNING).status_code == 303
    work()
    mail = sink.to("ana@example.org")[0].message
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    for text in (str(mail["Subject"]), plain.get_content()):
        assert english_in_text(text) == []
    assert english_in(html.get_content()) == []
    newest = db.session.scalars(select(Signature).order_by(Signature.id.desc())).first()
    assert newest is not None
    page = f"/confirm/{token_of(newest)}"
    assert english_in(client.get(page).text) == []
    assert english_in(client.get(send(client, page).headers["Location"]).text) == []


def test_the_mail_to_an_addressee(language: str, letter: Letter) -> None:
    edition, addressee = make_edition(letter), letter.addressees[0]
    errand = Errand(edition)
    (group,) = groups(errand, addressee)
    mail = written(errand, addressee, group, letter.created_at)
    for text in (mail["subject"], mail["text"]):
        assert english_in_text(text) == []
    assert english_in(mail["html"]) == []


@pytest.mark.parametrize(
    ("page", "status"),
    [("/", 200), ("/verify", 200), (f"/verify?hash={'a' * 64}", 200), ("/nothing", 404), ("/confirm/x", 404)],
)
def test_the_pages_of_the_site(
    language: str, letter: Letter, client: FlaskClient, page: str, status: int
) -> None:
    answer = client.get(page, headers={"Accept-Language": language})
    assert answer.status_code == status
    assert f'<html lang="{language}"' in answer.text
    assert english_in(answer.text) == []


@pytest.mark.parametrize("path", ["/letters/nowhere", "/letters/nowhere/sign", "/p/unknown"])
def test_a_refusal_is_in_the_language_of_its_address(language: str, client: FlaskClient, path: str) -> None:
    answer = client.get(f"/{language}{path}", headers={"Accept-Language": "fr"})
    assert answer.status_code == 404
    assert f'<html lang="{language}"' in answer.text
    assert english_in(answer.text) == []
