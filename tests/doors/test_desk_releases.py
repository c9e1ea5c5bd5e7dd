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
from campaign.letters.drafts import AddresseeDraft
from campaign.letters.models import Letter
from campaign.letters.rules import Circulation
from campaign.outbox.models import Mail
from campaign.signing.rules import SignatureStatus
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
    sent_out,
)
from tests.factories import ADDRESSEE, make_edition, make_letter, make_signature, make_user

SignedIn = Callable[..., User]
on_sqlite = pytest.mark.usefixtures("app_sqlite")  # these do not care about the database


def in_a_month(letter: Letter) -> str:
    """A time to come, as a browser sends it."""
    return f"{clock.now() + timedelta(days=30):%Y-%m-%d}T09:00"


@on_sqlite
def test_the_preview_says_all_before_anything_leaves(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter(addressees=(COPIED, POST, AddresseeDraft("No Salutation", email="x@example.org")))
    make_signature(letter, country_code="KE")
    make_signature(letter, SignatureStatus.UNVERIFIED)
    edition = make_edition(letter)
    make_signature(letter, SignatureStatus.PENDING)
    page = words(client.get(preview_of(edition)))
    for sentence in (
        "1 letter to 2 mailboxes, 15 minutes after its release. Nothing has left yet.",
        "a person brings it to: Mission of Sampleland ( by post )",
        "1 confirmed sign-on waits for a decision and will not be in.",
        "1 sign-on is not confirmed yet and will not be in.",
        "There is no salutation for No Salutation: cannot send.",
        "Basim Example <basim@example.org>",
        "Chief <chief@example.org>",
        "Joint open letter: Open the harbour",
        "Names seen 1: all that addressees may see",
        "Dear Minister,",
        "Left empty: in 15 minutes.",
        "Release: leaves in 15 minutes, until then you can take it back",
    ):
        assert re.sub(r"\s", "", sentence) in re.sub(r"\s", "", page), sentence
    assert not releases()


@on_sqlite
def test_who_has_colleagues_is_told_that_one_of_them_approves(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    make_user()
    page = words(client.get(preview_of(make_edition(make_letter(addressees=(COPIED,))))))
    assert "1 letter to 2 mailboxes, as soon as it is approved. Nothing has left yet." in page
    assert "Ask a second person to approve" in page
    assert "until then you can take it back" not in page


@on_sqlite
def test_what_stops_a_letter_hides_the_form_and_refuses_the_post(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    letter = make_letter(addressees=(AddresseeDraft("No Address", salutation="Dear,"),))
    edition = make_edition(letter)
    page = words(client.get(preview_of(edition)))
    assert "There is no mail address for No Address: cannot send." in page
    assert "To whom?" not in page
    address = preview_of(edition).replace("/preview", "/propose")
    to = letter.addressees[0].id
    answer = post(client, address, seen=fingerprint(edition), to=to)
    assert (answer.status_code, len(releases())) == (422, 0)
    assert "makes sending impossible" in words(answer)


@on_sqlite
def test_an_edition_without_files_has_no_preview_yet(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    edition = make_edition(make_letter(), rendered=False)
    for answer in (
        client.get(preview_of(edition)),
        post(client, preview_of(edition).replace("/preview", "/propose"), to="1"),
    ):
        assert answer.status_code == 303
        assert answer.headers["Location"].endswith("/editions")


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
def test_only_those_ticked_get_it_and_nobody_is_no_answer(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter(addressees=(COPIED, ADDRESSEE, POST))
    edition = make_edition(letter)
    page = client.get(preview_of(edition)).text
    assert len(re.findall(r'name="to"[^>]* checked', page)) == 3
    nobody = propose(client, edition, to=[], at="2031-01-01T09:00", covering="kept")
    assert nobody.status_code == 422
    assert "Choose at least one addressee." in words(nobody)
    assert 'value="2031-01-01T09:00"' in nobody.text
    assert not re.findall(r'name="to"[^>]* checked', nobody.text)
    assert propose(client, edition, to=["x", "9" * 30, "999"]).status_code == 422
    assert not releases()
    propose(client, edition, to=[letter.addressees[1].id])
    assert {owed.addressee_id for owed in releases()[0].consignments} == {letter.addressees[1].id}
    page = words(client.get(preview_of(edition)))
    assert "is in a release that has not left" in page
    assert "1 letter to 2 mailboxes" in page


@on_sqlite
def test_of_a_further_list_nobody_is_ticked_and_words_can_go_before_it(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    letter = make_letter(addressees=(COPIED, ADDRESSEE))
    sent_out(make_edition(letter))
    make_signature(letter)
    edition = make_edition(letter)
    page = client.get(preview_of(edition))
    assert not re.findall(r'name="to"[^>]* checked', page.text)
    assert "so nobody is ticked" in words(page)
    long = propose(client, edition, covering="x" * 5_001)
    assert "Longer than 5000 characters" in words(long)
    propose(client, edition, to=[letter.addressees[0].id], covering="Two <b>more</b> groups.")
    shown = client.get(page_of(releases()[-1]))
    assert "Two &lt;b&gt;more&lt;/b&gt; groups." in shown.text
    assert "has it already" not in words(shown)


@on_sqlite
@pytest.mark.parametrize(
    ("at", "zone", "sentence"),
    [
        ("tomorrow", "UTC", "Please give a day and a time"),
        ("2031-02-30T09:00", "UTC", "Please give a day and a time"),
        ("2031-02-03T09:00", "Europe/Nowhere", "This time zone is not known"),
        ("2031-02-03T09:00", "../etc/passwd", "This time zone is not known"),
        ("2027-03-28T02:30", "Europe/Zurich", "this time does not exist"),
        ("2027-10-31T02:30", "Europe/Zurich", "this time comes twice"),
        ("2001-01-01T09:00", "Europe/Zurich", "That time is over."),
        ("2096-01-01T09:00", "Europe/Zurich", "more than a year from now"),
    ],
)
def test_a_time_that_cannot_be_is_explained(
    client: FlaskClient, signed_in: SignedIn, at: str, zone: str, sentence: str
) -> None:
    signed_in(client)
    answer = propose(client, make_edition(make_letter()), at=at, zone=zone)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert f'value="{at}"' in answer.text
    assert not releases()


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
def test_a_trial_goes_to_me_alone_and_counts_as_nothing(
    app: Flask, client: FlaskClient, signed_in: SignedIn
) -> None:
    me = signed_in(client)
    second(app)
    edition = make_edition(make_letter(addressees=(COPIED,)))
    address = preview_of(edition).replace("/preview", "/trial")
    mine = {"addressee": edition.letter.addressees[0].id, "reader": 0}
    said = followed(client, post(client, address, **mine))
    assert f"The trial is on its way to {me.email}, and to nobody else." in said
    (mail,) = db.session.scalars(select(Mail)).all()
    assert (mail.recipient, mail.kind) == (me.email, "trial")
    assert not releases()
    for wrong in ({"addressee": "0"}, {"reader": "7"}, {"reader": "x"}, {"addressee": "9" * 30}):
        assert post(client, address, **(mine | wrong)).status_code == 404


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
