"""A mail about a letter in a language we do not speak: whose words are in which language is marked."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask_babel import force_locale
from sqlalchemy import select
from werkzeug.utils import import_string

from campaign.core import clock, locales
from campaign.core.db import db
from campaign.dispatch.writing import Errand, groups, written
from campaign.letters.drafts import AddresseeDraft
from campaign.letters.models import Letter
from campaign.letters.rules import TextRule
from campaign.outbox.leases import Claim
from campaign.outbox.models import Mail
from campaign.signing.looking_after import ask_for_links
from campaign.signing.rules import SignatureStatus
from tests.factories import make_command, make_edition, make_letter, make_listing, make_person, make_signature
from tests.rooms.text_kit import ask, revise

pytestmark = pytest.mark.usefixtures("app_sqlite")
TITLE, NOTICE, ADDRESS = "بندر را باز کنید", "یادداشت", "reader@example.org"
PERSIAN = ' lang="fa" dir="rtl">'
WORDS: dict[str, Any] = {"original_language": "fa", "titles": {"fa": TITLE}, "notices": {"fa": NOTICE}}


def letter_in(**changes: Any) -> Letter:
    return make_letter(**(WORDS | {"texts": {"fa": "متن"}} | changes))


def newest() -> Any:
    """The last mail owed, as it would leave now."""
    mail = db.session.scalars(select(Mail).order_by(Mail.id.desc())).first()
    assert mail is not None
    arguments = tuple(mail.arguments)
    claim = Claim(
        mail.id, "", mail.builder, arguments, mail.recipient, mail.locale, mail.nonce, "", 1, clock.now()
    )
    with force_locale(mail.locale):
        return import_string(mail.builder)(claim, *arguments)


def flat(html: str) -> str:
    """Without the lines of its templates."""
    return " ".join(html.split())


def command(**changes: Any) -> Any:
    return make_command(make_listing(), make_person(email=ADDRESS), "fa", **changes)


def require_marked(html: str) -> None:
    """Our sentences are English, and said to be; title and notice are Persian and run from the right."""
    assert '<html lang="en" dir="ltr">' in html
    assert f"{PERSIAN}{TITLE}<" in html
    assert f"{PERSIAN}{NOTICE}<" in html


def to_its_addressee(letter: Letter) -> str:
    """The mail that brings them the letter as it stands now."""
    errand, addressee = Errand(make_edition(letter)), letter.addressees[0]
    (group,) = groups(errand, addressee)
    return flat(written(errand, addressee, group, letter.created_at)["html"])


def test_the_mails_of_a_signature() -> None:
    letter = letter_in(text_rule=TextRule.REVISABLE, deadline=datetime(2030, 3, 5, 18, tzinfo=UTC))
    make_signature(letter, SignatureStatus.UNVERIFIED, command())
    asked = newest()
    require_marked(flat(asked.html))
    assert re.search(r"until \d+ March 2030", flat(asked.text))
    assert "Bahrain" in asked.text
    make_signature(letter, SignatureStatus.ACCEPTED, command(), mailed=True)
    confirmed = newest()
    require_marked(flat(confirmed.html))
    assert re.search(r"works until \d+ [A-Z]", flat(confirmed.text))
    revise(letter, **WORDS, texts={"fa": "متن دیگر"})
    ask()
    question = newest()
    require_marked(flat(question.html))
    assert re.search(rf"{PERSIAN}[^<]*<ins", flat(question.html))
    assert re.search(r"Please say by \d+ [A-Z]", flat(question.text))


def test_links_to_signatures_in_two_languages() -> None:
    make_signature(letter_in(), command=command())
    make_signature(make_letter(), command=make_command(person=make_person(email=ADDRESS)))
    ask_for_links(ADDRESS)
    html = flat(newest().html)
    assert '<html lang="en" dir="ltr">' in html
    assert f"<bdi{PERSIAN}{TITLE}<" in html
    assert "<bdi>Open the harbour</bdi>" in html


def test_where_we_speak_the_language_nothing_is_marked() -> None:
    arabic = {"titles": {"ar": TITLE}, "texts": {"ar": "نص"}, "original_language": "ar"}
    make_signature(make_letter(**arabic), SignatureStatus.UNVERIFIED, make_command(language="ar"))
    html = flat(newest().html)
    assert re.findall(r' lang="[^>]*>', html) == [' lang="ar" dir="rtl">']


def test_a_region_is_named_as_html_does() -> None:
    brazilian = {"titles": {"pt_BR": "Abram"}, "texts": {"pt_BR": "Pedimos."}, "original_language": "pt_BR"}
    make_signature(make_letter(**brazilian), SignatureStatus.UNVERIFIED, make_command(language="pt_BR"))
    mail = newest()
    assert '<html lang="pt-BR" dir="ltr">' in flat(mail.html)
    assert "organização" in mail.text
    assert locales.spoken("pt_BR") == "pt_BR"


def test_the_letter_itself_is_its_own_and_our_sentences_are_the_guests() -> None:
    minister = AddresseeDraft("Minister", email="minister@example.org", language="fa", salutation="سلام")
    letter = letter_in(addressees=(minister,))
    make_signature(letter)
    html = to_its_addressee(letter)
    assert '<html lang="fa" dir="rtl">' in html
    assert "<p>سلام</p>" in html
    ours = re.findall(r' lang="en" dir="ltr">([^<]*)<', html)
    assert [sentence.split(" ")[0] for sentence in ours] == ["Yours", "This", "Sent"]


def test_a_reader_of_another_language_than_the_text_is_told_so() -> None:
    reader = AddresseeDraft("Minister", email="minister@example.org", language="fr", opening="Bonjour.")
    letter = make_letter(addressees=(reader,))
    make_signature(letter)
    html = to_its_addressee(letter)
    assert '<html lang="fr" dir="ltr">' in html
    assert re.search(r'<div lang="en" dir="ltr">\s*<p>We', html)
