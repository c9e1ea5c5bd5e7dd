"""What a signatory answers when asked about a changed letter, and a coordinator's note of an answer."""

from dataclasses import dataclass
from datetime import datetime

from campaign.audit.operations import record
from campaign.audit.rules import SIGNATORY, Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, Gone, InvalidInput
from campaign.core.text import clean
from campaign.letters.models import TextVersion
from campaign.signing.consenting import keep, take_back_all
from campaign.signing.models import Signature, SignatureLink
from campaign.signing.rules import LONGEST_NOTE, Purpose, SignatureStatus, check_line, undone
from campaign.signing.standing import go
from campaign.signing.versions import (
    ASKED_OF,
    agreed_id,
    can_answer,
    changes_for,
    is_outdated,
    must_agree_to,
    question,
    taken_off_by_silence,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A yes: to which version (id), in which words and language, whom the page named, since when."""

    version_id: int
    wording: str
    language: str
    readers: tuple[str, ...]
    shown_at: datetime


def agree(link: SignatureLink, signature: Signature, answer: Answer) -> None:
    """The signatory stands under the changed letter. Twice is once; a late yes undoes being taken off.

    A further contact answers for themselves: the desk shows it, and who represents the organisation decides.

    Raises Gone when it stands nowhere any more or the letter is over, Conflict when the letter asks about a
    newer version than was shown, or when the organisation stands there by another row meanwhile.
    """
    require_answerable(signature)
    if is_outdated(signature, answer.version_id):
        raise Conflict("the letter has changed once more")
    link.used_at = clock.now()
    if answer.version_id <= agreed_id(signature):
        return
    signature.agreed_version_id = answer.version_id
    # The page named all readers: those who came with this version see the name too.
    signature.shown_at = answer.shown_at
    keep(
        signature,
        {Purpose.RECONFIRMATION: answer.wording},
        language=answer.language,
        given_at=clock.now(),
        readers=answer.readers,
        text_version_id=answer.version_id,
    )
    _agreed(signature, SIGNATORY)


def refuse(link: SignatureLink, signature: Signature) -> None:
    """The organisation does not stand under the changed letter: the signature is withdrawn, and with it what
    was agreed to. A further contact's no ends their own sign-on, and not the one it gave way to.

    Raises Gone when it stands nowhere any more. One that was taken off for its silence stays off.
    """
    require_answerable(signature)
    link.used_at = clock.now()
    take_back_all(signature)
    if taken_off_by_silence(signature):
        record(SIGNATORY, "signature.refused", "signature", signature.id, signature.letter_id)
        return
    go(signature, SignatureStatus.WITHDRAWN, SIGNATORY, refused=True)


def note_agreement(signature: Signature, note: str, actor: Actor, named_through: int = 0) -> None:
    """A coordinator knows that the signatory agrees, as by phone; the note says how they know.

    That the letter goes to a further body is agreed to only where they were asked about it: `named_through`
    is the newest version (id) whose further bodies were named to them, 0 for none. Without, the yes reaches
    as far as the words go before such a version.

    Raises InvalidInput without a note, or where all that is asked needs their yes to a further body; Conflict
    when nothing is asked, Gone when it stands nowhere any more.
    """
    note = clean(note)
    if not note:
        raise InvalidInput("say how you know that they agree", "note")
    kept = f"{signature.note} · {note}" if signature.note else note
    check_line("note", kept, LONGEST_NOTE)
    require_answerable(signature)
    if signature.status is SignatureStatus.SUPERSEDED:
        raise Gone("this signature stands on no list any more")
    asked = question(signature.letter_id)
    if asked is None or agreed_id(signature) >= asked.id:
        raise Conflict("this signature was confirmed already")
    reached = _reached(signature, named_through)
    needed = must_agree_to(signature.letter_id, asked) if taken_off_by_silence(signature) else None
    if reached <= agreed_id(signature) or (needed is not None and reached < needed.id):
        raise InvalidInput("say whether they agree to the further bodies, too", "bodies")
    signature.note = kept
    signature.agreed_version_id = reached
    _agreed(signature, actor)


def _reached(signature: Signature, named_through: int) -> int:
    """How far a yes goes that was given without seeing the question: the id of a version."""
    reached = agreed_id(signature)
    for version in changes_for(signature):
        if version.new_bodies and version.id > named_through:
            return reached
        reached = version.id
    return max(reached, signature.letter.text_version_id or 0)


def agree_on_confirming(signature: Signature, seen: int | None) -> None:
    """Whoever confirms a sign-on stands under the version (id) whose changes the page showed."""
    if seen is not None and seen > agreed_id(signature):
        signature.agreed_version_id = seen


def require_answerable(signature: Signature) -> None:
    """Raises Gone when there is nothing left to answer for."""
    if signature.letter.status not in ASKED_OF:
        raise Gone("this letter is over")
    if not can_answer(signature):
        raise Gone("this signature stands on no list any more")


def _agreed(signature: Signature, actor: Actor) -> None:
    number = _number(signature)
    if taken_off_by_silence(signature):
        signature.decision = None
        go(signature, undone(signature.status, signature.previous), actor, undo=True, agreed=number)
    record(actor, "signature.agreed", "signature", signature.id, signature.letter_id, number=number)


def _number(signature: Signature) -> int | None:
    version = db.session.get(TextVersion, signature.agreed_version_id)
    return version.number if version else None
