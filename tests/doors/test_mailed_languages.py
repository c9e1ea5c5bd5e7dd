"""Pages behind mailed links speak the signature's language, and any other of ours to whoever asks for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campaign.core.db import db
from campaign.editions.render import RenderFailed
from campaign.letters.models import Letter
from campaign.letters.rules import TextRule
from campaign.outbox.models import Mail
from campaign.signing.deciding import Decider
from campaign.signing.models import Consent, Signature
from campaign.signing.rules import SignatureStatus
from campaign.web.language import INTERFACE
from tests.doors.public_pages import Form, press, send, sign
from tests.factories import (
    link_of,
    make_command,
    make_letter,
    make_listing,
    make_person,
    make_signature,
    token_of,
)
from tests.rooms.text_kit import ask, path_of, revise

pytestmark = pytest.mark.usefixtures("app_sqlite", "slow_hands")
UNVERIFIED = SignatureStatus.UNVERIFIED
TITLES = {"en": "Open the harbour", "fr": "Ouvrez le port"}
TEXTS = {"en": "We ask.", "fr": "Nous demandons."}
SWITCH = re.compile(r'<a href="([^"]+)" hreflang="(\w+)" lang="\w+">')
LINK = re.compile(r'<a [^>]*href="(/(?:confirm|signature|reconfirm)\b[^"]*)"')


@dataclass(frozen=True)
class Places:
    """A letter in English and French that has changed, and the pages of those who signed in English."""

    letter: Letter
    confirm: str
    decide: str
    own: str
    reconfirm: str

    def pages(self) -> list[str]:
        return [self.confirm, self.decide, self.own, f"{self.own}/erase", self.reconfirm]


@pytest.fixture
def places() -> Places:
    letter = make_letter(titles=TITLES, texts=TEXTS, text_rule=TextRule.REVISABLE)
    make_letter(titles=TITLES, texts=TEXTS)  # the next letter to sign
    standing = make_signature(letter)
    revise(letter, titles=TITLES, texts={"en": "We demand.", "fr": "Nous exigeons."})
    ask()
    waiting = make_signature(letter, UNVERIFIED)
    decider = make_command(decider=Decider("Dana Example", "dana@example.org"))
    asked = make_signature(letter, UNVERIFIED, decider)
    return Places(
        letter,
        f"/confirm/{token_of(waiting)}",
        f"/confirm/{token_of(asked)}",
        link_of(standing),
        path_of(standing),
    )


def newest_consents(number: int) -> list[Consent]:
    return list(db.session.scalars(select(Consent).order_by(Consent.id.desc()).limit(number)))


def speaks(page: str, tag: str) -> bool:
    return f'<html lang="{tag}"' in page


def test_each_speaks_the_signatures_language_and_offers_the_others(
    client: FlaskClient, places: Places
) -> None:
    for path in places.pages():
        answer = client.get(path, headers={"Accept-Language": "ru"})
        assert speaks(answer.text, "en"), path
        offered = {tag: address for address, tag in SWITCH.findall(answer.text)}
        assert offered == {tag: f"http://localhost{path}?lang={tag}" for tag in INTERFACE if tag != "en"}, (
            path
        )
        assert '<span aria-current="true" lang="en">English</span>' in answer.text
        # A search engine has no business here, and what a browser fetches ahead would be the key.
        assert 'rel="alternate" hreflang' not in answer.text
        assert answer.headers["Referrer-Policy"] == "strict-origin"


def test_what_was_chosen_goes_along_with_each_form_and_link(client: FlaskClient, places: Places) -> None:
    for path in places.pages():
        page = client.get(f"{path}?lang=ar").text
        assert '<html lang="ar" dir="rtl"' in page, path
        actions = [Form(part).action for part in re.split(r"(?=<form)", page)[1:]]
        files = ("/copy", "/data.json")
        links = [link for link in LINK.findall(page) if not urlsplit(link).path.endswith(files)]
        assert actions, path
        for address in (*actions, *links):
            assert "lang=ar" in (address or ""), (path, address)
    for path in places.pages():
        assert "?lang=" not in "".join(re.findall(r'action="[^"]*"', client.get(path).text)), path


def test_what_is_refused_stays_in_the_language_and_offers_no_other(
    client: FlaskClient, places: Places
) -> None:
    wrong = [
        send(client, f"{places.confirm}?lang=ar", organisation=""),
        send(client, f"{places.decide}?lang=ar"),
        press(client, f"{places.own}?lang=ar", "correct?lang=ar", organisation=""),
        send(client, f"{places.reconfirm}?lang=ar"),
        send(client, f"{places.own}/erase?lang=ar", csrf_token=""),
    ]
    for answer in wrong:
        assert (answer.status_code, speaks(answer.text, "ar")) == (422, True)
        assert SWITCH.findall(answer.text) == []  # it would lose what was typed
        assert "lang=ar" in (Form(answer.text).action or "")


def test_after_a_button_the_language_stays(client: FlaskClient, places: Places) -> None:
    own, erase = f"{places.own}?lang=fr", f"{places.own}/erase?lang=fr"
    buttons = [
        lambda: send(client, f"{places.confirm}?lang=fr"),
        lambda: press(client, f"{places.decide}?lang=fr", "refuse?lang=fr"),
        *(lambda act=act: press(client, own, f"{act}?lang=fr") for act in ("shown", "correct", "updates")),
        lambda: send(client, f"{places.reconfirm}?lang=fr", answer="yes"),
        lambda: press(client, own, "withdraw?lang=fr"),
        lambda: send(client, erase),
    ]
    for button in buttons:
        answer = button()
        assert (answer.status_code, "lang=fr" in answer.location) == (303, True), answer.location
        page = client.get(answer.location)
        assert (page.status_code, speaks(page.text, "fr")) == (200, True), answer.location
        assert len(SWITCH.findall(page.text)) == len(INTERFACE) - 1


def test_what_somebody_says_yes_to_is_kept_in_the_language_they_read(
    client: FlaskClient, places: Places
) -> None:
    typed = {"representative": "Dana Example", "role": "Chair", "authorised": "y", "consent": "y"}
    assert send(client, f"{places.decide}?lang=fr", **typed).status_code == 303
    assert send(client, f"{places.reconfirm}?lang=es", answer="yes").status_code == 303
    press(client, f"{places.own}?lang=pt", "shown?lang=pt")
    press(client, f"{places.own}?lang=ru", "updates?lang=ru")
    found = {(consent.language, consent.wording[:12]) for consent in newest_consents(5)}
    assert found == {
        ("fr", "J’ai qualité"),
        ("fr", "J’accepte qu"),
        ("es", "He visto lo "),
        ("pt", "Mostrar publ"),
        ("ru", "Пишите мне о"),
    }


def test_a_form_read_in_one_language_is_not_taken_for_another(client: FlaskClient, places: Places) -> None:
    """What is kept is what was read: the seal holds the words."""
    before = len(newest_consents(99))
    read = Form(client.get(f"{places.reconfirm}?lang=fr").text)
    answer = client.post(places.reconfirm, data=read.fields | {"answer": "yes"})
    assert answer.status_code == 422
    assert len(newest_consents(99)) == before


def test_mails_go_on_in_the_signatures_language(client: FlaskClient, places: Places) -> None:
    newest = select(Mail).order_by(Mail.id.desc())
    known = db.session.scalars(newest).first()
    assert send(client, f"{places.confirm}?lang=ar").status_code == 303
    mail = db.session.scalars(newest).first()
    assert mail is not None
    assert mail is not known
    assert (mail.builder, mail.locale) == ("campaign.signing.own_mails.confirmed", "en")


def test_the_letters_own_words_are_in_the_language_too_where_it_has_them(
    client: FlaskClient, places: Places
) -> None:
    for path in places.pages():
        french, arabic = (client.get(f"{path}?lang={tag}").text for tag in ("fr", "ar"))
        assert "Ouvrez le port" in french, path
        assert '<html lang="ar"' in arabic
        assert re.search(r' lang="en" dir="ltr">Open the harbour<', arabic), path
    changed = client.get(f"{places.reconfirm}?lang=fr").text
    assert "exigeons" in changed
    assert f'href="/fr/letters/{places.letter.slug}"' in changed
    in_french = client.get(f"{places.own}?lang=fr").text
    assert f'href="/letters/{places.letter.slug}/versions/1"' in in_french  # what was signed: in English
    assert "البحرين" in client.get(f"{places.own}?lang=ar").text  # where it stands on the list


def test_the_next_letters_form_keeps_what_it_was_filled_in_with(client: FlaskClient, places: Places) -> None:
    page = client.get(f"{places.own}?lang=fr").text
    (filled_in,) = re.findall(r'href="(/signature/[^"]+/next/[^"]+)"', page)
    form = client.get(filled_in)
    assert speaks(form.text, "fr")
    ((english, tag),) = SWITCH.findall(form.text)
    assert (tag, english.startswith(urlsplit(filled_in).path)) == ("en", True)
    assert speaks(client.get(english).text, "en")
    assert 'rel="alternate" hreflang' not in form.text
    assert urlsplit(filled_in).path not in form.text.partition("</head>")[0]


@pytest.mark.parametrize("path", ["/confirm/x", "/signature/x", "/reconfirm/x", "/signature/erased"])
def test_what_is_known_of_nobody_speaks_as_the_browser_asks_or_as_is_chosen(
    client: FlaskClient, path: str
) -> None:
    asked = client.get(path, headers={"Accept-Language": "ru"}).text
    assert speaks(asked, "ru")
    assert len(SWITCH.findall(asked)) == len(INTERFACE) - 1
    assert speaks(client.get(f"{path}?lang=ar", headers={"Accept-Language": "ru"}).text, "ar")


def test_what_else_waits_is_confirmed_in_the_language_of_the_page(client: FlaskClient) -> None:
    letter = make_letter(titles=TITLES, texts=TEXTS)
    first = make_signature(letter, UNVERIFIED)
    assert first.representative is not None
    person = make_person(email=first.representative.email)
    make_signature(letter, UNVERIFIED, make_command(make_listing(organisation="Pier Friends"), person, "fr"))
    done = send(client, f"/confirm/{token_of(first)}").location
    other = Form(client.get(done).text)
    assert (other.action or "").endswith("?lang=en")
    assert speaks(client.get(client.post(other.action or "", data=other.fields).location).text, "en")
    assert db.session.scalars(select(Signature.language)).all() == ["en", "fr"]


def test_around_a_language_we_do_not_speak_our_sentences_are_english(client: FlaskClient) -> None:
    letter = make_letter(
        original_language="fa", titles={"fa": "بندر"}, texts={"fa": "متن"}, notices={"fa": "یادداشت"}
    )
    listed = make_listing(organisation="Pier Friends")
    waiting = make_signature(letter, UNVERIFIED, make_command(listed, language="fa"))
    standing = make_signature(letter, command=make_command(language="fa"))
    for path in (f"/confirm/{token_of(waiting)}", own := link_of(standing), f"{own}/erase"):
        page = client.get(path).text
        assert '<html lang="en" dir="ltr">' in page
        assert ' lang="fa" dir="rtl">بندر<' in page
        assert '<p class="said" role="note" lang="fa" dir="rtl">یادداشت</p>' in page
        assert "<q>" in page or path != own  # what was agreed to was said in English, as the page is
    press(client, own, "shown")
    assert newest_consents(1)[0].language == "en"


def test_a_sign_on_keeps_its_yes_in_the_language_of_our_sentences(client: FlaskClient) -> None:
    letter = make_letter(original_language="fa", titles={"fa": "بندر"}, texts={"fa": "متن"})
    assert sign(client, f"/letters/{letter.slug}/sign").status_code == 303
    said = newest_consents(2)
    assert {consent.language for consent in said} == {"en"}
    assert said[0].wording.startswith("I a")
    assert db.session.scalars(select(Signature.language)).all() == ["fa"]


def test_the_copy_stays_in_the_language_that_was_signed(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> bytes:
        raise RenderFailed("no")

    monkeypatch.setattr("campaign.editions.own_copy.pdf", fail)
    french = make_signature(make_letter(titles=TITLES, texts=TEXTS), command=make_command(language="fr"))
    page = client.get(f"{link_of(french)}/copy?lang=ar").text
    assert speaks(page, "fr")
    assert "<h2>Votre signature</h2>" in page
    assert "Bahreïn" in page
    letter = make_letter(original_language="fa", titles={"fa": "بندر"}, texts={"fa": "متن"})
    page = client.get(f"{link_of(make_signature(letter, command=make_command(language='fa')))}/copy").text
    assert speaks(page, "fa")
    assert '<h2 lang="en" dir="ltr">Your signature</h2>' in page
