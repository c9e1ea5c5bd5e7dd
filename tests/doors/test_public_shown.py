"""Becoming less and more visible over HTTP: at once everywhere, and only on a page that says to whom."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from campaign.accounts.models import User
from campaign.core.db import db
from campaign.letters.drafting import write_down
from campaign.letters.drafts import AddresseeDraft, CopyDraft
from campaign.letters.models import Letter
from campaign.letters.rules import Sees, Visibility
from campaign.signing.models import Consent, Signature
from campaign.signing.rules import Purpose
from tests.doors.desk_kit import post
from tests.doors.public_pages import GOOD, Form, own_form, press, read_form, sign
from tests.factories import (
    COORDINATOR,
    link_of,
    make_draft,
    make_edition,
    make_letter,
    make_person,
    make_signature,
)

pytestmark = pytest.mark.usefixtures("slow_hands")

NAME = "Hidden Harbour Union"


def office(body: str) -> AddresseeDraft:
    """An addressee who sees withheld names, under an institution's name."""
    return AddresseeDraft(f"Head of {body}", body=body, email=f"{body.lower()}@example.org", sees=Sees.ALL)


def give(letter: Letter, *addressees: AddresseeDraft) -> None:
    """Somebody edits the letter's addressees."""
    draft = make_draft(slug=letter.slug, addressees=addressees)
    write_down(draft, None, COORDINATOR, letter.circulation)
    db.session.commit()


def everywhere(client: FlaskClient, app: Flask, letter: Letter) -> dict[str, str]:
    """Every public address below a letter that needs no more than its name, and what it answers."""
    found = {}
    for rule in app.url_map.iter_rules():
        public = rule.rule.startswith(("/letters/<", "/api/v1/letters/<"))
        if public and rule.arguments == {"slug"} and "GET" in (rule.methods or ()):
            path = rule.rule.replace("<slug:slug>", letter.slug).replace("<slug>", letter.slug)
            answer = client.get(path)
            assert answer.status_code in (200, 404), path
            cache = answer.headers.get("Cache-Control", "")
            if "no-store" not in cache:
                assert "max-age=0" in cache or "no-cache" in cache, (
                    f"{path} may be shown for a while: {cache}"
                )
            found[path] = answer.data.decode(errors="replace")
    assert len(found) > 4
    return found


def test_a_name_is_gone_everywhere_with_one_click_and_still_counts(
    app: Flask, client: FlaskClient, signed_in: Callable[..., User]
) -> None:
    letter = make_letter()
    signature = make_signature(letter, organisation=NAME)
    before = everywhere(client, app, letter)
    assert sum(NAME in page for page in before.values()) >= 3
    tags = client.get(f"/letters/{letter.slug}/signatories").headers["ETag"]
    answer = press(client, link_of(signature), "shown", visibility="unnamed")
    assert answer.status_code == 303
    assert not [path for path, page in everywhere(client, app, letter).items() if NAME in page]
    again = client.get(f"/letters/{letter.slug}/signatories", headers={"If-None-Match": tags})
    assert again.status_code == 200
    countries = json.loads(client.get(f"/api/v1/letters/{letter.slug}/countries").data)
    assert (countries["signatories"], countries["countries"], countries["withheld_country"]) == (1, [], 1)
    coordinator = app.test_client()
    signed_in(coordinator)
    for audience in ("public", "addressees"):
        export = f"/desk/letters/{letter.slug}/export?audience={audience}&format=csv"
        sheet = coordinator.get(export, buffered=True)
        assert list(csv.reader(io.StringIO(sheet.text)))[1:] == []
    page = client.get(answer.location).text
    assert "Only the hosts." in page


@pytest.mark.usefixtures("app_sqlite")
def test_the_page_names_who_will_see_the_name_and_what_cannot_be_undone(client: FlaskClient) -> None:
    letter = make_letter(addressees=(office("Ministry"), office("Embassy")))
    signature = make_signature(letter, visibility=Visibility.UNNAMED)
    path = link_of(signature)
    page = client.get(path).text
    assert "only to Ministry and Embassy" in page
    assert "a letter already sent cannot be called back" in page
    press(client, path, "shown", visibility="addressees")
    page = client.get(path).text
    assert all(f"<li><bdi>{name}</bdi></li>" in page for name in ("Ministry", "Embassy"))
    kept = db.session.scalars(select(Consent).where(Consent.purpose == Purpose.VISIBILITY)).one()
    assert kept.readers == ["Ministry", "Embassy"]
    assert kept.wording.startswith("Show the name of our organisation only to Ministry and Embassy")


@pytest.mark.usefixtures("app_sqlite")
def test_a_reader_who_came_later_is_not_among_those_who_see_the_name(client: FlaskClient) -> None:
    letter = make_letter(addressees=(office("Ministry"),))
    signature = make_signature(letter, visibility=Visibility.ADDRESSEES)
    give(letter, office("Ministry"), office("Embassy"))
    path = link_of(signature)
    assert "<li><bdi>Embassy</bdi></li>" not in client.get(path).text
    press(client, path, "shown", visibility="addressees")
    assert "<li><bdi>Embassy</bdi></li>" in client.get(path).text


@pytest.mark.usefixtures("app_sqlite")
def test_if_the_readers_change_while_the_page_is_open_nothing_is_shown(client: FlaskClient) -> None:
    letter = make_letter(addressees=(office("Ministry"),))
    signature = make_signature(letter, visibility=Visibility.UNNAMED)
    path = link_of(signature)
    form = own_form(client, path, "shown")
    give(letter, office("Ministry"), office("Embassy"))
    answer = client.post(f"{path}/shown", data=form.fields | {"visibility": "addressees"})
    assert answer.status_code == 422
    assert "has changed while it was open" in answer.text
    assert "only to Ministry and Embassy" in answer.text
    assert signature.visibility is Visibility.UNNAMED


@pytest.mark.usefixtures("app_sqlite")
@pytest.mark.parametrize("visibility", ["", "everybody", "addressees "])
def test_what_is_not_offered_is_refused(client: FlaskClient, visibility: str) -> None:
    signature = make_signature(make_letter())
    assert press(client, link_of(signature), "shown", visibility=visibility).status_code == 422
    assert signature.visibility is Visibility.PUBLIC


def test_lists_that_were_made_with_the_name_are_named(client: FlaskClient) -> None:
    signature = make_signature(make_letter())
    make_edition(signature.letter)
    path = link_of(signature)
    assert "Lists made before" not in client.get(path).text.replace("Lists made before stay", "")
    press(client, path, "shown", visibility="unnamed")
    assert f'href="/letters/{signature.letter.slug}/editions/1"' in client.get(path).text


@pytest.mark.usefixtures("app_sqlite")
def test_news_is_given_and_taken_back(client: FlaskClient) -> None:
    signature = make_signature(make_letter())
    path = link_of(signature)
    wanted = select(Consent.withdrawn_at).where(Consent.purpose == Purpose.UPDATES).order_by(Consent.id)
    assert press(client, path, "updates", times=2).status_code == 303
    assert db.session.scalars(wanted).all() == [None]
    assert press(client, path, "updates", times=2).status_code == 303
    assert [at is None for at in db.session.scalars(wanted)] == [False]
    press(client, path, "updates")
    assert [at is None for at in db.session.scalars(wanted)] == [False, True]


# The sign form: whom it names is sealed into it, and kept with the consent.


def test_the_consent_keeps_the_readers_in_the_words_of_the_form(client: FlaskClient) -> None:
    aide = CopyDraft("aide@example.org", "An Aide", "Chief of Staff", sees=Sees.ALL)
    ministry = AddresseeDraft("Head", body="Ministry", sees=Sees.ALL, copies=(aide,))
    letter = make_letter(addressees=(ministry,))
    assert sign(client, f"/letters/{letter.slug}/sign", visibility="addressees").status_code == 303
    kept = {c.purpose: c for c in db.session.scalars(select(Consent))}
    assert kept[Purpose.CONSENT].readers == ["Ministry", "An Aide (Chief of Staff)"]
    assert kept[Purpose.ATTESTATION].readers == []
    version = letter.text_version_id
    assert {(c.language, c.text_version_id, c.withdrawn_at) for c in kept.values()} == {("en", version, None)}


def test_if_the_readers_change_while_the_form_is_open_it_is_shown_again(client: FlaskClient) -> None:
    letter = make_letter(addressees=(office("Ministry"),))
    path = f"/letters/{letter.slug}/sign"
    form = read_form(client, path)
    typed = form.fields | GOOD | {"email": make_person().email, "visibility": "addressees"}
    give(letter, office("Ministry"), office("Embassy"))
    again = client.post(path, data=typed)
    assert again.status_code == 422
    assert "has changed while it was open" in again.text
    assert "Only to Ministry and Embassy;" in again.text
    for kept in ("Ana Example", "https://etoile.example.org", typed["email"]):
        assert kept in again.text
    assert db.session.scalars(select(Signature)).all() == []
    added = letter.addressees[1].sees_since
    sent_again = Form(again.text).fields
    assert client.post(path, data=sent_again).status_code == 303
    signature = db.session.scalars(select(Signature)).one()
    assert signature.shown_at is not None
    assert added is not None
    assert signature.shown_at >= added
    readers = db.session.scalars(select(Consent.readers).where(Consent.purpose == Purpose.CONSENT)).one()
    assert readers == ["Ministry", "Embassy"]


@pytest.mark.usefixtures("app_sqlite")
def test_a_change_that_nobody_reads_on_the_form_does_not_matter(client: FlaskClient) -> None:
    letter = make_letter(addressees=(office("Ministry"),))
    path = f"/letters/{letter.slug}/sign"
    typed = read_form(client, path).fields | GOOD | {"email": make_person().email}
    letter.addressees[0].salutation = "Dear Minister,"
    assert client.post(path, data=typed).status_code == 303


# The desk: it hides, and cannot show.


@pytest.mark.usefixtures("app_sqlite")
@pytest.mark.parametrize(
    ("was", "to", "shown"),
    [
        ("public", "unnamed", "unnamed"),
        ("public", "addressees", "addressees"),
        ("unnamed", "public", "unnamed"),
        ("addressees", "public", "addressees"),
        ("public", "nonsense", "public"),
    ],
)
def test_a_coordinator_can_hide_a_name_and_not_show_it(
    client: FlaskClient, signed_in: Callable[..., User], was: str, to: str, shown: str
) -> None:
    signature = make_signature(make_letter(), visibility=Visibility(was))
    signed_in(client)
    address = f"/desk/letters/{signature.letter.slug}/list"
    post(client, f"{address}/{signature.id}/narrow", visibility=to)
    assert signature.visibility == shown
