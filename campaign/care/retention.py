"""What is kept no longer than it is needed: what is due to be deleted, how much of it, and deleting it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, or_, select, update

from campaign.accounts.models import LoginAttempt
from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.care.erasure import ROOMS, forget_mails
from campaign.core import clock
from campaign.core.db import db
from campaign.letters.models import Letter
from campaign.letters.rules import LetterStatus
from campaign.outbox import forgetting as outbox
from campaign.outbox.models import Mail
from campaign.outbox.rules import OPEN, MailState
from campaign.signing.models import Import, Representative, Sighting, Signature, SignatureLink
from campaign.signing.rules import ImportState, SignatureStatus
from config import Retention

SLICE = 500
# A letter without an end: whoever has not confirmed by then will not.
ENDLESS = timedelta(days=30)
_UNCONFIRMED = (SignatureStatus.UNVERIFIED, SignatureStatus.EXPIRED)
_WAITING = OPEN - {MailState.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that is deleted once it is older than a moment: which rows (by id), and how."""

    what: str
    before: datetime
    due: Select[int]
    delete: Callable[[Sequence[int]], None]


def duties(days: Retention, now: datetime) -> list[Duty]:
    """All there is to delete at a moment, by the days of the settings."""

    def ago(number: int) -> datetime:
        return now - timedelta(days=number)

    return [
        Duty("unconfirmed", ago(days.unconfirmed), _unconfirmed(ago(days.unconfirmed)), _delete_signatures),
        Duty("contacts", ago(days.contacts), _contacts(ago(days.contacts)), _delete_contacts),
        Duty("notes", ago(days.contacts), _notes(ago(days.contacts)), _delete_notes),
        Duty(
            "network",
            ago(days.network),
            select(Sighting.id).where(Sighting.at < ago(days.network)).order_by(Sighting.id),
            _delete_sightings,
        ),
        Duty(
            "logins",
            ago(days.logins),
            select(LoginAttempt.id).where(LoginAttempt.at < ago(days.logins)).order_by(LoginAttempt.id),
            _delete_logins,
        ),
        Duty("mails", ago(days.mails), _mails(ago(days.mails)), _delete_mails),
        Duty("imports", ago(days.imports), _imports(ago(days.imports)), _empty_imports),
        Duty("links", ago(days.links), _links(ago(days.links)), _delete_links),
    ]


def count(duty: Duty) -> int:
    """How many are due."""
    return db.session.scalar(select(func.count()).select_from(duty.due.subquery())) or 0


def perform(duty: Duty) -> int:
    """Delete one slice of what is due; returns how many, 0 when nothing is left. The caller commits."""
    ids = db.session.scalars(duty.due.limit(SLICE)).all()
    if ids:
        duty.delete(ids)
        db.session.flush()
    return len(ids)


def note(done: Mapping[str, int], actor: Actor) -> None:
    """The record of a round: how many of each, and nothing else."""
    counts = {what: number for what, number in done.items() if number}
    if counts:
        record(actor, "retention.done", "retention", 0, None, **counts)


def plan(letter: Letter, days: Retention) -> dict[str, datetime | None]:
    """When what of a letter is deleted; None while nothing has begun to count."""
    end = letter.closed_at or letter.deadline
    return {
        "unconfirmed": end + timedelta(days=days.unconfirmed) if end else None,
        "contacts": letter.archived_at + timedelta(days=days.contacts) if letter.archived_at else None,
    }


def _unconfirmed(before: datetime) -> Select[int]:
    ended = func.coalesce(Letter.closed_at, Letter.deadline, Letter.archived_at, Signature.signed_at)
    endless = (Letter.status == LetterStatus.OPEN) & Letter.deadline.is_(None)
    return (
        select(Signature.id)
        .join(Letter)
        .where(
            or_(
                (Signature.status == SignatureStatus.EXPIRED) & ~endless & (ended < before),
                Signature.status.in_(_UNCONFIRMED) & endless & (Signature.signed_at < before - ENDLESS),
            )
        )
        .order_by(Signature.id)
    )


def _contacts(before: datetime) -> Select[int]:
    return (
        select(Representative.id)
        .join(Signature)
        .join(Letter)
        .where(Letter.archived_at < before)
        .order_by(Representative.id)
    )


def _notes(before: datetime) -> Select[int]:
    written = Signature.note.is_not(None) | Signature.reason.is_not(None)
    return (
        select(Signature.id).join(Letter).where(Letter.archived_at < before, written).order_by(Signature.id)
    )


def _mails(before: datetime) -> Select[int]:
    """Whatever became of them. One of unknown outcome waits for a person no longer than this."""
    return (
        select(Mail.id)
        .where(outbox.written_by(ROOMS), Mail.state.not_in(_WAITING), Mail.finished_at < before)
        .order_by(Mail.id)
    )


def _imports(before: datetime) -> Select[int]:
    return (
        select(Import.id).where(Import.content.is_not(None), Import.created_at < before).order_by(Import.id)
    )


def _links(before: datetime) -> Select[int]:
    over = or_(SignatureLink.expires_at < before, SignatureLink.revoked_at < before)
    return select(SignatureLink.id).where(over).order_by(SignatureLink.id)


def _delete_signatures(ids: Collection[int]) -> None:
    """Never confirmed, never counted, never shown: the whole row, and what was mailed about it."""
    for signature in db.session.scalars(select(Signature).where(Signature.id.in_(ids))):
        forget_mails(signature)
    db.session.execute(delete(Sighting).where(Sighting.signature_id.in_(ids)))
    db.session.execute(delete(Signature).where(Signature.id.in_(ids)))


def _delete_contacts(ids: Collection[int]) -> None:
    db.session.execute(delete(Representative).where(Representative.id.in_(ids)))


def _delete_notes(ids: Collection[int]) -> None:
    db.session.execute(update(Signature).where(Signature.id.in_(ids)).values(note=None, reason=None))


def _delete_sightings(ids: Collection[int]) -> None:
    db.session.execute(delete(Sighting).where(Sighting.id.in_(ids)))


def _delete_logins(ids: Collection[int]) -> None:
    db.session.execute(delete(LoginAttempt).where(LoginAttempt.id.in_(ids)))


def _delete_mails(ids: Collection[int]) -> None:
    outbox.forget(ids)


def _empty_imports(ids: Collection[int]) -> None:
    """A sheet that nobody brought in is given up; of one that is in, only what it held goes."""
    rows = update(Import).where(Import.id.in_(ids))
    over = {"state": ImportState.CANCELLED, "finished_at": clock.now()}
    db.session.execute(rows.where(Import.state == ImportState.UPLOADED).values(over))
    db.session.execute(rows.values(content=None))


def _delete_links(ids: Collection[int]) -> None:
    db.session.execute(delete(SignatureLink).where(SignatureLink.id.in_(ids)))
