"""A release that was stopped is proposed again to its recipients as the letter stands now, or not at all."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from campaign.audit.rules import OPERATOR
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict
from campaign.dispatch import amends, operations
from campaign.dispatch.fingerprint import fingerprint
from campaign.dispatch.models import Dispatch
from campaign.dispatch.operations import Choice
from campaign.editions.models import Edition
from campaign.letters.drafts import AddresseeDraft, CopyDraft
from campaign.letters.models import Addressee
from campaign.outbox.rules import MailState
from tests.factories import COORDINATOR, make_edition, make_letter, make_user

COPIED = AddresseeDraft(
    "Basim Example",
    email="basim@example.org",
    salutation="Dear Mr Example,",
    copies=(CopyDraft("aide@example.org", "An Aide"), CopyDraft("office@example.org", "An Office")),
)


@pytest.fixture
def edition(app: Flask) -> Edition:
    """An edition for one addressee with two Cc; two persons could release it."""
    make_user()
    make_user()
    return make_edition(make_letter(addressees=(COPIED,)))


def only(edition: Edition) -> Addressee:
    """Its addressee."""
    return edition.letter.addressees[0]


def proposed(edition: Edition) -> Dispatch:
    """A release of it that waits for a second person."""
    choice = Choice(frozenset({only(edition).id}))
    sent = operations.propose(edition, choice, fingerprint(edition), COORDINATOR)
    db.session.commit()
    return sent


def corrected(edition: Edition) -> Dispatch:
    """The proposal to send the first Cc's copy, which was refused, to a corrected address."""
    sent = operations.release(edition, OPERATOR, at_once=True, reason="a test")
    copy = sent.consignments[1]
    assert copy.mail is not None
    copy.mail.state, copy.mail.finished_at = MailState.REFUSED, clock.now()
    again = amends.correct(copy, "second@example.org", COORDINATOR)
    db.session.commit()
    return again


def renew(sent: Dispatch) -> None:
    """Proposed again, by somebody who has looked."""
    db.session.commit()
    operations.renew(sent, fingerprint(sent.edition), COORDINATOR)
    db.session.commit()


def addresses(sent: Dispatch) -> list[str | None]:
    """Where it would go."""
    return [owed.address for owed in sent.consignments]


def test_it_follows_the_addresses_on_the_letter(edition: Edition) -> None:
    sent = proposed(edition)
    only(edition).email = "new@example.org"
    only(edition).copies.pop()
    renew(sent)
    assert addresses(sent) == ["new@example.org", "aide@example.org"]


def test_a_correction_keeps_its_one_recipient(edition: Edition) -> None:
    sent = corrected(edition)
    only(edition).copies[0].email = "third@example.org"
    renew(sent)
    assert addresses(sent) == ["third@example.org"]


def remove(sent: Dispatch) -> None:
    """The addressee is off the letter."""
    only(sent.edition).removed_at = clock.now()


def forget_salutation(sent: Dispatch) -> None:
    """Nobody knows how to begin."""
    only(sent.edition).salutation = None


def drop_copies(sent: Dispatch) -> None:
    """No Cc any more."""
    only(sent.edition).copies.clear()


@pytest.mark.parametrize(
    ("make", "change", "sentence"),
    [
        (proposed, remove, "its addressees are not on the letter any more"),
        (proposed, forget_salutation, "makes sending impossible"),
        (corrected, drop_copies, "this Cc is not on the letter any more"),
    ],
)
def test_what_cannot_leave_any_more_is_not_proposed_again(
    edition: Edition,
    make: Callable[[Edition], Dispatch],
    change: Callable[[Dispatch], None],
    sentence: str,
) -> None:
    sent = make(edition)
    change(sent)
    with pytest.raises(Conflict, match=sentence):
        renew(sent)
