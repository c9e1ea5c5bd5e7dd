"""How far a changed letter's signatories have answered, for the desk."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from campaign.core.db import db
from campaign.letters.models import TextVersion
from campaign.signing.asking import came_back, reachable
from campaign.signing.models import Signature, SignatureLink
from campaign.signing.rules import LIVE, LinkPurpose, SignatureStatus
from campaign.signing.versions import silence_of, unanswered


@dataclass(frozen=True, slots=True)
class Progress:
    """What became of a question, each signature in one place; further contacts in none.

    `asked` are all that were mailed; `silent` have an address and have not answered, `bounced` neither, for
    the newest mail about it came back; `unreachable` have none and no yes noted; `taken_off` were taken off
    for their silence.
    """

    asked: int
    agreed: int
    refused: int
    silent: int
    unreachable: int
    taken_off: int
    bounced: int = 0


@dataclass(frozen=True, slots=True)
class Answers:
    """How far a question is, and the first rows of those to be looked after, oldest first.

    The lists are named as in `Progress`; `lost` are the ids of all signatures whose newest mail came back.
    """

    figures: Progress
    silent: Sequence[Signature]
    bounced: Sequence[Signature]
    unreachable: Sequence[Signature]
    taken_off: Sequence[Signature]
    lost: Collection[int]

    @property
    def rows(self) -> Sequence[Signature]:
        """Everybody on one of the lists."""
        return [*self.silent, *self.bounced, *self.unreachable, *self.taken_off]


def is_asking(letter_id: int) -> bool:
    """Whether signatories of this letter were ever asked to confirm a change."""
    rows = select(TextVersion.id).where(
        TextVersion.letter_id == letter_id, TextVersion.reconfirm_by.is_not(None)
    )
    return db.session.scalar(rows.limit(1)) is not None


def answers(version: TextVersion, limit: int) -> Answers:
    """Figures, and of each list so many rows. The mails are asked once, and no list of ids goes back."""
    lost = set(db.session.scalars(came_back(version)))
    waiting = (*unanswered(version), reachable())
    rows = select(Signature.id).where(*waiting).order_by(Signature.id)
    silent: list[int] = []
    bounced: list[int] = []
    for signature_id in db.session.scalars(rows):
        (bounced if signature_id in lost else silent).append(signature_id)
    without = (*unanswered(version), ~reachable())
    return Answers(
        _figures(version, len(silent), len(bounced)),
        _listed(limit, Signature.id.in_(silent[:limit])),
        _listed(limit, Signature.id.in_(bounced[:limit])),
        _listed(limit, *without),
        _listed(limit, *_taken_off(version)),
        lost,
    )


def _figures(version: TextVersion, silent: int, bounced: int) -> Progress:
    asked = (
        select(func.count(Signature.id.distinct()))
        .join(SignatureLink, SignatureLink.signature_id == Signature.id)
        .where(
            Signature.superseded_by_id.is_(None),
            SignatureLink.purpose == LinkPurpose.RECONFIRM,
            SignatureLink.text_version_id == version.id,
        )
    )
    refused = asked.where(Signature.status == SignatureStatus.WITHDRAWN, SignatureLink.used_at.is_not(None))
    agreed = (
        Signature.letter_id == version.letter_id,
        Signature.status.in_(LIVE),
        func.coalesce(Signature.text_version_id, 0) < version.id,
        Signature.agreed_version_id >= version.id,
    )
    return Progress(
        db.session.scalar(asked) or 0,
        _count(*agreed),
        db.session.scalar(refused) or 0,
        silent,
        _count(*unanswered(version), ~reachable()),
        _count(*_taken_off(version)),
        bounced,
    )


def of_colleagues(version: TextVersion, of: Collection[int]) -> Mapping[int, Sequence[Signature]]:
    """Further contacts who answered yes, by the id of the signature (of these) they gave way to."""
    rows = select(Signature).where(
        Signature.superseded_by_id.in_(of),
        Signature.status == SignatureStatus.SUPERSEDED,
        Signature.agreed_version_id >= version.id,
    )
    found: dict[int, list[Signature]] = {}
    for signature in db.session.scalars(rows.order_by(Signature.id)):
        found.setdefault(signature.superseded_by_id or 0, []).append(signature)
    return found


def _taken_off(version: TextVersion) -> tuple[ColumnElement[bool], ...]:
    return (
        Signature.letter_id == version.letter_id,
        Signature.status == SignatureStatus.INVALIDATED,
        Signature.decision == silence_of(version),
    )


def _count(*conditions: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count(Signature.id)).where(*conditions)) or 0


def _listed(limit: int, *conditions: ColumnElement[bool]) -> Sequence[Signature]:
    return db.session.scalars(select(Signature).where(*conditions).order_by(Signature.id).limit(limit)).all()
