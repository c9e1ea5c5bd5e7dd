"""Further contacts: colleagues who confirmed for an organisation that stands on the letter already."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import aliased

from campaign.audit.rules import SIGNATORY
from campaign.core.db import db
from campaign.letters.rules import Visibility
from campaign.signing.models import Representative, Signature
from campaign.signing.rules import COUNTED, LIVE, SignatureStatus
from campaign.signing.standing import go

MOST_ALONE = 100


def join(signature: Signature, standing: Signature) -> None:
    """Their sign-on gives way to the one that stands, and they are a further contact of the organisation."""
    signature.organisation, signature.superseded_by = standing.organisation, standing
    go(signature, SignatureStatus.SUPERSEDED, SIGNATORY, by=standing.id)


def is_further(signature: Signature) -> bool:
    """Whether it is a further contact: it never stood by itself."""
    superseded = signature.status is SignatureStatus.SUPERSEDED
    return superseded and signature.previous is SignatureStatus.UNVERIFIED


def told_status(signature: Signature) -> SignatureStatus:
    """Where whoever confirmed is told that it stands.

    One that gave way to another is told what everybody is told whom the hosts have yet to look at, unless
    everybody can see that the organisation has signed, or they signed for it themselves: nobody may learn who
    signed by signing in their name (promise A3).
    """
    if signature.status is SignatureStatus.SUPERSEDED and not _may_know(signature):
        return SignatureStatus.PENDING
    return signature.status


def _may_know(signature: Signature) -> bool:
    standing = signature.superseded_by
    if standing is None:
        return False
    listed = standing.status in COUNTED and standing.visibility is Visibility.PUBLIC
    return listed or (standing.status in LIVE and _mailbox(standing) == _mailbox(signature) is not None)


def _mailbox(signature: Signature) -> str | None:
    return signature.representative.email_index if signature.representative else None


def further_contacts(letter_id: int, of: Collection[int]) -> Mapping[int, Sequence[Signature]]:
    """The further contacts of these of a letter's signatures, by the id of the one they gave way to."""
    found: dict[int, list[Signature]] = {}
    for signature in db.session.scalars(_further(letter_id).where(Signature.superseded_by_id.in_(of))):
        found.setdefault(signature.superseded_by_id or 0, []).append(signature)
    return found


def left_alone(letter_id: int) -> Sequence[Signature]:
    """Further contacts of organisations that no longer stand on the letter, as when the one they gave way to
    was erased; oldest first, of very many some.
    """
    standing = aliased(Signature)
    rows = _further(letter_id).outerjoin(standing, standing.id == Signature.superseded_by_id)
    return db.session.scalars(
        rows.where(or_(standing.id.is_(None), standing.status.not_in(LIVE))).limit(MOST_ALONE)
    ).all()


def _further(letter_id: int) -> Select[Signature]:
    such = (
        Signature.letter_id == letter_id,
        Signature.status == SignatureStatus.SUPERSEDED,
        Signature.previous == SignatureStatus.UNVERIFIED,
        Signature.erased_at.is_(None),
    )
    return select(Signature).where(*such).order_by(Signature.id)


def shares_mailbox(signature: Signature) -> bool:
    """Whether its mailbox, if any, stands on this letter for another organisation too, or waits to."""
    if _mailbox(signature) is None:
        return False
    others = (
        select(Signature.id)
        .join(Representative)
        .where(
            Signature.letter_id == signature.letter_id,
            Signature.id != signature.id,
            Signature.organisation_id != signature.organisation_id,
            Signature.status.in_(LIVE),
            Representative.email_index == _mailbox(signature),
        )
    )
    return db.session.scalar(others.limit(1)) is not None
