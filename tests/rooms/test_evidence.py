"""What speaks for a sign-on being genuine, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from campaign.audit.rules import SIGNATORY
from campaign.core import clock
from campaign.core.db import db
from campaign.letters import operations as letters
from campaign.letters.models import Letter
from campaign.letters.rules import Acceptance
from campaign.organisations.models import OrganisationDomain
from campaign.organisations.rules import DomainSource
from campaign.signing import confirming, moderation
from campaign.signing import operations as signing
from campaign.signing.evidence import grounds_of, own_domain
from campaign.signing.models import Signature
from campaign.signing.rules import Evidence, SignatureStatus
from tests.factories import (
    COORDINATOR,
    confirmation_of,
    make_command,
    make_letter,
    make_listing,
    make_person,
    make_signature,
)

S = SignatureStatus
NAME, HOME, MAILBOX = "Harbour Friends", "https://www.harbour.example.org/about", "office@harbour.example.org"


def signed(
    letter: Letter,
    email: str,
    website: str | None = None,
    status: SignatureStatus = S.PENDING,
    name: str = NAME,
) -> Signature:
    """A sign-on from that mailbox."""
    listing = make_listing(organisation=name, website=website)
    return make_signature(letter, status, make_command(listing, make_person(email=email)))


@pytest.mark.parametrize(
    ("email", "website", "own"),
    [
        ("office@harbour.example.org", "https://harbour.example.org", True),
        ("Office@HARBOUR.example.org", "http://www.harbour.example.org/a?b#c", True),
        ("office@mail.harbour.example.org", "https://harbour.example.org", True),
        ("office@friends.org.uk", "https://friends.org.uk", True),
        ("office@friends.org.uk", "https://foes.org.uk", False),
        ("office@friends.co.ke", "https://others.co.ke/friends.co.ke", False),
        ("office@harbour.example.org", "https://harbour.example.org.evil.example.com", False),
        ("office@evil.example.com", "https://harbour.example.org@evil.example.com/", True),
        ("friends@gmail.com", "https://gmail.com", False),
        ("friends@googlemail.com", "https://mail.google.com/friends", False),
        ("friends@outlook.com", "https://outlook.com/friends", False),
        ("friends@yahoo.co.uk", "https://www.yahoo.co.uk/friends", False),
        ("office@müller.example.net", "https://xn--mller-kva.example.net", True),
        ("friends.wordpress.com@gmail.com", "https://friends.wordpress.com", False),
        ("office@github.io", "https://friends.github.io", False),
        ("office@localhost", "https://localhost", False),
        ("office@harbour.example.org", "", False),
    ],
)
def test_whose_domain_a_mailbox_is_at(email: str, website: str, own: bool) -> None:
    assert own_domain(email, [website]) is own


def test_a_proven_mailbox_and_one_of_the_websites_own_domain(app: Flask) -> None:
    letter = make_letter()
    plain = signed(letter, "office@ngo.example.net", None, name="A")
    other = signed(letter, "office@ngo.example.net", HOME, name="B")
    own = signed(letter, MAILBOX, HOME, name="C")
    free = signed(letter, "harbour@gmail.com", "https://gmail.com", name="D")
    assert [s.evidence for s in (plain, other, own, free)] == [
        Evidence.MAILBOX,
        Evidence.MAILBOX,
        Evidence.DOMAIN,
        Evidence.MAILBOX,
    ]
    found = grounds_of([plain, other, own, free])
    assert [found[s.id].mailbox for s in (plain, own, free)] == [
        "ngo.example.net",
        "harbour.example.org",
        "gmail.com",
    ]
    assert [found[s.id].free for s in (plain, own, free)] == [False, False, True]
    assert (found[plain.id].website, found[other.id].website) == ("", "example.org")


def test_unproven_is_nothing_and_a_hosts_link_vouches_for_nothing(app: Flask) -> None:
    letter = make_letter()
    command = make_command(host_id=letter.hosts[0].id)
    signature = make_signature(letter, S.UNVERIFIED, command)
    assert (signature.evidence, grounds_of([signature])) == (Evidence.NONE, {})
    confirming.verify(confirmation_of(signature))
    assert signature.evidence is Evidence.MAILBOX
    vouched = make_signature(letter, S.UNVERIFIED)
    moderation.accept_on_evidence(vouched, "They called from their known number.", COORDINATOR)
    assert vouched.evidence is Evidence.VOUCHED


@pytest.mark.parametrize("status", [s for s in S if s not in (S.EXPIRED, S.UNVERIFIED)])
def test_signed_before_is_by_the_same_mailbox_and_accepted_by_a_person(
    app: Flask, status: SignatureStatus
) -> None:
    signed(make_letter(), MAILBOX, None, status)
    again = signed(make_letter(), "Office+letters@harbour.example.org", HOME)
    colleague = signed(make_letter(), "director@harbour.example.org", HOME)
    other = signed(make_letter(), MAILBOX, HOME, name="Quay Friends")
    expected = Evidence.BEFORE if status is S.ACCEPTED else Evidence.DOMAIN
    assert (again.evidence, colleague.evidence, other.evidence) == (
        expected,
        Evidence.DOMAIN,
        Evidence.DOMAIN,
    )


def test_what_only_a_letters_setting_accepted_speaks_for_nothing(app: Flask) -> None:
    automatic = make_letter(acceptance=Acceptance.AUTOMATIC)
    first = signed(automatic, MAILBOX, None, S.PENDING)
    assert first.status is S.ACCEPTED
    assert signed(make_letter(), MAILBOX).evidence is Evidence.MAILBOX
    moderation.undo(first, COORDINATOR)
    moderation.accept(first, COORDINATOR)
    db.session.commit()
    later = signed(make_letter(), MAILBOX)
    assert later.evidence is Evidence.BEFORE
    assert grounds_of([later])[later.id].earlier is first


def test_a_vouched_one_proved_no_mailbox(app: Flask) -> None:
    entered = signed(make_letter(), MAILBOX, None, S.UNVERIFIED)
    moderation.accept_on_evidence(entered, "They called.", COORDINATOR)
    db.session.commit()
    assert signed(make_letter(), MAILBOX).evidence is Evidence.MAILBOX


def test_the_websites_that_a_person_accepted_count_alone(app: Flask) -> None:
    genuine = signed(make_letter(), MAILBOX, HOME, S.ACCEPTED)
    assert genuine.organisation is not None
    genuine.organisation.domains = [
        OrganisationDomain(domain="harbour.example.net", source=DomainSource.WEBSITE, created_at=clock.now())
    ]
    db.session.commit()
    impostor = signed(make_letter(), "office@evil.example.com", "https://evil.example.com")
    member = signed(make_letter(), "office@harbour.example.net", None)
    assert (impostor.evidence, member.evidence) == (Evidence.MAILBOX, Evidence.DOMAIN)


def test_a_correction_of_name_or_website_looks_at_it_anew(app: Flask) -> None:
    signed(make_letter(), MAILBOX, None, S.ACCEPTED, name="Harbour Friends")
    signature = signed(make_letter(), MAILBOX, None, S.PENDING, name="Harbor Frends")
    place = (signature.country_code, signature.scope)
    seen = [signature.evidence]
    moderation.correct(signature, "Harbor Frends", *place, COORDINATOR, HOME)
    seen.append(signature.evidence)
    moderation.correct(signature, NAME, *place, COORDINATOR)
    seen.append(signature.evidence)
    moderation.correct(signature, "Quay Friends", *place, COORDINATOR, "")
    seen.append(signature.evidence)
    assert seen == [Evidence.MAILBOX, Evidence.DOMAIN, Evidence.BEFORE, Evidence.MAILBOX]
    assert signature.website is None
    vouched = signed(make_letter(), MAILBOX, None, S.UNVERIFIED, name="Somebody")
    moderation.accept_on_evidence(vouched, "They called.", COORDINATOR)
    moderation.correct(vouched, "Somebody else", *place, COORDINATOR)
    assert vouched.evidence is Evidence.VOUCHED


def test_a_contact_that_is_no_longer_kept_leaves_what_was_found(app: Flask) -> None:
    signature = signed(make_letter(), MAILBOX, HOME)
    assert signature.representative is not None
    signature.representative.email = None
    moderation.correct(signature, "Quay", signature.country_code, signature.scope, COORDINATOR)
    assert signature.evidence is Evidence.DOMAIN


def test_a_further_contact_has_evidence_too(app: Flask) -> None:
    letter = make_letter(deadline=clock.now() + timedelta(days=3))
    signed(letter, "stranger@gmail.com")
    assert signed(letter, MAILBOX, HOME).evidence is Evidence.DOMAIN
    letters.close(letter, COORDINATOR)
    withdrawn = signed(make_letter(), MAILBOX, HOME, S.ACCEPTED, name="Quay")
    signing.withdraw(withdrawn, SIGNATORY)
    assert withdrawn.evidence is Evidence.DOMAIN
