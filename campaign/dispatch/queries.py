"""What is owed to whom, and how far it is: read by joining the outbox."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from campaign.core.db import db
from campaign.core.errors import NotFound
from campaign.dispatch.models import Consignment, Dispatch
from campaign.dispatch.rules import Progress
from campaign.letters.rules import Channel
from campaign.outbox.rules import MailState

_FROM_MAIL = {
    MailState.QUEUED: Progress.WAITING,
    MailState.CLAIMED: Progress.TRYING,
    MailState.SUBMITTING: Progress.TRYING,
    MailState.ACCEPTED: Progress.HANDED_OVER,
    MailState.REFUSED: Progress.REFUSED,
    MailState.DEFERRED: Progress.TRYING,
    MailState.UNKNOWN: Progress.UNKNOWN,
    MailState.BOUNCED: Progress.BOUNCED,
    MailState.HELD: Progress.HELD,
    MailState.CANCELLED: Progress.CANCELLED,
}


def progress(consignment: Consignment) -> Progress:
    """Where a consignment stands."""
    if consignment.mail is not None:
        return _FROM_MAIL[consignment.mail.state]
    if consignment.cancelled:
        return Progress.CANCELLED
    return Progress.DONE if consignment.done_at else Progress.TO_DO


def dispatches(letter_id: int) -> Sequence[Dispatch]:
    """All releases of a letter, newest first, with what each recipient is owed."""
    rows = select(Dispatch).where(Dispatch.letter_id == letter_id).order_by(Dispatch.id.desc())
    loaded = rows.options(
        selectinload(Dispatch.consignments).selectinload(Consignment.mail),
        selectinload(Dispatch.consignments).selectinload(Consignment.addressee),
    )
    return db.session.scalars(loaded).all()


def envelopes(letter_id: int) -> Sequence[Consignment]:
    """Every envelope recipient of a letter's releases, in the order they were owed."""
    rows = (
        select(Consignment)
        .join(Dispatch)
        .where(Dispatch.letter_id == letter_id, Consignment.channel == Channel.MAIL)
    )
    return db.session.scalars(rows.order_by(Consignment.id).options(selectinload(Consignment.mail))).all()


def consignment(letter_id: int, consignment_id: int) -> Consignment:
    """A consignment of this letter. Raises NotFound, also for another letter's."""
    rows = (
        select(Consignment)
        .join(Dispatch)
        .where(Dispatch.letter_id == letter_id, Consignment.id == consignment_id)
    )
    found = db.session.scalar(rows)
    if found is None:
        raise NotFound("there is no such consignment on this letter")
    return found


def released(edition_id: int) -> Dispatch | None:
    """The release of an edition that was not cancelled."""
    return db.session.scalar(
        select(Dispatch).where(Dispatch.edition_id == edition_id, Dispatch.cancelled_at.is_(None))
    )


def dispatch(letter_id: int, dispatch_id: int) -> Dispatch:
    """A release of this letter. Raises NotFound."""
    found = db.session.scalar(
        select(Dispatch).where(Dispatch.letter_id == letter_id, Dispatch.id == dispatch_id)
    )
    if found is None:
        raise NotFound("there is no such release on this letter")
    return found
