"""What the outbox owes in a measurement, made by the verbs that make it in production."""

from __future__ import annotations

import random

from sqlalchemy import func, select

from campaign.audit.operations import record
from campaign.audit.rules import OPERATOR
from campaign.core.db import db
from campaign.core.mailer import Answer, Outcome
from campaign.dispatch import operations as dispatch
from campaign.dispatch.tasks import leave_on_time
from campaign.editions import operations as editions
from campaign.editions.models import Edition
from campaign.editions.operations import Printed
from campaign.letters.drafts import AddresseeDraft, CopyDraft
from campaign.letters.models import Letter
from campaign.outbox.bodies import Bodies
from campaign.outbox.leases import claim_next, settle
from campaign.outbox.models import Mail
from campaign.outbox.operations import post
from campaign.outbox.rules import MailState
from tests.factories import make_edition, make_letter, make_signature

PDF_BYTES = 200_000  # a letter with about a thousand names
NOTICE = "campaign.letters.mails.operator_acted"


def notices(letter: Letter, count: int) -> None:
    """That many coordinators are owed a short notice; due now."""
    entry = record(OPERATOR, "letter.open", "letter", letter.id, letter.id)
    db.session.flush()
    for number in range(count):
        post(NOTICE, entry.id, recipient=f"coordinator{number}@example.org", locale="en", letter_id=letter.id)
    db.session.commit()


def addressed(addressees: int, copies: int) -> Edition:
    """An edition to so many addressees, each with a PDF of their own and so many Cc."""
    drafts = tuple(
        AddresseeDraft(
            f"Addressee {number}",
            email=f"addressee{number}@example.org",
            salutation="Dear Minister,",
            copies=tuple(CopyDraft(f"copy{number}-{n}@example.org") for n in range(copies)),
        )
        for number in range(addressees)
    )
    letter = make_letter(addressees=drafts)
    make_signature(letter)
    edition = make_edition(letter, rendered=False)
    chance = random.Random(7)  # noqa: S311 -- no secret; bytes that do not compress, as in a PDF
    files = [
        Printed(order.addressee_id, order.language, b"%PDF-1.7\n" + chance.randbytes(PDF_BYTES), order.reader)
        for order in editions.orders(edition)
    ]
    editions.store(edition, files)
    db.session.commit()
    return edition


def letters(edition: Edition) -> int:
    """Release it: its mails are due now. Returns how many they are."""
    dispatch.release(edition, OPERATOR, at_once=True, reason="measuring")
    db.session.commit()
    leave_on_time()
    return db.session.scalar(select(func.count()).where(Mail.state == MailState.QUEUED)) or 0


def size_of_next() -> int:
    """Octets of the mail that is due first; it counts as taken. Raises RuntimeError when none is due."""
    while claim := claim_next():
        payload = Bodies().payload(claim)
        if payload is not None:
            settle(claim, Answer(Outcome.ACCEPTED, "measured for its size"))
            return payload.size
        settle(claim, None)  # the signatory's confirmation, which is not wanted any more
    raise RuntimeError("no mail is due")
