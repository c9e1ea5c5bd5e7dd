"""What is owed to whom, and how far it is: read by joining the outbox."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import selectinload

from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import NotFound
from campaign.core.secrets import blind_index
from campaign.core.sentences import Sentence
from campaign.dispatch.models import Consignment, Dispatch, KeptFile, Response
from campaign.dispatch.rules import DispatchState, Progress, Purpose
from campaign.editions.models import Edition
from campaign.letters.rules import Channel, Circulation
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState, found_arrived

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
_BEFORE = {
    DispatchState.PROPOSED: Progress.PROPOSED,
    DispatchState.RELEASED: Progress.WAITING,
    DispatchState.HELD: Progress.HELD,
    DispatchState.CANCELLED: Progress.CANCELLED,
}
Row = TypeVar("Row")
_FAILED = (MailState.REFUSED, MailState.BOUNCED, MailState.UNKNOWN)
_NOT_IN_THREAD = (MailState.REFUSED, MailState.BOUNCED, MailState.CANCELLED)


def progress(consignment: Consignment) -> Progress:
    """Where a consignment stands."""
    mail = consignment.mail
    if mail is not None:
        arrived = found_arrived(mail.state, mail.answer)
        return Progress.HANDED_OVER if arrived else _FROM_MAIL[mail.state]
    if consignment.cancelled:
        return Progress.CANCELLED
    if consignment.dispatch.state in _BEFORE:
        return _BEFORE[consignment.dispatch.state]
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
    return _found(rows, Sentence("there is no such consignment on this letter"))


def dispatch(letter_id: int, dispatch_id: int, lock: bool = False) -> Dispatch:
    """A release of this letter, locked and read anew if asked. Raises NotFound."""
    rows = select(Dispatch).where(Dispatch.letter_id == letter_id, Dispatch.id == dispatch_id)
    if lock:
        rows = rows.with_for_update(of=Dispatch).execution_options(populate_existing=True)
    return _found(rows, Sentence("there is no such release on this letter"))


def owed(edition_id: int) -> set[int]:
    """The addressees who have this edition, or are about to get it."""
    rows = select(Consignment.addressee_id).where(
        Consignment.edition_id == edition_id,
        Consignment.envelope == 0,
        Consignment.cancelled.is_(False),
        Consignment.again.is_(False),
    )
    return set(db.session.scalars(rows))


def reminded(edition_id: int, addressee_id: int) -> bool:
    """Whether a reminder of this edition is on its way to an addressee and has not left."""
    rows = (
        select(Consignment.id)
        .join(Dispatch)
        .where(
            Consignment.edition_id == edition_id,
            Consignment.addressee_id == addressee_id,
            Dispatch.purpose == Purpose.REMINDER,
            Dispatch.state.in_((DispatchState.PROPOSED, DispatchState.RELEASED, DispatchState.HELD)),
        )
    )
    return db.session.scalar(rows.limit(1)) is not None


def releases(edition_id: int) -> Sequence[Dispatch]:
    """The releases of an edition that were not cancelled, oldest first."""
    rows = select(Dispatch).where(
        Dispatch.edition_id == edition_id, Dispatch.state != DispatchState.CANCELLED
    )
    return db.session.scalars(rows.order_by(Dispatch.id)).all()


def last_sent(letter_id: int) -> Mapping[int, int]:
    """The number of the newest edition that left for each addressee, by the addressee's id."""
    rows = (
        select(Consignment.addressee_id, func.max(Edition.number))
        .join(Dispatch, Dispatch.id == Consignment.dispatch_id)
        .join(Edition, Edition.id == Consignment.edition_id)
        .outerjoin(Mail, Mail.id == Consignment.mail_id)
        .where(
            Dispatch.letter_id == letter_id,
            Dispatch.left_at.is_not(None),
            Consignment.cancelled.is_(False),
            Consignment.envelope == 0,
            or_(Mail.id.is_(None), Mail.state.not_in((MailState.REFUSED, MailState.BOUNCED))),
        )
        .group_by(Consignment.addressee_id)
    )
    return {row[0]: row[1] for row in db.session.execute(rows)}


def thread(addressee_id: int, address: str) -> list[str]:
    """The Message-IDs of what this mailbox was sent in an addressee's matter, oldest first.

    What is about to leave belongs to it: whatever comes next leaves after it.
    """
    rows = (
        select(Mail)
        .join(Consignment, Consignment.mail_id == Mail.id)
        .where(Consignment.addressee_id == addressee_id, Mail.recipient_index == blind_index(address))
    )
    mails = db.session.scalars(rows.order_by(Mail.id))
    inside = (m for m in mails if m.state not in _NOT_IN_THREAD or found_arrived(m.state, m.answer))
    return list(dict.fromkeys(mail.message_id for mail in inside))


def due() -> Sequence[int]:
    """The releases whose time has come, by id."""
    rows = select(Dispatch.id).where(
        Dispatch.state == DispatchState.RELEASED, Dispatch.leaves_at <= clock.now()
    )
    return db.session.scalars(rows.order_by(Dispatch.leaves_at, Dispatch.id)).all()


def unpublished() -> Sequence[int]:
    """The releases that left and whose letter is to be published after them, by id."""
    rows = select(Dispatch.id).where(
        Dispatch.state == DispatchState.LEFT, Dispatch.publishes, Dispatch.published_at.is_(None)
    )
    return db.session.scalars(rows.order_by(Dispatch.id)).all()


def troubled() -> Sequence[int]:
    """The releases in which something failed since the coordinators were last alerted, by id."""
    rows = (
        select(Dispatch.id)
        .join(Consignment)
        .join(Mail, Mail.id == Consignment.mail_id)
        .where(
            Mail.state.in_(_FAILED),
            Consignment.cancelled.is_(False),
            or_(Dispatch.alerted_at.is_(None), Mail.finished_at > Dispatch.alerted_at),
        )
    )
    return db.session.scalars(rows.distinct().order_by(Dispatch.id)).all()


def embargoed(letter_id: int) -> Dispatch | None:
    """The release that will publish a letter which is still private.

    Also one that is held after a restore, or has left and waits for a mail that is.
    """
    rows = select(Dispatch).where(
        Dispatch.letter_id == letter_id,
        Dispatch.publishes,
        Dispatch.published_at.is_(None),
        Dispatch.state != DispatchState.CANCELLED,
    )
    found = db.session.scalar(rows.order_by(Dispatch.id.desc()).limit(1))
    return found if found and found.letter.circulation is Circulation.PRIVATE else None


def responses(letter_id: int, published: bool = False) -> Sequence[Response]:
    """What addressees answered, oldest first; with `published`, only what everybody may read."""
    rows = select(Response).where(Response.letter_id == letter_id)
    if published:
        rows = rows.where(Response.published_at.is_not(None))
    return db.session.scalars(rows.order_by(Response.on_day, Response.id)).all()


def response(letter_id: int, response_id: int) -> Response:
    """An answer to this letter. Raises NotFound."""
    rows = select(Response).where(Response.letter_id == letter_id, Response.id == response_id)
    return _found(rows, Sentence("there is no such answer to this letter"))


def kept_file(letter_id: int, file_id: int) -> KeptFile:
    """A scan or a reply's file of this letter. Raises NotFound."""
    rows = select(KeptFile).where(KeptFile.letter_id == letter_id, KeptFile.id == file_id)
    return _found(rows, Sentence("there is no such file on this letter"))


def _found(rows: Select[Row], otherwise: str) -> Row:
    found = db.session.scalar(rows)
    if found is None:
        raise NotFound(otherwise)
    return found
