"""Editions at the desk: freezing, printing, their files, and who still lacks them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campaign.accounts.models import User
from campaign.audit.models import AuditEntry
from campaign.core.db import db
from campaign.editions.models import Edition
from campaign.editions.rules import EditionState
from campaign.editions.tasks import RENDER
from campaign.jobs.models import Job
from tests.doors.desk_kit import base, followed, post, words
from tests.doors.release_kit import POST, propose
from tests.factories import ADDRESSEE, make_edition, make_letter, make_signature

SignedIn = Callable[..., User]
on_sqlite = pytest.mark.usefixtures("app_sqlite")  # these do not care about the database


def test_freezing_owes_the_printing_and_takes_one_snapshot(client: FlaskClient, signed_in: SignedIn) -> None:
    user, letter = signed_in(client), make_letter()
    make_signature(letter, country_code="KE")
    page = followed(client, post(client, f"{base(letter)}/editions"))
    assert "Edition 1 is frozen." in page
    assert "frozen, being printed" in page
    edition = db.session.scalars(select(Edition)).one()
    assert [(j.name, j.arguments) for j in db.session.scalars(select(Job))] == [(RENDER, [edition.id])]
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "edition.frozen")).one()
    assert entry.actor_id == user.id
    assert "Edition 2 is frozen." in followed(client, post(client, f"{base(letter)}/editions"))


@on_sqlite
def test_a_draft_cannot_be_frozen_and_a_failed_edition_is_tried_again(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    draft = make_letter(opened=False)
    assert "Freeze a new edition now" not in words(client.get(f"{base(draft)}/editions"))
    assert "Not done." in followed(client, post(client, f"{base(draft)}/editions"))
    letter = make_letter()
    edition = make_edition(letter, rendered=False)
    edition.state, edition.failure = EditionState.FAILED, "no glyph for U+10FFFF"
    db.session.commit()
    page = words(client.get(f"{base(letter)}/editions"))
    assert "printing failed" in page
    assert "no glyph for U+10FFFF" in page
    assert "Edition 1 is printed again." in followed(client, post(client, f"{base(letter)}/editions/1/again"))
    assert [j.arguments for j in db.session.scalars(select(Job))] == [[edition.id]]
    done = make_edition(letter)
    assert "has its files already" in followed(
        client, post(client, f"{base(letter)}/editions/{done.number}/again")
    )


@on_sqlite
def test_files_open_for_coordinators(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    edition = make_edition(letter)
    page = client.get(f"{base(letter)}/editions").text
    links = re.findall(r'href="([^"]+\.pdf)"', page)
    assert len(links) == 2  # the addressee's and the public list
    answer = client.get(links[0])
    assert (answer.mimetype, answer.data) == ("application/pdf", edition.files[0].content)


@on_sqlite
def test_an_edition_is_offered_as_long_as_anybody_lacks_it(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter(addressees=(ADDRESSEE, POST))
    edition = make_edition(letter)
    one, other = (a.id for a in letter.addressees)
    assert "Preview and release" in words(client.get(f"{base(letter)}/editions"))
    assert propose(client, edition, to=[one]).status_code == 303
    page = words(client.get(f"{base(letter)}/editions"))
    assert "approved, has not left" in page
    assert "Preview and release" in page
    assert propose(client, edition, to=[other]).status_code == 303
    page = words(client.get(f"{base(letter)}/editions"))
    assert "Preview and release" not in page
    assert "Nobody is left to send it to." in page
