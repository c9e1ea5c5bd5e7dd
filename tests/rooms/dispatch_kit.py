"""What the tests of dispatch begin with: an edition that can be released, and its releases."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from campaign.audit.rules import OPERATOR, Actor, ActorKind
from campaign.core import clock
from campaign.core.db import db
from campaign.dispatch import operations, preview
from campaign.dispatch.fingerprint import fingerprint
from campaign.dispatch.models import Dispatch
from campaign.dispatch.operations import Choice
from campaign.dispatch.rules import Check
from campaign.dispatch.writing import Errand
from campaign.editions.models import Edition
from campaign.letters.drafts import AddresseeDraft, CopyDraft, DocumentDraft
from campaign.letters.models import Addressee
from campaign.letters.rules import Channel
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState
from tests.factories import ADDRESSEE, make_edition, make_letter, make_signature, make_user

COPIED = AddresseeDraft(
    "Basim Example",
    email="basim@example.org",
    salutation="Dear Mr Example,",
    copies=(CopyDraft("aide@example.org", name="An Aide"), CopyDraft("office@example.org")),
)
BY_HAND = AddresseeDraft("Cleo Example", salutation="Dear Ms Example,", channel=Channel.HAND)
ANNEX = DocumentDraft("Annex (final).pdf", "Annex", b"%PDF-1.7 annex", "application/pdf")


def ready(*addressees: AddresseeDraft, **letter: object) -> Edition:
    """A rendered edition of a letter with one signatory."""
    written = make_letter(addressees=addressees or (ADDRESSEE, COPIED), **letter)
    make_signature(written)
    return make_edition(written)


def team(size: int) -> list[Actor]:
    """So many coordinators, as actors."""
    return [Actor(ActorKind.USER, make_user().id) for _ in range(size)]


def released(edition: Edition, at_once: bool = True) -> Dispatch:
    """The operator's release of it, committed."""
    sent = operations.release(edition, OPERATOR, at_once=at_once, reason="a test")
    db.session.commit()
    return sent


def everybody(edition: Edition) -> Choice:
    """All its addressees, as soon as it may."""
    return Choice(frozenset(a.id for a in addressees(edition)))


def addressees(edition: Edition) -> list[Addressee]:
    """Those of its letter, in order."""
    return [a for a in edition.letter.addressees if a.removed_at is None]


def proposed(edition: Edition, actor: Actor, choice: Choice | None = None) -> Dispatch:
    """A release proposed after looking at the preview, committed."""
    sent = operations.propose(edition, choice or everybody(edition), fingerprint(edition), actor)
    db.session.commit()
    return sent


def let_time_come(sent: Dispatch) -> None:
    """Its time is now."""
    sent.leaves_at = clock.now() - timedelta(seconds=1)
    db.session.commit()


def let_mails_be_due() -> None:
    """Whatever waits for another try need not wait longer."""
    db.session.execute(update(Mail).values(due_at=clock.now() - timedelta(seconds=1)))
    db.session.commit()


def found(sent: Dispatch, state: MailState) -> None:
    """All its mails stand there, as if the relay had said so."""
    for owed in sent.consignments:
        assert owed.mail is not None
        owed.mail.state, owed.mail.finished_at = state, clock.now()
    db.session.commit()


def checks(edition: Edition) -> list[Check]:
    """What the preview finds."""
    return [finding.check for finding in preview.preview(Errand(edition)).findings]
