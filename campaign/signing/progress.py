"""How far a changed letter's signatories have answered, for the desk."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from campaign.core.db import db
from campaign.letters.models import TextVersion
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState
from campaign.signing import asking
from campaign.signing.models import Representative, Signature, SignatureLink
from campaign.signing.rules import LIVE, LinkPurpose, SignatureStatus
from campaign.signing.versions import silence_of, unanswered

MAILS = (asking.QUESTION, asking.REMINDER)
LOST = (MailState.REFUSED, MailState.BOUNCED)


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


def is_asking(letter_id: int) -> bool:
    """Whether signatories of this letter were ever asked to confirm a change."""
    rows = select(TextVersion.id).where(
        TextVersion.letter_id == letter_id, TextVersion.reconfirm_by.is_not(None)
    )
    return db.session.scalar(rows.limit(1)) is not None


def progress(version: TextVersion) -> Progress:
    """How far a question is."""
    asked = (
        select(func.count(Signature.id.distinct()))
        .join(SignatureLink, SignatureLink.signature_id == Signature.id)
        .where(Signature.superseded_by_id.is_(None), *_links(version))
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
        _count(*unanswered(version), _reachable()) - (lost := _bounced(version)),
        _count(*unanswered(version), ~_reachable()),
        _count(*_taken_off(version)),
        lost,
    )


def silent(version: TextVersion, limit: int) -> Sequence[Signature]:
    """Those with an address who have not answered, oldest first."""
    return _listed(limit, *unanswered(version), _reachable(), Signature.id.not_in(came_back(version)))


def bounced(version: TextVersion, limit: int) -> Sequence[Signature]:
    """Those whose newest question or reminder came back, oldest first: they do not know of it."""
    return _listed(limit, *unanswered(version), _reachable(), Signature.id.in_(came_back(version)))


def _bounced(version: TextVersion) -> int:
    return _count(*unanswered(version), _reachable(), Signature.id.in_(came_back(version)))


def came_back(version: TextVersion) -> set[int]:
    """The ids of signatures whose newest mail about a question was refused for good, or came back."""
    mails = select(Mail.arguments, Mail.state).where(
        Mail.letter_id == version.letter_id,
        Mail.kind.in_({builder.rpartition(".")[2] for builder in MAILS}),
        Mail.builder.in_(MAILS),
    )
    links = select(SignatureLink.id, SignatureLink.signature_id).where(*_links(version))
    asked = {row[0]: row[1] for row in db.session.execute(links)}
    newest: dict[int, MailState] = {}
    for arguments, state in db.session.execute(mails.order_by(Mail.id)):
        if arguments[0] in asked:
            newest[asked[arguments[0]]] = state
    return {signature_id for signature_id, state in newest.items() if state in LOST}


def unreachable(version: TextVersion, limit: int) -> Sequence[Signature]:
    """Those without an address whose yes nobody has noted, oldest first."""
    return _listed(limit, *unanswered(version), ~_reachable())


def taken_off(version: TextVersion, limit: int) -> Sequence[Signature]:
    """Those taken off because nobody answered, oldest first."""
    return _listed(limit, *_taken_off(version))


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


def _links(version: TextVersion) -> tuple[ColumnElement[bool], ...]:
    return SignatureLink.purpose == LinkPurpose.RECONFIRM, SignatureLink.text_version_id == version.id


def _reachable() -> ColumnElement[bool]:
    with_address = select(Representative.id).where(
        Representative.signature_id == Signature.id, Representative.email.is_not(None)
    )
    return with_address.exists()


def _count(*conditions: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count(Signature.id)).where(*conditions)) or 0


def _listed(limit: int, *conditions: ColumnElement[bool]) -> Sequence[Signature]:
    return db.session.scalars(select(Signature).where(*conditions).order_by(Signature.id).limit(limit)).all()
