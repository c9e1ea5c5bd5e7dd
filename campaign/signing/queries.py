"""Finding signatures for people who decide on them, and for those who hold a mailed link."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select

from campaign.core.db import db
from campaign.core.errors import NotFound
from campaign.core.secrets import digest
from campaign.letters.models import Letter
from campaign.letters.rules import LetterStatus
from campaign.signing.models import Confirmation, Signature
from campaign.signing.rules import LIVE, SignatureStatus

QUEUE = (SignatureStatus.PENDING, SignatureStatus.HELD, SignatureStatus.QUERIED)


def queue(letter_id: int) -> Sequence[Signature]:
    """Confirmed signatures that wait for a decision, oldest first."""
    return _with_status(letter_id, QUEUE)


def unconfirmed(letter_id: int) -> Sequence[Signature]:
    """Sign-ons whose mailbox is not proven yet, oldest first."""
    return _with_status(letter_id, (SignatureStatus.UNVERIFIED,))


def decided(letter_id: int, limit: int = 200) -> Sequence[Signature]:
    """The newest decisions, newest first."""
    rows = select(Signature).where(Signature.letter_id == letter_id, Signature.decided_at.is_not(None))
    return db.session.scalars(
        rows.order_by(Signature.decided_at.desc(), Signature.id.desc()).limit(limit)
    ).all()


def totals(letter_id: int) -> Mapping[SignatureStatus, int]:
    """How many signatures of a letter stand in each status."""
    rows = (
        select(Signature.status, func.count())
        .where(Signature.letter_id == letter_id)
        .group_by(Signature.status)
    )
    return {row[0]: row[1] for row in db.session.execute(rows)}


def signature(letter_id: int, signature_id: int, lock: bool = False) -> Signature:
    """A signature of this letter, locked and read anew if asked. Raises NotFound for another letter's too."""
    rows = select(Signature).where(Signature.id == signature_id, Signature.letter_id == letter_id)
    if lock:
        rows = rows.with_for_update(of=Signature).execution_options(populate_existing=True)
    found = db.session.scalar(rows)
    if found is None:
        raise NotFound("there is no such sign-on on this letter")
    return found


def confirmation(token: str) -> Confirmation:
    """What a mailed link stands for. Raises NotFound for a token nobody was sent."""
    found = db.session.scalar(select(Confirmation).where(Confirmation.digest == digest(token)))
    if found is None:
        raise NotFound("no such link")
    return found


def live_of(letter_id: int, organisation_id: int, besides: int | None = None) -> Signature | None:
    """The signature by which an organisation stands on a letter or waits to, other than the one named."""
    rows = select(Signature).where(
        Signature.letter_id == letter_id,
        Signature.organisation_id == organisation_id,
        Signature.status.in_(LIVE),
    )
    return db.session.scalar(rows.where(Signature.id != besides) if besides else rows)


def unconfirmed_everywhere(signed_before: datetime) -> Sequence[Signature]:
    """Unconfirmed sign-ons of open and closed letters that are older than a moment."""
    rows = (
        select(Signature)
        .join(Letter)
        .where(
            Signature.status == SignatureStatus.UNVERIFIED,
            Signature.signed_at < signed_before,
            Letter.status.in_(
                (LetterStatus.OPEN, LetterStatus.CLOSED, LetterStatus.ARCHIVED, LetterStatus.WITHDRAWN)
            ),
        )
    )
    return db.session.scalars(rows.order_by(Signature.id)).all()


def _with_status(letter_id: int, statuses: Sequence[SignatureStatus]) -> Sequence[Signature]:
    rows = select(Signature).where(Signature.letter_id == letter_id, Signature.status.in_(statuses))
    return db.session.scalars(rows.order_by(Signature.id)).all()
