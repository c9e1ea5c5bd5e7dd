"""Who may see a name: wider only by the signatory, narrower by a coordinator too, and figures that follow."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from campaign.audit.models import AuditEntry
from campaign.audit.rules import SIGNATORY
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput, NotAllowed
from campaign.editions.frozen import thaw
from campaign.letters.drafts import AddresseeDraft
from campaign.letters.rules import Sees, Visibility, is_wider
from campaign.signing import operations, roll
from campaign.signing.models import Consent, Signature
from campaign.signing.reconcile import differences
from campaign.signing.rules import LIVE, Audience, Purpose, SignatureStatus
from campaign.signing.visibility import Choice, choose, narrow
from campaign.tally.queries import letter_figures
from tests.factories import COORDINATOR, make_edition, make_letter, make_signature

PUBLIC, ADDRESSEES, UNNAMED = Visibility
PAIRS = list(itertools.product(Visibility, repeat=2))


def choice(visibility: Visibility, **changes: Any) -> Choice:
    """What a signatory chooses on their page."""
    plain: dict[str, Any] = {
        "visibility": visibility,
        "wording": f"Show it as {visibility.value}.",
        "language": "en",
        "readers": ("One",),
        "shown_at": clock.now(),
    }
    return Choice(**(plain | changes))


def named(signature: Signature, audience: Audience) -> bool:
    """Whether an audience finds the name on its list."""
    return signature.id in {entry.id for entry in roll.entries(signature.letter_id, audience)}


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_the_signatory_chooses_and_lists_and_figures_follow(
    app: Flask, before: Visibility, after: Visibility
) -> None:
    signature = make_signature(make_letter(), visibility=before)
    choose(signature, choice(after))
    db.session.commit()
    assert signature.visibility is after
    assert named(signature, Audience.PUBLIC) is (after is PUBLIC)
    assert named(signature, Audience.ADDRESSEES) is (after is not UNNAMED)
    figures = letter_figures(signature.letter_id)
    assert (figures.signatories, figures.withheld_country) == (1, int(after is not PUBLIC))
    assert figures.by_country == ({"BH": 1} if after is PUBLIC else {})
    assert differences(signature.letter_id) == {}


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_a_coordinator_hides_and_never_shows(app: Flask, before: Visibility, after: Visibility) -> None:
    signature = make_signature(make_letter(), visibility=before)
    if is_wider(before, after):
        with pytest.raises(NotAllowed):
            narrow(signature, after, COORDINATOR)
        assert signature.visibility is before
    else:
        narrow(signature, after, COORDINATOR)
        assert signature.visibility is after
    db.session.commit()
    assert differences(signature.letter_id) == {}
    assert not db.session.scalars(select(Consent).where(Consent.purpose == Purpose.VISIBILITY)).all()


def test_the_choice_is_kept_with_its_words_and_readers_and_the_one_before_ends(app: Flask) -> None:
    signature = make_signature(make_letter(), visibility=UNNAMED)
    choose(signature, choice(ADDRESSEES, readers=("The Ministry", "An Aide")))
    choose(signature, choice(PUBLIC, language="fr"))
    db.session.commit()
    kept = db.session.scalars(
        select(Consent).where(Consent.purpose == Purpose.VISIBILITY).order_by(Consent.id)
    ).all()
    assert [(c.wording, c.language, c.readers) for c in kept] == [
        ("Show it as addressees.", "en", ["The Ministry", "An Aide"]),
        ("Show it as public.", "fr", ["One"]),
    ]
    assert [c.withdrawn_at is None for c in kept] == [False, True]
    assert {c.text_version_id for c in kept} == {signature.text_version_id}
    acts = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "signature.shown")).all()
    assert [(a.actor_kind, a.details) for a in acts] == [
        (SIGNATORY.kind, {"was": "unnamed", "to": "addressees"}),
        (SIGNATORY.kind, {"was": "addressees", "to": "public"}),
    ]


def test_what_the_letter_does_not_offer_can_not_be_chosen_and_what_stands_can(app: Flask) -> None:
    signature = make_signature(make_letter(visibilities=(PUBLIC, UNNAMED)))
    with pytest.raises(InvalidInput):
        choose(signature, choice(ADDRESSEES))
    signature.letter.visibilities = ["unnamed"]
    choose(signature, choice(PUBLIC))
    assert signature.visibility is PUBLIC


# Who gave way to another sign-on is told what those are told who wait, also by what they can do.
NOWHERE = [s for s in SignatureStatus if s not in LIVE and s is not SignatureStatus.SUPERSEDED]


@pytest.mark.parametrize("status", NOWHERE)
def test_what_stands_nowhere_is_shown_to_nobody_else(app: Flask, status: SignatureStatus) -> None:
    signature = make_signature(make_letter(), status, visibility=UNNAMED)
    with pytest.raises(Conflict):
        choose(signature, choice(PUBLIC))
    with pytest.raises(Conflict):
        narrow(signature, UNNAMED, COORDINATOR)


def test_whoever_gave_way_can_choose_and_shows_nothing_by_it(app: Flask) -> None:
    signature = make_signature(make_letter(), SignatureStatus.SUPERSEDED, visibility=UNNAMED)
    choose(signature, choice(PUBLIC))
    db.session.commit()
    assert not named(signature, Audience.PUBLIC)
    assert letter_figures(signature.letter_id).signatories == 0


def shown_to(signature: Signature) -> list[bool]:
    """Whether each addressee of a list made now is shown the name."""
    frozen = thaw(make_edition(signature.letter))
    return [signature.id in {s.id for s in frozen.named_for(addressee)} for addressee in frozen.addressees]


def office(body: str) -> AddresseeDraft:
    return AddresseeDraft(f"Head of {body}", body=body, sees=Sees.ALL)


def set_since(signature: Signature, *since: datetime) -> None:
    """From when each addressee is to see withheld names."""
    for addressee, moment in zip(signature.letter.addressees, since, strict=True):
        addressee.sees_since = moment


def test_a_reader_sees_the_name_only_if_the_page_named_them(app: Flask) -> None:
    signature = make_signature(make_letter(addressees=(office("One"), office("Two"))), visibility=UNNAMED)
    now = clock.now()
    set_since(signature, now - timedelta(days=2), now)
    choose(signature, choice(ADDRESSEES, shown_at=now - timedelta(days=1)))
    assert shown_to(signature) == [True, False]
    choose(signature, choice(ADDRESSEES, shown_at=now + timedelta(seconds=1)))
    assert shown_to(signature) == [True, True]


def test_hidden_by_a_coordinator_it_is_for_those_who_were_named_long_ago(app: Flask) -> None:
    signature = make_signature(make_letter(addressees=(office("One"), office("Two"))), visibility=PUBLIC)
    given_at = signature.shown_at or signature.signed_at
    set_since(signature, given_at - timedelta(days=1), given_at + timedelta(days=1))
    narrow(signature, ADDRESSEES, COORDINATOR)
    assert shown_to(signature) == [True, False]


def test_a_list_made_before_keeps_the_name_and_none_made_after_has_it(app: Flask) -> None:
    signature = make_signature(make_letter())
    before = make_edition(signature.letter)
    choose(signature, choice(UNNAMED))
    after = make_edition(signature.letter)
    assert [[s.id for s in thaw(edition).named_for(None)] for edition in (before, after)] == [
        [signature.id],
        [],
    ]
    assert [thaw(edition).figures.signatories for edition in (before, after)] == [1, 1]


def test_withdrawing_ends_the_choice(app: Flask) -> None:
    signature = make_signature(make_letter())
    choose(signature, choice(ADDRESSEES))
    operations.withdraw(signature, SIGNATORY)
    db.session.commit()
    assert all(
        c.withdrawn_at or c.purpose is Purpose.ATTESTATION for c in db.session.scalars(select(Consent))
    )
