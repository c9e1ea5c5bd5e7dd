"""Which version of the text a signature was given to, which it was confirmed for, and what it is asked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict
from campaign.letters.history import shown_versions, text_changed
from campaign.letters.models import Letter, TextVersion
from campaign.letters.queries import text_versions
from campaign.letters.rules import Change, LetterStatus, Silence
from campaign.signing.models import Representative, Signature
from campaign.signing.rules import LIVE, SignatureStatus

ASKED_OF = (LetterStatus.OPEN, LetterStatus.CLOSED)  # letters whose signatories are asked and can answer


@dataclass(frozen=True, slots=True)
class Given:
    """What a signature was given to: number and language of the version, and the one it was confirmed for.

    `asked` is the number of a version that it has not been confirmed for, though the letter asks; with
    `by_silence` the time to answer is over and the form said that silence keeps it.
    """

    number: int | None
    language: str
    agreed: int | None = None
    asked: int | None = None
    by_silence: bool = False


def question(letter_id: int) -> TextVersion | None:
    """The newest version that signatories of earlier ones are asked to confirm; older questions are moot."""
    rows = select(TextVersion).where(
        TextVersion.letter_id == letter_id,
        TextVersion.change == Change.SUBSTANTIVE,
        TextVersion.reconfirm_by.is_not(None),
    )
    return db.session.scalar(rows.order_by(TextVersion.number.desc()).limit(1))


def questions(settled: bool) -> Select[int]:
    """Ids of the newest question of each letter that can still be asked, whose time is over or is not."""
    newest = (
        select(func.max(TextVersion.id))
        .join(Letter, Letter.id == TextVersion.letter_id)
        .where(
            TextVersion.change == Change.SUBSTANTIVE,
            TextVersion.reconfirm_by.is_not(None),
            Letter.status.in_(ASKED_OF),
        )
        .group_by(TextVersion.letter_id)
    )
    over = TextVersion.settled_at.is_not(None) if settled else TextVersion.settled_at.is_(None)
    return select(TextVersion.id).where(TextVersion.id.in_(newest), over).order_by(TextVersion.id)


def agreed_id(signature: Signature) -> int:
    """The id of the newest version the signature stands under. A letter's versions have rising ids."""
    return max(signature.text_version_id or 0, signature.agreed_version_id or 0)


def has_not_agreed(version_id: int) -> tuple[ColumnElement[bool], ...]:
    """Conditions for signatures that stand under an older version only."""
    return (
        func.coalesce(Signature.text_version_id, 0) < version_id,
        func.coalesce(Signature.agreed_version_id, 0) < version_id,
    )


def has_agreed(version_id: int) -> ColumnElement[bool]:
    """The condition for signatures that stand under that version or a newer one."""
    return or_(Signature.text_version_id >= version_id, Signature.agreed_version_id >= version_id)


def unanswered(version: TextVersion) -> tuple[ColumnElement[bool], ...]:
    """Conditions for live signatures that a version asks, and that have not answered."""
    return (
        Signature.letter_id == version.letter_id,
        Signature.status.in_(LIVE),
        *has_not_agreed(version.id),
    )


def to_ask(version: TextVersion) -> tuple[ColumnElement[bool], ...]:
    """Conditions for signatures that are written to about a version and have not answered.

    Those that gave way to another of their organisation are among them. They are told that they wait, like
    those that do, and a question that does not come would tell that the organisation stands there (promise
    A3). What they answer is for themselves. A mailbox that is asked for the organisation is not asked twice.
    """
    standing, own = aliased(Representative), aliased(Representative)
    asked_already = (
        select(standing.id)
        .join(own, own.email_index == standing.email_index)
        .where(standing.signature_id == Signature.superseded_by_id, own.signature_id == Signature.id)
    )
    gave_way = and_(
        Signature.status == SignatureStatus.SUPERSEDED,
        Signature.superseded_by_id.is_not(None),
        Signature.erased_at.is_(None),
        ~asked_already.exists(),
    )
    return (
        Signature.letter_id == version.letter_id,
        or_(Signature.status.in_(LIVE), gave_way),
        *has_not_agreed(version.id),
    )


def can_answer(signature: Signature) -> bool:
    """Whether what a signature was asked still matters: it stands, gave way, or was taken off by silence."""
    gave_way = signature.status is SignatureStatus.SUPERSEDED and signature.superseded_by_id is not None
    return signature.status in LIVE or gave_way or taken_off_by_silence(signature)


def must_agree_to(letter_id: int, asking: TextVersion) -> TextVersion | None:
    """The newest version up to the asking one that changed the words: who agreed to none so new is silent.

    None when the questions were about further bodies only. Nobody loses their place for not answering those:
    the letter is just not sent there in their name.
    """
    found = [version for version in text_versions(letter_id) if version.number <= asking.number]
    for place in range(len(found) - 1, 0, -1):
        if found[place].change is Change.SUBSTANTIVE and text_changed(found[place - 1], found[place]):
            return found[place]
    return None


def changes_for(signature: Signature) -> list[TextVersion]:
    """The public versions that came after what the signature stands under, oldest first."""
    since = agreed_id(signature)
    return [version for version in shown_versions(signature.letter) if version.id > since]


def bodies_asked(letter: Letter, signatures: Sequence[Signature]) -> Mapping[int, Sequence[str]]:
    """The further bodies that each of these signatures of a letter has not agreed to, by id; none without."""
    versions = [version for version in shown_versions(letter) if version.new_bodies]
    found = {
        signature.id: [body for v in versions if v.id > agreed_id(signature) for body in v.new_bodies]
        for signature in signatures
    }
    return {signature_id: list(dict.fromkeys(bodies)) for signature_id, bodies in found.items() if bodies}


def stands_under(signature: Signature) -> TextVersion | None:
    """The newest version that the signature was given to or confirmed for."""
    return db.session.get(TextVersion, agreed_id(signature))


def is_outdated(signature: Signature, version_id: int | None) -> bool:
    """Whether somebody who was shown that version (id) was shown an older text than the letter asks about."""
    asked = question(signature.letter_id)
    return asked is not None and (version_id or 0) < asked.id


def silence_of(version: TextVersion) -> str:
    """What marks signatures taken off because nobody answered that version's question."""
    return f"silence:{version.id}"


def taken_off_by_silence(signature: Signature) -> bool:
    """Whether it is off the list only because nobody answered; a late yes puts it back."""
    return signature.status is SignatureStatus.INVALIDATED and (signature.decision or "").startswith(
        "silence:"
    )


def require_agreed(signature: Signature) -> None:
    """Raises Conflict for one that cannot count any more: the text changed and the time to answer is over."""
    asked = question(signature.letter_id)
    if asked is None or signature.letter.silence is Silence.KEPT or agreed_id(signature) >= asked.id:
        return
    if asked.reconfirm_by is None or clock.now() < asked.reconfirm_by:
        return
    needed = must_agree_to(signature.letter_id, asked)
    if needed is not None and agreed_id(signature) < needed.id:
        raise Conflict("it was given to an earlier text, and nobody has confirmed it for the changed one")


def given_to(signature: Signature) -> Given:
    """What one signature was given to, for its own page."""
    return given(signature.letter_id, [signature.id])[signature.id]


def given(letter_id: int, signature_ids: Collection[int]) -> Mapping[int, Given]:
    """What each of these signatures of a letter was given to, by id; for lists."""
    numbers = _numbers(letter_id)
    asked = question(letter_id)
    silent = _kept_by_silence(letter_id, asked)
    rows = db.session.execute(
        select(
            Signature.id,
            Signature.language,
            Signature.status,
            Signature.text_version_id,
            Signature.agreed_version_id,
        ).where(Signature.id.in_(signature_ids), Signature.letter_id == letter_id)
    )
    found = {}
    for signature_id, language, status, text_id, agreed in rows:
        stands = status in LIVE or status is SignatureStatus.SUPERSEDED
        is_asked = asked is not None and stands and max(text_id or 0, agreed or 0) < asked.id
        later = agreed if agreed and agreed != text_id else None
        found[signature_id] = Given(
            numbers.get(text_id),
            language,
            numbers.get(later),
            asked.number if asked and is_asked else None,
            bool(is_asked and silent),
        )
    return found


def _numbers(letter_id: int) -> dict[int | None, int]:
    rows = select(TextVersion.id, TextVersion.number).where(TextVersion.letter_id == letter_id)
    return {row[0]: row[1] for row in db.session.execute(rows)}


def _kept_by_silence(letter_id: int, asked: TextVersion | None) -> bool:
    if asked is None or asked.settled_at is None:
        return False
    return db.session.get_one(Letter, letter_id).silence is Silence.KEPT
