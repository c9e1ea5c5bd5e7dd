"""What somebody says yes to: kept in its very words, given later as news of the letter is, and taken back."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select, update

from campaign.audit.operations import record
from campaign.audit.rules import SIGNATORY
from campaign.core import clock
from campaign.core.db import db
from campaign.signing.models import Consent, Signature
from campaign.signing.rules import Purpose

NAMING = (Purpose.CONSENT, Purpose.VISIBILITY, Purpose.RECONFIRMATION)  # pages for these name the readers


def keep(
    signature: Signature,
    wordings: Mapping[Purpose, str],
    *,
    language: str,
    given_at: datetime,
    readers: Sequence[str] = (),
    text_version_id: int | None = None,
) -> None:
    """Keep each sentence somebody said yes to: its very words, their language, the version, when.

    `readers` are whom the page named as who will see the name; without a version (id) it is the one that the
    signature was given to.
    """
    db.session.add_all(
        Consent(
            signature_id=signature.id,
            purpose=purpose,
            wording=wording,
            language=language,
            text_version_id=text_version_id or signature.text_version_id,
            readers=list(readers) if purpose in NAMING else [],
            given_at=given_at,
        )
        for purpose, wording in wordings.items()
    )


def wants_updates(signature_id: int) -> bool:
    """Whether news of the letter may be sent to whoever signed."""
    standing = select(Consent.id).where(*_standing(signature_id))
    return db.session.scalar(standing.limit(1)) is not None


def want_updates(signature: Signature, wanted: bool, wording: str, language: str) -> None:
    """Give the yes to news in the words that were shown, or take it back. The same again changes nothing."""
    if wanted == wants_updates(signature.id):
        return
    now = clock.now()
    if wanted:
        keep(signature, {Purpose.UPDATES: wording}, language=language, given_at=now)
    else:
        db.session.execute(update(Consent).where(*_standing(signature.id)).values(withdrawn_at=now))
    record(SIGNATORY, "signature.news", "signature", signature.id, signature.letter_id, wanted=wanted)


def take_back_all(signature: Signature) -> None:
    """The organisation no longer signs: what was agreed to is taken back with it, and what was wished for."""
    signature.wishes = None
    agreed = update(Consent).where(
        Consent.signature_id == signature.id,
        Consent.purpose != Purpose.ATTESTATION,
        Consent.withdrawn_at.is_(None),
    )
    db.session.execute(agreed.values(withdrawn_at=signature.withdrawn_at or clock.now()))


def _standing(signature_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        Consent.signature_id == signature_id,
        Consent.purpose == Purpose.UPDATES,
        Consent.withdrawn_at.is_(None),
    )
