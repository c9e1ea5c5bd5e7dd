"""Finding editions and their files, and saying what a file or a hash is."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select

from campaign.core.db import db
from campaign.core.errors import InvalidInput, NotFound
from campaign.editions.frozen import Frozen
from campaign.editions.models import Edition, EditionEntry, EditionFile
from campaign.editions.rules import EditionState, Verdict, for_everybody, sha256
from campaign.letters.rules import is_wider
from campaign.signing.models import Signature
from campaign.signing.rules import COUNTED

_HEX = re.compile(r"[0-9a-f]{12,64}")
_BETWEEN = re.compile(r"[\s\u2010\u2011\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff-]")


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


def file_for(edition_id: int, addressee_id: int | None, language: str, reader: int = 0) -> EditionFile:
    """The PDF for a group of an addressee's readers, or the public list in a language. Raises NotFound."""
    found = db.session.scalar(
        select(EditionFile).where(
            EditionFile.edition_id == edition_id,
            EditionFile.addressee_id.is_(None)
            if addressee_id is None
            else EditionFile.addressee_id == addressee_id,
            EditionFile.language == language,
            EditionFile.reader == reader,
        )
    )
    if found is None:
        raise NotFound("there is no such file")
    return found


def opened(edition: Edition) -> list[EditionEntry]:
    """The entries of a public letter's edition that anybody may read, in their order."""
    rows = db.session.scalars(
        select(EditionEntry)
        .where(EditionEntry.edition_id == edition.id, EditionEntry.payload.is_not(None))
        .order_by(EditionEntry.position)
    )
    return [row for row in rows if for_everybody(row.kind, json.loads(row.payload or ""))]


def no_longer_counted(letter_id: int, frozen: Frozen) -> int:
    """How many that an edition named in public have withdrawn since or are not counted any more."""
    named = {signatory.id for signatory in frozen.named_for(None)}
    counted = select(Signature.id).where(Signature.letter_id == letter_id, Signature.status.in_(COUNTED))
    return len(named.difference(db.session.scalars(counted))) + frozen.withdrawn_for(None)


def no_longer_shown(letter_id: int, frozen: Frozen) -> int:
    """How many names an edition shows to somebody who would not be shown them in one made now.

    They were withdrawn since, or hidden: from the public or from the addressees.
    """
    counted = select(Signature.id, Signature.visibility).where(
        Signature.letter_id == letter_id, Signature.status.in_(COUNTED)
    )
    now = {row[0]: row[1] for row in db.session.execute(counted)}
    return sum(s.id not in now or is_wider(now[s.id], s.visibility) for s in frozen.signatories)


@dataclass(frozen=True, slots=True)
class Verification:
    """What is known of a file or hash: the edition it belongs to, whether a part of that was erased since.

    `newest` is the number of the letter's newest edition that has files.
    """

    edition: Edition | None = None
    newest: int | None = None
    redacted: bool = False

    @property
    def superseded(self) -> bool:
        return self.edition is not None and (self.newest or 0) > self.edition.number

    @property
    def verdict(self) -> Verdict:
        """In one word; of a redacted edition `superseded` says the rest."""
        if self.edition is None:
            return Verdict.UNKNOWN
        if self.redacted:
            return Verdict.REDACTED
        return Verdict.SUPERSEDED if self.superseded else Verdict.CURRENT


def verify_file(content: bytes) -> Verification:
    """Whether a PDF is one of ours, byte for byte, as it was made or after an erasure; also one whose bytes
    we had to delete since.
    """
    return _of_file(sha256(content))


def verify_hash(typed: str) -> Verification:
    """What a typed hash stands for: an edition's (whole or at least its first twelve digits) or a file's.

    Spaces, hyphens and the direction marks that come along from a right-to-left page do not matter.
    Raises InvalidInput when it is no hash.
    """
    digits = _BETWEEN.sub("", typed).lower()
    if not _HEX.fullmatch(digits):
        raise InvalidInput("a hash has 64 hexadecimal digits; its first twelve are enough", "hash")
    found = db.session.scalars(select(Edition).where(Edition.sha256.startswith(digits)).limit(2)).all()
    return _verification(found[0]) if len(found) == 1 else _of_file(digits)


def _of_file(digits: str) -> Verification:
    either = or_(EditionFile.sha256 == digits, EditionFile.redacted_sha256 == digits)
    file = db.session.scalar(select(EditionFile).where(either).order_by(EditionFile.id).limit(1))
    return _verification(file.edition) if file else Verification()


def _verification(found: Edition) -> Verification:
    """A later edition supersedes this one when it can be read; an erasure leaves an entry without payload."""
    newest = select(func.max(Edition.number)).where(
        Edition.letter_id == found.letter_id, Edition.state == EditionState.RENDERED
    )
    erased = select(EditionEntry.id).where(
        EditionEntry.edition_id == found.id, EditionEntry.payload.is_(None)
    )
    redacted = db.session.scalar(erased.limit(1)) is not None
    return Verification(found, db.session.scalar(newest), redacted)
