"""Erasing a signatory, or everything of a mailbox, from all rooms. The caller commits."""

from datetime import timedelta

from sqlalchemy import Column, Table, delete, select

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.care import rows, sheets
from campaign.core import clock
from campaign.core.db import Base, db
from campaign.core.secrets import blind_index
from campaign.dispatch import redacting as dispatch
from campaign.editions import redacting as editions
from campaign.jobs.operations import owe
from campaign.organisations import forgetting as organisations
from campaign.organisations.models import Organisation
from campaign.outbox import forgetting as outbox
from campaign.signing import queries
from campaign.signing.models import Merge, Representative, Sighting, Signature
from campaign.signing.rules import LIVE, SignatureStatus
from campaign.signing.standing import go

ROOMS = ("signing", "care")  # who writes to signatories
NOTE_DOWN = "campaign.care.tasks.note_down"
MAKE_SURE, SOON = "campaign.care.tasks.make_sure", timedelta(minutes=1)  # longer than freezing takes
# What says something about an organisation, and goes with it; anything else that refers to one keeps it.
_OWN = ("organisations", "organisation_names", "organisation_domains", "organisation_differences", "merges")


def erase(signature: Signature, actor: Actor) -> None:
    """Remove a signatory from everywhere we control.

    The row stays with its status, its letter and its times; who it was does not. One that stood on the letter
    is withdrawn first, so that the figures move. Doing it again changes nothing. The caller commits.
    """
    signature = queries.signature(signature.letter_id, signature.id, lock=True)
    was = signature.status
    _end(signature, actor)
    for contact in rows.further_contacts(signature):
        erase(contact, actor)
    sheets.give_up(signature, actor)
    first, organisation_id = signature.erased_at is None, signature.organisation_id
    forget_mails(signature)
    now = clock.now()
    rows.end_links(signature.id, now)
    rows.close_consents(signature.id, now)
    rows.delete_traces(signature.id)
    rows.leave_merges(signature.id)
    for redacted in editions.redact(signature.letter_id, signature.id, actor):
        dispatch.strike(redacted.edition, redacted.signatory, actor)
    rows.empty(signature, now)
    if organisation_id is not None:
        forget_organisation(organisation_id)
    if first:
        owe(NOTE_DOWN, signature.id, 1)
        owe(MAKE_SURE, signature.id, due_at=now + SOON)
        record(actor, "signature.erased", "signature", signature.id, signature.letter_id, was=was.value)
    db.session.flush()
    db.session.expire(signature, ["representative", "organisation"])


def erase_mailbox(address: str, actor: Actor) -> int:
    """Erase every signatory that a mailbox signed for, on all letters; returns how many were not erased yet.

    Where it only asked somebody else to decide, the sign-on stays and no longer says who asked.
    """
    return erase_index(blind_index(address), actor)


def erase_index(index: str, actor: Actor) -> int:
    """The same by the mailbox's blind index."""
    before = of_mailbox(index)
    for signature in before:
        person = signature.representative
        if person is not None and person.email_index == index:
            erase(signature, actor)
        elif person is not None:
            forget_asker(signature, actor)
    outbox.forget([mail.id for mail in outbox.mails_to(index, ROOMS)])
    db.session.execute(delete(Sighting).where(Sighting.mailbox == index))
    record(actor, "mailbox.erased", "mailbox", 0, None, signatures=len(before))
    return len(before)


def forget_asker(signature: Signature, actor: Actor) -> None:
    """The sign-on stays, and no longer says who asked for it."""
    person = signature.representative
    if person is not None and person.asked_by_index is not None:
        person.asked_by = person.asked_by_email = person.asked_by_index = None
        owe(NOTE_DOWN, signature.id, 0)
        record(actor, "signature.asker_erased", "signature", signature.id, signature.letter_id)


def of_mailbox(index: str) -> list[Signature]:
    """The sign-ons that a mailbox gave or asked for, by its blind index, oldest first."""
    mine = (Representative.email_index == index) | (Representative.asked_by_index == index)
    return list(db.session.scalars(select(Signature).join(Representative).where(mine).order_by(Signature.id)))


def _end(signature: Signature, actor: Actor) -> None:
    """It stands nowhere any more."""
    if signature.status in LIVE:
        go(signature, SignatureStatus.WITHDRAWN, actor)
    elif signature.status is SignatureStatus.UNVERIFIED:
        go(signature, SignatureStatus.EXPIRED, actor)


def forget_mails(signature: Signature) -> None:
    """What we wrote to its mailboxes about this letter, unless they stand behind another sign-on of it."""
    person = signature.representative
    for index in {person.email_index, person.asked_by_index} if person else ():
        if index and not _others(index, signature):
            mails = outbox.mails_to(index, ROOMS, signature.letter_id)
            outbox.forget([mail.id for mail in mails])


def _others(index: str, signature: Signature) -> bool:
    """Whether that mailbox belongs to another sign-on of the same letter."""
    return any(
        other.id != signature.id and other.letter_id == signature.letter_id for other in of_mailbox(index)
    )


def forget_organisation(organisation_id: int) -> None:
    """An organisation, and those merged with it, unless anything but its own record refers to one of them."""
    ids = organisations.kin(organisation_id)
    if any(_refers(column, ids) for column in _referring()):
        return
    for merge in db.session.scalars(select(Merge).where(Merge.kept_id.in_(ids) | Merge.gone_id.in_(ids))):
        db.session.delete(merge)
    db.session.flush()
    organisations.forget(ids)


def _referring() -> list[Column[object]]:
    """Every column of every table that points at an organisation from outside."""
    tables: list[Table] = [table for table in Base.metadata.sorted_tables if table.name not in _OWN]
    return [
        key.parent
        for table in tables
        for key in table.foreign_keys
        if key.column.table.name == Organisation.__tablename__
    ]


def _refers(column: Column[object], ids: set[int]) -> bool:
    return db.session.scalar(select(column).where(column.in_(ids)).limit(1)) is not None
