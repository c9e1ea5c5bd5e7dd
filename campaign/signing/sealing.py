"""Sealed letters: contacts are locked to a key that is kept elsewhere as soon as their sign-on stands."""

import json
import zipfile
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import select, update

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict
from campaign.core.sealing import sealed
from campaign.core.text import ascii_name
from campaign.letters.models import Letter
from campaign.outbox.forgetting import forget
from campaign.outbox.models import Mail
from campaign.outbox.rules import SELDOM_SPAN
from campaign.outbox.seldom import OPEN
from campaign.signing.models import Representative, Sighting, Signature
from campaign.signing.rules import UNPROVEN

FORMAT = "undersigned-contact-1"
_PERSON = ("name", "role", "email", "asked_by", "asked_by_email")
_INDEXES = ("email_index", "asked_by_index")
SLICE = 500


def seal_contact(signature: Signature) -> None:
    """On a sealed letter, lock who signed and empty every clear column, the mailbox's index among them.

    Nothing for another letter, or where nothing is known. The signature must have its id.
    """
    letter, person = signature.letter, signature.representative
    if letter.sealed_to is None or signature.status in UNPROVEN or person is None:
        return
    known = {name: getattr(person, name) for name in _PERSON}
    if not any(known.values()):
        return
    facts = {
        "format": FORMAT,
        "letter": letter.slug,
        "signature": signature.id,
        "organisation": signature.name,
        "language": signature.language,
        **known,
        "sealed_at": clock.iso(clock.now()),
    }
    person.sealed = sealed(json.dumps(facts, ensure_ascii=False), letter.sealed_to)
    for name in (*_PERSON, *_INDEXES):
        setattr(person, name, None)
    db.session.execute(update(Sighting).where(Sighting.signature_id == signature.id).values(mailbox=None))


def forget_mails(now: datetime) -> int:
    """Of sealed letters, delete mails to mailboxes that nobody has to write to any more. Returns how many.

    They are kept for as long as they bound what strangers can have mailed, and bounces of them come back.
    """
    waiting = (
        select(Representative.id)
        .join(Signature)
        .where(
            Signature.letter_id == Mail.letter_id,
            (Representative.email_index == Mail.recipient_index)
            | (Representative.asked_by_index == Mail.recipient_index),
        )
    )
    due = (
        select(Mail.id)
        .join(Letter, Letter.id == Mail.letter_id)
        .where(
            Letter.sealed_to.is_not(None),
            Mail.builder.startswith("campaign.signing.", autoescape=True),
            Mail.state.not_in(OPEN),
            Mail.finished_at < now - SELDOM_SPAN,
            ~waiting.exists(),
        )
    )
    ids = db.session.scalars(due.order_by(Mail.id).limit(SLICE)).all()
    return forget(ids) if ids else 0


def write_contacts(letter: Letter, target: BinaryIO, actor: Actor) -> int:
    """The sealed contacts of a letter as a ZIP of files that the age tool opens; returns how many.

    Noted in the record; the caller commits before the first byte leaves. Raises Conflict for a letter that
    is not sealed.
    """
    if letter.sealed_to is None:
        raise Conflict("the contacts of this letter are not sealed")
    rows = (
        select(Signature.id, Representative.sealed)
        .join(Representative, Representative.signature_id == Signature.id)
        .where(Signature.letter_id == letter.id, Representative.sealed.is_not(None))
        .order_by(Signature.id)
    )
    count = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for signature_id, blob in db.session.execute(rows.execution_options(yield_per=SLICE)):
            # No time of day in the archive: a sign-on's file says nothing but its number.
            archive.writestr(zipfile.ZipInfo(f"{signature_id:06}.age"), blob or b"")
            count += 1
    record(actor, "contacts.exported", "letter", letter.id, letter.id, count=count)
    return count


def filename(letter: Letter) -> str:
    """Date, letter, what it is; ASCII."""
    return f"{clock.now():%Y-%m-%d}-{ascii_name(letter.slug)}-sealed-contacts.zip"
