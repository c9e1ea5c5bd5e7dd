"""Finding signatures for people who decide on them, and for those who hold a mailed link."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import NotFound
from campaign.core.secrets import blind_index, digest
from campaign.letters.models import Letter
from campaign.letters.rules import LetterStatus, takes_confirmations
from campaign.organisations.queries import family
from campaign.signing.models import Confirmation, Consent, Import, Representative, Signature
from campaign.signing.rules import LIVE, UNPROVEN, SignatureStatus, Source, waits

MOST_WAITING = 200
QUEUE = (SignatureStatus.PENDING, SignatureStatus.HELD, SignatureStatus.QUERIED)


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


def of_mailbox(email_index: str) -> Sequence[Signature]:
    """The signatures whose link a mailbox may ask for; oldest first, none erased.

    It was proven, or a person entered it. Who typed it on a form that a coordinator then vouched for is not
    known.
    """
    rows = (
        select(Signature)
        .join(Representative)
        .where(
            Representative.email_index == email_index,
            Signature.status.not_in(UNPROVEN),
            or_(Signature.confirmed_at.is_not(None), Signature.source != Source.FORM),
            Signature.erased_at.is_(None),
        )
    )
    return db.session.scalars(rows.order_by(Signature.id)).all()


def consents(signature_id: int) -> Sequence[Consent]:
    """Everything that was said yes to, oldest first."""
    rows = select(Consent).where(Consent.signature_id == signature_id)
    return db.session.scalars(rows.order_by(Consent.given_at, Consent.id)).all()


def wished(letter_id: int) -> Sequence[Signature]:
    """Signatures whose holder waits for a correction to be looked at; oldest first."""
    rows = select(Signature).where(
        Signature.letter_id == letter_id, Signature.wishes.is_not(None), Signature.status.in_(LIVE)
    )
    found = db.session.scalars(rows.order_by(Signature.id)).all()
    return [signature for signature in found if waits(signature.wishes)]


def newest_confirmation(signature_id: int) -> Confirmation | None:
    """The newest link of a sign-on that was not replaced."""
    rows = select(Confirmation).where(
        Confirmation.signature_id == signature_id, Confirmation.replaced_at.is_(None)
    )
    return db.session.scalar(rows.order_by(Confirmation.id.desc()).limit(1))


def waiting_for(address: str, owed: int | None = None) -> Sequence[Confirmation]:
    """What whoever reads mail at this very address can still confirm: the newest link of each sign-on, oldest
    first, and the link named by its id. Of very many, the newest: whoever names a mailbox ten thousand times
    costs no more.
    """
    found = {one.signature_id: one for one in (*_named(owed), *_newest_of_mailbox(blind_index(address)))}
    return sorted((one for one in found.values() if _waits_for(one, address)), key=lambda one: one.id)


def _named(confirmation_id: int | None) -> Sequence[Confirmation]:
    found = db.session.get(Confirmation, confirmation_id) if confirmation_id else None
    return [found] if found else []


def _newest_of_mailbox(email_index: str) -> Sequence[Confirmation]:
    newest = (
        select(func.max(Confirmation.id))
        .join(Signature)
        .join(Representative)
        .where(
            Representative.email_index == email_index,
            Signature.status == SignatureStatus.UNVERIFIED,
            Confirmation.replaced_at.is_(None),
        )
        .group_by(Confirmation.signature_id)
    )
    rows = select(Confirmation).where(Confirmation.id.in_(newest)).order_by(Confirmation.id.desc())
    return db.session.scalars(rows.limit(MOST_WAITING)).all()


def _waits_for(asked: Confirmation, address: str) -> bool:
    signature, letter = asked.signature, asked.signature.letter
    email = signature.representative.email if signature.representative else None
    return (
        (email or "").casefold() == address.casefold()
        and asked.replaced_at is None
        and signature.status is SignatureStatus.UNVERIFIED
        and takes_confirmations(letter.status, letter.deadline, clock.now())
    )


@dataclass(frozen=True, slots=True)
class Origin:
    """Which line of which sheet a sign-on came from."""

    import_id: int
    filename: str
    line: int | None


def origins(signature_ids: Collection[int]) -> Mapping[int, Origin]:
    """Of those that came by a sheet, from where, by their id."""
    rows = select(Signature.id, Import.id, Import.filename, Signature.import_line).join(
        Import, Import.id == Signature.import_id
    )
    found = db.session.execute(rows.where(Signature.id.in_(signature_ids)))
    return {row[0]: Origin(*row[1:]) for row in found}


def of_import(import_id: int, skipped: int, most: int) -> Sequence[Signature]:
    """The sign-ons that came by a sheet, whatever became of them, in the order of its lines."""
    rows = select(Signature).where(Signature.import_id == import_id)
    return db.session.scalars(
        rows.order_by(Signature.import_line, Signature.id).offset(skipped).limit(most)
    ).all()


def of_organisation(organisation_id: int) -> Sequence[Signature]:
    """Its signatures on all letters, and those of organisations merged into it; the newest first."""
    rows = select(Signature).where(Signature.organisation_id.in_(family(organisation_id)))
    return db.session.scalars(rows.order_by(Signature.id.desc())).all()


def live_of(letter_id: int, organisation_id: int, besides: int | None = None) -> Signature | None:
    """The signature by which an organisation stands on a letter or waits to, other than the one named."""
    rows = select(Signature).where(
        Signature.letter_id == letter_id,
        Signature.organisation_id == organisation_id,
        Signature.status.in_(LIVE),
    )
    return db.session.scalar(rows.where(Signature.id != besides) if besides else rows)


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """What decides on an unconfirmed sign-on: its mailbox (index), its times, and how its letter stands."""

    id: int
    mailbox: str | None
    signed_at: datetime
    reminded: bool
    last_reminded: bool
    status: LetterStatus
    deadline: datetime | None


def unconfirmed_everywhere(signed_before: datetime) -> Sequence[Unconfirmed]:
    """Unconfirmed sign-ons that were given before a moment, of letters that were opened; oldest first.

    Of very many, too: no contact is decrypted.
    """
    rows = (
        select(
            Signature.id,
            Representative.email_index,
            Signature.signed_at,
            Signature.reminded_at.is_not(None),
            Signature.last_reminded_at.is_not(None),
            Letter.status,
            Letter.deadline,
        )
        .join(Letter)
        .outerjoin(Representative, Representative.signature_id == Signature.id)
        .where(
            Signature.status == SignatureStatus.UNVERIFIED,
            Signature.signed_at < signed_before,
            Letter.status != LetterStatus.DRAFT,
        )
    )
    return [Unconfirmed(*row) for row in db.session.execute(rows.order_by(Signature.id))]


def unconfirmed_as(signature: Signature) -> Unconfirmed:
    """The same of one row."""
    person, letter = signature.representative, signature.letter
    return Unconfirmed(
        signature.id,
        person.email_index if person else None,
        signature.signed_at,
        signature.reminded_at is not None,
        signature.last_reminded_at is not None,
        letter.status,
        letter.deadline,
    )


def hold_unconfirmed(ids: Collection[int]) -> Sequence[Signature]:
    """Those of these sign-ons that are still not confirmed, locked and read anew, by id."""
    rows = select(Signature).where(Signature.id.in_(ids), Signature.status == SignatureStatus.UNVERIFIED)
    held = rows.order_by(Signature.id).with_for_update(of=Signature)
    return db.session.scalars(held.execution_options(populate_existing=True)).all()
