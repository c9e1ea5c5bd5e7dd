"""Before a release: what the preview says, whom it is for, when, and a trial of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from campaign.accounts.models import User
from campaign.core.db import db
from campaign.dispatch.fingerprint import fingerprint
from campaign.letters.drafts import AddresseeDraft
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState
from campaign.signing.rules import SignatureStatus
from tests.doors.desk_kit import followed, post, words
from tests.doors.release_kit import (
    COPIED,
    POST,
    became,
    page_of,
    preview_of,
    propose,
    releases,
    second,
    sent_out,
)
from tests.factories import ADDRESSEE, make_edition, make_letter, make_signature, make_user

SignedIn = Callable[..., User]
on_sqlite = pytest.mark.usefixtures("app_sqlite")  # these do not care about the database


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
@pytest.mark.parametrize(
    ("state", "word"),
    [
        (MailState.ACCEPTED, "has it already"),
        (MailState.REFUSED, "refused"),
        (MailState.UNKNOWN, "not known"),
        (MailState.BOUNCED, "came back"),
        (MailState.DEFERRED, "trying"),
    ],
)
def test_of_nobody_more_is_said_than_is_known(
    client: FlaskClient, signed_in: SignedIn, state: MailState, word: str
) -> None:
    signed_in(client)
    edition = make_edition(make_letter(addressees=(COPIED,)))
    first, copy = sent_out(edition)
    became(first, state)
    became(copy, MailState.ACCEPTED)
    page = words(client.get(preview_of(edition)))
    assert f"Basim Example by mail {word} To" in page
    assert ("has it already" in page) is (state is MailState.ACCEPTED)


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
    assert "2 letters to 3 mailboxes at most, " in words(page)
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
