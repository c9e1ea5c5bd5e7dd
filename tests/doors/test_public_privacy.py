"""The privacy notice of a letter: who answers for it, who reads what, and for how long."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from campaign.core.db import db
from campaign.letters import operations as letters
from campaign.letters.drafts import HostDraft
from campaign.letters.models import Letter
from campaign.letters.queries import private_key
from campaign.letters.rules import Acceptance, Circulation, Sees, Visibility
from campaign.signing.rules import SignatureStatus
from tests.factories import ADDRESSEE, COORDINATOR, HOST, make_letter, make_signature, token_of
from tests.rooms.test_further_lists import DISCREET
from tests.servers import Sink

pytestmark = pytest.mark.usefixtures("app_sqlite")


def notice(client: FlaskClient, letter: Letter, path: str = "/letters/{}/privacy") -> str:
    """The page, its white space folded."""
    answer = client.get(path.format(letter.slug))
    assert answer.status_code == 200
    return " ".join(answer.text.split())


def test_it_names_the_hosts_as_controllers_and_no_mail_address(client: FlaskClient) -> None:
    letter = make_letter(hosts=(HOST, HostDraft("Lantern Keepers", contact="keepers@example.org")))
    page = notice(client, letter)
    assert "the hosts below, who are together the controllers" in page
    assert 'href="https://harbour.example.org"' in page and "Lantern Keepers" in page
    assert "Our mails about this letter alone can be answered" in page
    assert "@example.org" not in page
    alone = notice(client, make_letter(hosts=(HostDraft("Lantern Keepers"),)))
    assert "the host below, who is the controller" in alone
    assert "can be answered" not in alone


def test_it_says_who_sees_the_name_for_each_choice_that_is_offered(client: FlaskClient) -> None:
    page = notice(client, make_letter(addressees=(DISCREET,)))
    assert "Everybody: the name stands on these pages" in page
    assert "These read the name in the letter they are sent" in page
    assert "<bdi>Basim Example</bdi>" in page and "<bdi>An Aide</bdi>" in page
    assert "Press Officer" not in page and "basim@example.org" not in page
    only = make_letter(visibilities=(Visibility.UNNAMED,))
    page = notice(client, only)
    assert "in the figures and in no list" in page
    assert "Everybody: the name" not in page and "These read the name" not in page


def test_it_says_the_basis_the_rights_and_what_cannot_be_taken_back(client: FlaskClient) -> None:
    page = notice(client, make_letter())
    for words in (
        "Articles 6(1)(a) and 9(2)(a)",
        'href="/signature?lang=en"',
        "have everything erased",
        "data protection authority",
        "cannot be called back",
        "[withdrawn]",
        "The letter goes to: <bdi>Amira Example</bdi>",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("acceptance", "at_risk", "person"),
    [
        (Acceptance.MODERATED, False, True),
        (Acceptance.AUTOMATIC, False, False),
        (Acceptance.AUTOMATIC, True, True),
    ],
)
def test_it_says_whether_a_person_decides(
    client: FlaskClient, acceptance: Acceptance, at_risk: bool, person: bool
) -> None:
    page = notice(client, make_letter(acceptance=acceptance, at_risk=at_risk))
    assert ("a person decides whether a signature counts" in page) is person
    assert ("counts without a person’s look" in page) is not person


def test_it_says_what_backups_keep(client: FlaskClient) -> None:
    assert "Backups of this website keep what was deleted until they are destroyed." in notice(
        client, make_letter()
    )


def test_the_days_are_those_of_the_settings(make_app: Callable[..., Flask]) -> None:
    app = make_app(RETENTION_CONTACTS_DAYS="99", RETENTION_NETWORK_DAYS="1")
    with app.app_context():
        page = notice(app.test_client(), make_letter())
    assert "are deleted 99 days after the hosts have archived the letter" in page
    assert "digits of the network are deleted after 1 day." in page
    assert "is deleted 14 days after signing ends" in page


def test_each_language_and_a_private_link_have_it(client: FlaskClient) -> None:
    letter = make_letter(titles={"en": "Open it", "ar": "افتحوه"}, texts={"en": "Open.", "ar": "افتحوا."})
    assert 'dir="rtl"' in notice(client, letter, "/ar/letters/{}/privacy")
    assert f'href="/ar/letters/{letter.slug}/privacy"' in notice(client, letter)
    hidden = make_letter(circulation=Circulation.PRIVATE)
    assert client.get(f"/letters/{hidden.slug}/privacy").status_code == 404
    link = letters.share(hidden.hosts[0], COORDINATOR)
    db.session.commit()
    answer = client.get(f"/p/{private_key(link)}/privacy")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_form_and_confirmation_lead_there(client: FlaskClient) -> None:
    letter = make_letter()
    signature = make_signature(letter, SignatureStatus.UNVERIFIED)
    for path in (f"/letters/{letter.slug}/sign", f"/confirm/{token_of(signature)}"):
        assert f'href="/letters/{letter.slug}/privacy"' in client.get(path).text


def test_an_answer_to_our_mail_reaches_the_hosts(app: Flask, sink: Sink, work: Callable[[], int]) -> None:
    signature = make_signature(make_letter(), SignatureStatus.UNVERIFIED)
    work()
    assert signature.representative is not None and signature.representative.email is not None
    (mail,) = sink.to(signature.representative.email)
    assert mail.message["Reply-To"] == "Harbour Rights Watch <desk@example.org>"


def test_a_letter_whose_addressees_see_public_names_offers_them_nothing_else(client: FlaskClient) -> None:
    seeing = {**{k: getattr(ADDRESSEE, k) for k in ("name", "title", "email", "salutation")}}
    page = notice(client, make_letter(addressees=(type(ADDRESSEE)(**seeing, sees=Sees.PUBLIC),)))
    assert "These read the name" not in page
