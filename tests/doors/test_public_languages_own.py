"""In Arabic and French, nothing that a signatory is shown or mailed about their signature is in English."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy import select
from werkzeug.utils import import_string

from campaign.core import clock
from campaign.core.db import db
from campaign.letters.drafts import AddresseeDraft, HostDraft
from campaign.letters.models import Letter
from campaign.letters.rules import Silence, TextRule, Visibility
from campaign.organisations.rules import Scope
from campaign.outbox.leases import Claim
from campaign.outbox.models import Mail
from campaign.signing.models import Signature
from campaign.signing.rules import Purpose, SignatureStatus
from tests.doors.public_pages import press, send, sign
from tests.doors.tongues import LANGUAGES, NAME, english_in, english_in_text
from tests.factories import (
    link_of,
    make_command,
    make_edition,
    make_letter,
    make_listing,
    make_person,
    make_signature,
    token_of,
)
from tests.rooms.text_kit import ask, correct, path_of, revise

pytestmark = pytest.mark.usefixtures("app_sqlite", "slow_hands")
UNVERIFIED = SignatureStatus.UNVERIFIED
MAILBOXES = ("ana@example.org", "dana@example.org")
MINISTER = AddresseeDraft(NAME, email="minister@example.org")
PORT = AddresseeDraft(f"{NAME} 3", body=f"{NAME} 4", email="port@example.org")


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    """Each language in turn."""
    return str(request.param)


def words(language: str, text: str = NAME) -> dict[str, object]:
    """The letter's words in English and the language."""
    return {
        "titles": {"en": "Open the harbour", language: NAME},
        "texts": {"en": text, language: f"{text} {{groups}}"},
        "hosts": (HostDraft(NAME, contact="desk@example.org"), HostDraft(f"{NAME} 2")),
        "addressees": (MINISTER,),
        "visibilities": tuple(Visibility),
    }


@pytest.fixture
def letter(language: str) -> Letter:
    """A letter in English and the language."""
    return make_letter(**words(language))


def sign_on(
    letter: Letter, language: str, status: SignatureStatus = SignatureStatus.ACCEPTED, **listing: object
) -> Signature:
    """A signature that was given in the language."""
    person = make_person(name=NAME, role=NAME, email="ana@example.org")
    listed = make_listing(organisation=f"{NAME} {listing.pop('number', 3)}", **listing)
    wordings = {Purpose.ATTESTATION: NAME, Purpose.CONSENT: NAME}
    return make_signature(letter, status, make_command(listed, person, language, wordings=wordings))


def mails_in_english(language: str) -> dict[str, list[str]]:
    """What any mail that is owed says in English, by its builder."""
    found = {}
    for mail in db.session.scalars(select(Mail)):
        if mail.recipient not in MAILBOXES:
            continue
        assert mail.locale == language
        arguments = tuple(mail.arguments)
        claim = Claim(
            mail.id, "", mail.builder, arguments, mail.recipient, language, mail.nonce, "", 1, clock.now()
        )
        with force_locale(language):
            parts = import_string(mail.builder)(claim, *arguments)
        if parts is not None:
            said = english_in_text(f"{parts.subject}\n{parts.text}")
            found[mail.builder] = said + english_in(parts.html)
    assert found
    return {builder: said for builder, said in found.items() if said}


def test_the_signatorys_own_page(language: str, letter: Letter, client: FlaskClient) -> None:
    make_letter(**words(language))
    for number, visibility in enumerate(Visibility):
        signature = sign_on(letter, language, visibility=visibility, number=number)
        make_edition(letter)
        path = link_of(signature)
        for page in (path, f"{path}/erase", *(f"{path}?done={done}" for done in ("shown", "asked"))):
            assert english_in(client.get(page).text) == [], page
        for act, changes in (("correct", {"organisation": ""}), ("shown", {"visibility": "all"})):
            wrong = press(client, path, act, **changes)
            assert (wrong.status_code, english_in(wrong.text)) == (422, [])
    press(client, path, "correct", organisation=f"{NAME} {NAME}")
    press(client, path, "withdraw")
    assert english_in(client.get(path).text) == []
    for page in ("/signature", "/signature/sent", "/signature/erased", "/signature/none"):
        answer = client.get(page, headers={"Accept-Language": language})
        assert english_in(answer.text) == [], page
    assert mails_in_english(language) == {}


def test_every_status(language: str, letter: Letter, client: FlaskClient) -> None:
    for number, status in enumerate(SignatureStatus):
        signature = sign_on(letter, language, status, number=number, scope=Scope.INTERNATIONAL)
        for page in (link_of(signature), f"/confirm/{token_of(signature)}"):
            assert english_in(client.get(page, follow_redirects=True).text) == [], (status, page)


def test_several_signatures_of_one_mailbox(language: str, letter: Letter, client: FlaskClient) -> None:
    first, *_others = [sign_on(letter, language, UNVERIFIED, number=number) for number in range(6)]
    assert mails_in_english(language) == {}
    page = f"/confirm/{token_of(first)}"
    assert english_in(client.get(send(client, page).headers["Location"]).text) == []
    send(client, "/signature", email="ana@example.org")
    assert mails_in_english(language) == {}


def test_somebody_else_decides(language: str, letter: Letter, client: FlaskClient) -> None:
    form = f"/{language}/letters/{letter.slug}/sign"
    typed = {"organisation": NAME, "representative": NAME, "role": NAME, "decider": NAME}
    wrong = sign(client, form, **typed)
    assert (wrong.status_code, english_in(wrong.text)) == (422, [])
    sign(client, form, **typed, decider_email="dana@example.org", authorised=None)
    signature = db.session.scalars(select(Signature).order_by(Signature.id.desc())).first()
    assert signature is not None
    page = f"/confirm/{token_of(signature)}"
    assert english_in(client.get(page).text) == []
    wrong = send(client, page)
    assert (wrong.status_code, english_in(wrong.text)) == (422, [])
    assert mails_in_english(language) == {}
    done = press(client, page, "refuse")
    for there in (done.headers["Location"], page):
        assert english_in(client.get(there).text) == []


@pytest.mark.parametrize(("silence", "answer"), [(Silence.OFF, "yes"), (Silence.KEPT, "no")])
def test_a_letter_that_changed(language: str, client: FlaskClient, silence: Silence, answer: str) -> None:
    letter = make_letter(**words(language), text_rule=TextRule.REVISABLE, silence=silence)
    signature = sign_on(letter, language)
    waiting = sign_on(letter, language, UNVERIFIED, number=4)
    correct(letter, **words(language, f"{NAME} 1"))
    revise(letter, NAME, **words(language, f"{NAME} 2") | {"addressees": (MINISTER, PORT)})
    ask()
    assert mails_in_english(language) == {}
    stem, path = f"/{language}/letters/{letter.slug}", path_of(signature)
    for page in (path, f"{stem}/history", f"{stem}/versions/2", f"/confirm/{token_of(waiting)}", stem):
        assert english_in(client.get(page).text) == [], page
    unanswered = send(client, path)
    assert (unanswered.status_code, english_in(unanswered.text)) == (422, [])
    send(client, path, answer=answer)
    assert english_in(client.get(path).text) == []
