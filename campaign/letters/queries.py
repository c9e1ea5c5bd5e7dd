"""Finding letters for those who may know of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from campaign.core.db import db
from campaign.core.errors import NotFound
from campaign.core.secrets import digest, token
from campaign.letters.models import Addressee, Copy, Host, Letter, PrivateLink, TextVersion
from campaign.letters.rules import Circulation, LetterStatus, Sees, Visibility

KEY = "private letter"
SHOWN = (LetterStatus.OPEN, LetterStatus.CLOSED, LetterStatus.ARCHIVED, LetterStatus.WITHDRAWN)


def all_letters() -> Sequence[Letter]:
    """Every letter, newest first."""
    return db.session.scalars(select(Letter).order_by(Letter.id.desc())).all()


def public_letters() -> Sequence[Letter]:
    """Letters anybody may read, newest first; withdrawn ones keep their page but are not listed."""
    listed = (LetterStatus.OPEN, LetterStatus.CLOSED, LetterStatus.ARCHIVED)
    rows = select(Letter).where(Letter.circulation == Circulation.PUBLIC, Letter.status.in_(listed))
    return db.session.scalars(rows.order_by(Letter.id.desc())).all()


def letter_by_slug(slug: str) -> Letter:
    """A letter of any status, for coordinators and operators. Raises NotFound."""
    found = db.session.scalar(select(Letter).where(Letter.slug == slug))
    if found is None:
        raise NotFound("there is no such letter")
    return found


def public_letter(slug: str) -> Letter:
    """A letter anybody may read. Raises NotFound, for drafts and private ones just as for none at all."""
    found = db.session.scalar(
        select(Letter).where(Letter.slug == slug, Letter.circulation == Circulation.PUBLIC)
    )
    if found is None or found.status not in SHOWN:
        raise NotFound("there is no such letter")
    return found


@dataclass(frozen=True, slots=True)
class Shared:
    """A private letter reached through a host's link."""

    letter: Letter
    host: Host


def private_letter(key: str) -> Shared:
    """The letter behind a private link.

    Raises NotFound for an unknown or revoked key, and while the letter is a draft.
    """
    link = db.session.scalar(
        select(PrivateLink).where(PrivateLink.digest == digest(key), PrivateLink.revoked_at.is_(None))
    )
    if link is None or link.host.letter.status not in SHOWN:
        raise NotFound("there is no such letter")
    return Shared(link.host.letter, link.host)


def private_key(link: PrivateLink) -> str:
    """The key in a private link's address, made anew from its row."""
    return token(KEY, link.id, link.nonce)


def host_by_code(letter: Letter, code: str | None) -> Host | None:
    """The host whose own link somebody came through."""
    return next((host for host in letter.hosts if code and host.code == code), None)


def text_versions(letter_id: int) -> Sequence[TextVersion]:
    """All versions of a letter's text, oldest first."""
    return db.session.scalars(
        select(TextVersion).where(TextVersion.letter_id == letter_id).order_by(TextVersion.number)
    ).all()


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who is shown names withheld from the public: an addressee, or with `copy` one of their Cc."""

    addressee: Addressee
    copy: Copy | None = None

    @property
    def since(self) -> datetime | None:
        """Names given before this moment stay hidden from them: the form did not name them yet."""
        return self.copy.sees_since if self.copy else self.addressee.sees_since


def readers(letter: Letter) -> list[Reader]:
    """Who is shown withheld names as the letter stands: each addressee, then their Cc, in their order."""
    found = []
    for addressee in letter.addressees:
        if addressee.removed_at is None:
            found += [Reader(addressee)] if addressee.sees is Sees.ALL else []
            found += [Reader(addressee, copy) for copy in addressee.copies if copy.sees is Sees.ALL]
    return found


def choices(letter: Letter) -> tuple[Visibility, ...]:
    """The visibilities a sign form offers, most visible first.

    A choice of "addressees" would mean nothing where no addressee is shown it; a letter that offers nothing
    else (none can be written any more) keeps it.
    """
    if readers(letter):
        return letter.offered
    return tuple(v for v in letter.offered if v is not Visibility.ADDRESSEES) or letter.offered
