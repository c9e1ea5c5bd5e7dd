"""Whatever order a database finds rows in, people, files and the record are given one and the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import configure_mappers

from campaign.audit.models import AuditEntry
from campaign.care.access import data_of_mailbox
from campaign.care.erasure import erase
from campaign.core import clock
from campaign.core.db import db
from campaign.core.secrets import blind_index
from campaign.letters import operations as letters
from campaign.letters.drafts import AddresseeDraft
from campaign.letters.models import Addressee, PrivateLink
from campaign.letters.rules import Circulation
from campaign.organisations.models import OrganisationDomain
from campaign.organisations.rules import DomainSource
from campaign.outbox import queries as outbox
from campaign.public.shown import way_back
from campaign.signing import contacts, duplicates, roll, watching
from campaign.signing.evidence import grounds_of
from campaign.signing.links import make_link, standing_link
from campaign.signing.models import Sighting, Signature
from campaign.signing.reconcile import differences
from campaign.signing.rules import Audience, Flag, LinkPurpose, SignatureStatus
from campaign.tally.queries import figures_of
from tests.factories import (
    ADDRESSEE,
    COORDINATOR,
    make_command,
    make_letter,
    make_listing,
    make_person,
    make_signature,
    make_signatures,
)
from tests.unordered import backwards, lists_without_order

MAILBOX = "ana@harbour.example.org"


def sighting(signature: Signature, near: str = "b" * 64) -> Sighting:
    """That a sign-on came in a moment ago."""
    return Sighting(
        letter_id=signature.letter_id,
        signature_id=signature.id,
        at=clock.now(),
        address="a" * 64,
        near=near,
        mailbox=blind_index(MAILBOX),
    )


def test_every_list_of_rows_has_an_order() -> None:
    configure_mappers()
    # Roles are looked at as a set.
    assert lists_without_order() == ["User.roles"]


def test_the_website_that_evidence_names_is_the_first_that_was_accepted(app: Flask) -> None:
    letter = make_letter()
    signature = make_signature(letter)
    assert signature.organisation is not None
    for domain in ("quay.example", "pier.example"):
        signature.organisation.domains.append(
            OrganisationDomain(domain=domain, source=DomainSource.WEBSITE, created_at=clock.now())
        )
    with backwards(OrganisationDomain):
        assert grounds_of([signature])[signature.id].website == "quay.example"


def test_of_links_that_last_equally_long_the_newest_is_mailed(app: Flask) -> None:
    signature, until = make_signature(make_letter()), clock.now() + timedelta(days=60)
    newest = [make_link(signature, LinkPurpose.MANAGE, expires_at=until) for _ in range(3)][-1]
    assert standing_link(signature.id) is newest


def test_a_private_letters_way_back_is_its_hosts_oldest_link(app: Flask) -> None:
    letter = make_letter()
    letter.circulation = Circulation.PRIVATE
    signature = make_signature(letter, command=make_command(host_id=letter.hosts[0].id))
    oldest = letters.share(letter.hosts[0], COORDINATOR)
    letters.share(letter.hosts[0], COORDINATOR)
    oldest.revoked_at = None
    with app.test_request_context(), backwards(PrivateLink):
        back = way_back(signature, letter)
        assert back is not None
        assert letter.hosts[0].links[0] is oldest


def test_addressees_in_one_place_stand_as_they_came(app: Flask) -> None:
    letter = make_letter(addressees=(ADDRESSEE, AddresseeDraft("Basim Example", body="Port Office")))
    for addressee in letter.addressees:
        addressee.position = 0  # as when one was removed, and another took the place
    with backwards(Addressee):
        assert [addressee.id for addressee in letter.addressees] == sorted(a.id for a in letter.addressees)


def test_what_is_told_of_a_mailbox_is_told_in_the_order_it_came(app: Flask) -> None:
    signature = make_signature(make_letter(), command=make_command(person=make_person(email=MAILBOX)))
    db.session.add_all(sighting(signature, near) for near in ("c" * 64, "d" * 64, "e" * 64))
    told = data_of_mailbox(MAILBOX)["sightings"]
    with backwards(Sighting):
        assert data_of_mailbox(MAILBOX)["sightings"] == told


def test_further_contacts_are_erased_one_after_the_other(app: Flask) -> None:
    letter = make_letter()
    person = make_person(email=MAILBOX)
    signature = make_signature(letter, command=make_command(make_listing(organisation="Quay Watch"), person))
    behind = [
        make_signature(letter, SignatureStatus.UNVERIFIED, make_command(make_listing(), person))
        for _ in range(3)
    ]
    for one in behind:
        contacts.join(one, signature)
    with backwards(Signature):
        erase(signature, COORDINATOR)
    acts = select(AuditEntry.subject_id).where(AuditEntry.action == "signature.erased")
    assert list(db.session.scalars(acts.order_by(AuditEntry.id))) == [*(s.id for s in behind), signature.id]


def test_of_a_long_letter_the_newest_that_were_flagged_are_compared(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = make_letter()
    flagged = make_signatures(letter, ["BH", "CH", "FR", "DE"])
    for signature in flagged:
        signature.flags = [Flag.DUPLICATE.value]
    monkeypatch.setattr(duplicates, "ALL_COMPARED", 2)
    with backwards(Signature):
        found, complete = duplicates._to_compare(letter.id)
        assert ([s.id for s in found], complete) == ([flagged[3].id, flagged[2].id], False)


def test_two_countries_that_a_letter_calls_the_same_stay_two(app: Flask) -> None:
    letter = make_letter()
    for name, code in (("Anchor", "CG"), ("Buoy", "CD"), ("Crane", "CG"), ("Dock", "CD")):
        make_signature(letter, organisation=name, country_code=code)
    found = roll.entries(letter.id, Audience.PUBLIC)
    own = {"CG": {"en": "Congo"}, "CD": {"en": "Congo"}}
    groups = roll.by_country(found, "en", {}, own)
    assert [[entry.name for entry in group.entries] for group in groups] == [
        ["Buoy", "Dock"],
        ["Anchor", "Crane"],
    ]


def test_figures_that_differ_are_told_by_country(app: Flask) -> None:
    letter = make_letter()
    codes = ["SN", "BH", "FR", "CH", "DE", "AO", "MX", "PE"]
    make_signatures(letter, codes)
    for signature in db.session.scalars(select(Signature).order_by(Signature.id)):
        signature.status = SignatureStatus.PENDING  # behind the figures' back
    db.session.flush()
    with backwards(Signature):
        assert [cell.country_code for cell in differences(letter.id)] == sorted(codes)


def test_what_was_flagged_most_often_is_told_first(app: Flask) -> None:
    letter = make_letter()
    for flag, times in ((Flag.LOOK_ALIKE, 1), (Flag.DUPLICATE, 1), (Flag.LIMIT, 2)):
        for _ in range(times):
            signature = make_signature(letter)
            signature.flags = [flag.value]
            db.session.add(sighting(signature))
    with backwards(Sighting, Signature):
        seen = watching.traffic(letter.id, clock.now() - watching.HOUR)
    assert list(seen.flagged) == [Flag.LIMIT, Flag.DUPLICATE, Flag.LOOK_ALIKE]


def test_rows_are_never_cut_without_an_order(app: Flask) -> None:
    """All tests hold it: see `tests.unordered.watch`."""
    rows = select(Signature.id)
    db.session.scalars(rows.limit(1))
    db.session.scalars(rows.order_by(Signature.id).limit(9))
    for cut in (rows.limit(9), rows.offset(1), select(Signature).limit(9)):
        with pytest.raises(AssertionError, match="without an order"):
            db.session.scalars(cut)


@contextmanager
def narrow() -> Iterator[None]:
    """SQLite with its own limit of parameters; Debian's is built to take more. PostgreSQL takes 65,535."""
    driver = db.session.connection().connection.driver_connection
    before = 0
    if isinstance(driver, sqlite3.Connection):
        before = driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 32_766)
    try:
        yield
    finally:
        if isinstance(driver, sqlite3.Connection):
            driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, before)


@pytest.mark.parametrize("asked", [outbox.attempts_of, outbox.reports_of, figures_of])
def test_more_ids_than_a_question_can_hold(app: Flask, asked: Callable[[Sequence[int]], object]) -> None:
    """As of the mails of many lists to every member of a parliament."""
    with narrow():
        asked(range(1, 70_001))
