"""Finding letters for those who may know of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from campaign.core.db import db
from campaign.core.errors import NotFound
from campaign.core.secrets import digest, token
from campaign.letters.models import Host, Letter, PrivateLink, TextVersion
from campaign.letters.rules import Circulation, LetterStatus

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
