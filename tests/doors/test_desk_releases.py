"""Release at the desk: a preview, a second person or a delay, and no edit since."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from campaign.accounts.models import User
from campaign.core import clock
from campaign.core.db import db
from campaign.dispatch.fingerprint import fingerprint
from campaign.dispatch.models import Dispatch
from campaign.dispatch.rules import DispatchState
from campaign.dispatch.tasks import leave_on_time
from campaign.letters.models import Letter
from campaign.letters.rules import Circulation
from campaign.outbox.models import Mail
from tests.doors.desk_kit import base, followed, post, words
from tests.doors.release_kit import (
    COPIED,
    POST,
    approve,
    page_of,
    preview_of,
    propose,
    releases,
    second,
    seen,
)
from tests.factories import make_edition, make_letter, make_user

SignedIn = Callable[..., User]
on_sqlite = pytest.mark.usefixtures("app_sqlite")  # these do not care about the database


def in_a_month(letter: Letter) -> str:
    """A time to come, as a browser sends it."""
    return f"{clock.now() + timedelta(days=30):%Y-%m-%d}T09:00"


def test_nothing_is_released_without_a_preview(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    edition = make_edition(letter)
    stale = seen(client, preview_of(edition))
    letter.addressees[0].salutation = "Dear Ms Example,"
    db.session.commit()
    to, address = letter.addressees[0].id, preview_of(edition).replace("/preview", "/propose")
    for shown in ({}, {"seen": ""}, {"seen": "0" * 64}, {"seen": stale}):
        answer = post(client, address, to=to, covering="kept words", **shown)
        assert answer.status_code == 422
        assert "look at the preview again" in words(answer)
        assert f'value="{fingerprint(edition)}"' in answer.text, "the preview is a fresh one"
    assert not releases()
    assert db.session.scalars(select(Mail)).all() == []


def test_a_second_person_lets_it_go_and_the_proposer_cannot(
    app: Flask, client: FlaskClient, signed_in: SignedIn
) -> None:
    one, colleague = signed_in(client), second(app)
    edition = make_edition(make_letter(addressees=(COPIED, POST)))
    said = followed(client, propose(client, edition))
    assert "Nothing leaves until a second person approves it" in said
    assert "Somebody else has to approve this." in said
    (sent,) = releases()
    assert (sent.state, sent.proposed_by) == (DispatchState.PROPOSED, one.id)
    mine = client.get(page_of(sent))
    assert "Somebody else has to approve this." in words(mine)
    assert "/approve" not in mine.text
    refused = post(client, f"{page_of(sent)}/approve", seen=sent.fingerprint)
    assert "Somebody else has to approve what you proposed." in followed(client, refused)
    leave_on_time()
    db.session.expire_all()
    assert sent.state is DispatchState.PROPOSED
    theirs = words(colleague.get(page_of(sent)))
    assert "1 letter to 2 mailboxes, as soon as it is approved. Nothing has left yet." in theirs
    assert "It waits for a second person: you." in theirs
    assert "Basim Example" in theirs
    assert "Approved. The letters leave now." in followed(colleague, approve(colleague, sent))
    leave_on_time()
    db.session.expire_all()
    assert sent.state is DispatchState.LEFT
    assert len(sent.consignments) == 3
    again = followed(colleague, post(colleague, f"{page_of(sent)}/approve", seen=sent.fingerprint))
    assert "Not done." in again


def test_an_edit_after_the_approval_voids_it(app: Flask, client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    colleague, letter = second(app), make_letter()
    edition = make_edition(letter)
    propose(client, edition, at=in_a_month(letter), zone="UTC")
    (sent,) = releases()
    approve(colleague, sent)
    letter.addressees[0].email = "new@example.org"
    sent.leaves_at = clock.now() - timedelta(seconds=1)
    db.session.commit()
    leave_on_time()
    db.session.expire_all()
    assert (sent.state, sent.left_at) == (DispatchState.PROPOSED, None)
    page = words(colleague.get(f"{base(letter)}/dispatch"))
    assert "The letter was changed after" in page
    assert "look again" in page
    shown = colleague.get(page_of(sent))
    assert "/approve" not in shown.text
    answer = post(colleague, f"{page_of(sent)}/renew", seen=seen(colleague, page_of(sent)))
    assert "Proposed." in followed(colleague, answer)
    assert "Approved. The letters leave now." in followed(client, approve(client, sent))
    leave_on_time()
    db.session.expire_all()
    assert sent.state is DispatchState.LEFT
    assert [mail.recipient for mail in db.session.scalars(select(Mail).where(Mail.kind == "letter"))] == [
        "new@example.org"
    ]


def test_an_edit_before_the_approval_stops_it_too(
    app: Flask, client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    colleague, letter = second(app), make_letter()
    edition = make_edition(letter)
    propose(client, edition)
    (sent,) = releases()
    shown = seen(colleague, page_of(sent))
    letter.addressees[0].salutation = "Dear Ms Example,"
    db.session.commit()
    for looked_at in (shown, fingerprint(edition), ""):
        answer = post(colleague, f"{page_of(sent)}/approve", seen=looked_at)
        assert "look at the preview again" in followed(colleague, answer)
    stale = followed(colleague, post(colleague, f"{page_of(sent)}/renew", seen=shown))
    assert "Not done." in stale
    assert releases()[0].state is DispatchState.PROPOSED


def test_who_is_alone_has_the_letters_own_delay_to_take_it_back(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    user, letter = signed_in(client), make_letter(addressees=(COPIED, POST))
    letter.release_delay = 20
    edition = make_edition(letter)
    page = words(client.get(preview_of(edition)))
    assert "Release: leaves in 20 minutes, until then you can take it back" in page
    assert "until then you can take it back." in followed(client, propose(client, edition))
    (sent,) = releases()
    assert sent.released_by == user.id
    assert timedelta(minutes=19) < sent.leaves_at - clock.now() <= timedelta(minutes=20)
    assert leave_on_time() == 0
    assert "Taken back for 3 recipients." in followed(client, post(client, f"{page_of(sent)}/cancel"))
    assert all(owed.cancelled for owed in releases()[0].consignments)
    assert "Not done." in followed(client, post(client, f"{page_of(sent)}/cancel"))
    assert propose(client, edition).status_code == 303, "it can be sent later"


def test_a_second_click_gets_a_sentence_and_sends_nothing_twice(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    edition = make_edition(make_letter())
    propose(client, edition)
    address = preview_of(edition).replace("/preview", "/propose")
    fields = {"seen": fingerprint(edition), "to": edition.letter.addressees[0].id}
    said = followed(client, post(client, address, **fields))
    assert "This edition was released to them already." in said
    assert len(releases()) == 1
    assert len(releases()[0].consignments) == 1


def test_who_loses_their_colleagues_proposes_anew_and_waits(
    app: Flask, client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    colleague = make_user()
    edition = make_edition(make_letter())
    propose(client, edition)
    colleague.active = False
    db.session.commit()
    (sent,) = releases()
    assert "There is nobody left who could approve it." in words(client.get(page_of(sent)))
    answer = post(client, f"{page_of(sent)}/renew", seen=seen(client, page_of(sent)))
    assert "until then you can take it back" in followed(client, answer)
    assert releases()[0].state is DispatchState.RELEASED


@on_sqlite
def test_a_time_is_meant_at_its_place_and_told_in_utc_too(
    app: Flask, client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    second(app)
    letter = make_letter()
    letter.time_zone = "Asia/Kolkata"
    db.session.commit()
    day = clock.now() + timedelta(days=30)
    propose(client, make_edition(letter), at=f"{day:%Y-%m-%d}T09:00", zone="Asia/Kolkata")
    (sent,) = releases()
    assert sent.leaves_at == datetime(day.year, day.month, day.day, 3, 30, tzinfo=UTC)
    page = words(client.get(page_of(sent)))
    assert "09:00 Kolkata (03:30 UTC). Nothing has left yet." in page


@on_sqlite
@pytest.mark.parametrize(("refused", "anyway"), [("publish", True), ("stop", False), ("", True)])
def test_a_private_letter_is_published_after_it_if_so_chosen(
    client: FlaskClient, signed_in: SignedIn, refused: str, anyway: bool
) -> None:
    signed_in(client)
    letter = make_letter()
    letter.circulation = Circulation.PRIVATE
    db.session.commit()
    edition = make_edition(letter)
    assert "Publish the letter after its mails have left" in words(client.get(preview_of(edition)))
    propose(client, edition, publishes="y", refused=refused)
    (sent,) = releases()
    assert (sent.publishes, sent.publishes_anyway) == (True, anyway)
    page = words(client.get(page_of(sent)))
    assert ("but not if a server refuses one" in page) is not anyway


@on_sqlite
def test_what_is_held_after_a_restore_waits_for_somebody_to_compare(
    app: Flask, client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    second(app)
    letter = make_letter()
    propose(client, make_edition(letter))
    (sent,) = releases()
    sent.state = DispatchState.HELD
    db.session.commit()
    page = client.get(page_of(sent))
    assert "held since a backup was restored" in words(page)
    assert "/approve" not in page.text
    followed(client, post(client, f"{page_of(sent)}/renew", seen=seen(client, page_of(sent))))
    assert releases()[0].state is DispatchState.PROPOSED


@on_sqlite
def test_what_needs_a_person_is_counted_once(app: Flask, client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    second(app)
    letter = make_letter(addressees=(COPIED, POST))
    propose(client, make_edition(letter))
    assert re.search(r"Dispatch\s*<span class=\"count loud\">1</span>", client.get(base(letter)).text)


@on_sqlite
def test_another_letters_release_is_not_here(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    edition, other = make_edition(make_letter()), make_letter()
    propose(client, edition)
    (sent,) = releases()
    elsewhere = f"{base(other)}/dispatch/{sent.id}"
    assert client.get(elsewhere).status_code == 404
    for verb in ("approve", "renew", "cancel"):
        assert post(client, f"{elsewhere}/{verb}", seen=sent.fingerprint).status_code == 404
    assert db.session.get_one(Dispatch, sent.id).state is DispatchState.RELEASED
