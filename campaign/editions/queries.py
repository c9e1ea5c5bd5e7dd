"""Finding editions and their files, and saying what a file or a hash is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from campaign.core.db import db
from campaign.core.errors import InvalidInput, NotFound
from campaign.editions.models import Edition, EditionEntry, EditionFile
from campaign.editions.rules import EditionState, Verdict, sha256

_HEX = re.compile(r"[0-9a-f]{12,64}")


def edition(letter_id: int, number: int) -> Edition:
    """An edition by its number. Raises NotFound."""
    found = db.session.scalar(select(Edition).where(Edition.letter_id == letter_id, Edition.number == number))
    if found is None:
        raise NotFound("there is no such edition")
    return found


def editions(letter_id: int) -> Sequence[Edition]:
    """All editions of a letter, newest first."""
    return db.session.scalars(
        select(Edition).where(Edition.letter_id == letter_id).order_by(Edition.number.desc())
    ).all()


def rendered(letter_id: int) -> Sequence[Edition]:
    """Editions whose files exist, newest first."""
    return [found for found in editions(letter_id) if found.state is EditionState.RENDERED]


def file_for(edition_id: int, addressee_id: int | None, language: str) -> EditionFile:
    """The PDF for an addressee, or the public list in a language. Raises NotFound."""
    found = db.session.scalar(
        select(EditionFile).where(
            EditionFile.edition_id == edition_id,
            EditionFile.addressee_id.is_(None)
            if addressee_id is None
            else EditionFile.addressee_id == addressee_id,
            EditionFile.language == language,
        )
    )
    if found is None:
        raise NotFound("there is no such file")
    return found


@dataclass(frozen=True, slots=True)
class Verification:
    """What is known of a file or hash.

    The verdict, and the edition it belongs to with the newest one's number.
    """

    verdict: Verdict
    edition: Edition | None = None
    newest: int | None = None


def verify_file(content: bytes) -> Verification:
    """Whether a PDF is one of ours, byte for byte."""
    found = db.session.scalar(select(EditionFile).where(EditionFile.sha256 == sha256(content)).limit(1))
    return _verdict(found.edition if found else None)


def verify_hash(typed: str) -> Verification:
    """What a typed hash stands for: an edition's (whole or at least its first twelve digits) or a file's.

    Raises InvalidInput when it is no hash.
    """
    digits = re.sub(r"[\s-]", "", typed).lower()
    if not _HEX.fullmatch(digits):
        raise InvalidInput("a hash has 64 hexadecimal digits; its first twelve are enough", "hash")
    found = db.session.scalars(select(Edition).where(Edition.sha256.startswith(digits)).limit(2)).all()
    if len(found) == 1:
        return _verdict(found[0])
    file = db.session.scalar(select(EditionFile).where(EditionFile.sha256 == digits).limit(1))
    return _verdict(file.edition if file else None)


def _verdict(found: Edition | None) -> Verification:
    if found is None:
        return Verification(Verdict.UNKNOWN)
    newest = db.session.scalar(select(func.max(Edition.number)).where(Edition.letter_id == found.letter_id))
    erased = (
        select(EditionEntry.id)
        .where(EditionEntry.edition_id == found.id, EditionEntry.payload.is_(None))
        .limit(1)
    )
    if db.session.scalar(erased) is not None:
        return Verification(Verdict.REDACTED, found, newest)
    verdict = Verdict.CURRENT if found.number == newest else Verdict.SUPERSEDED
    return Verification(verdict, found, newest)
