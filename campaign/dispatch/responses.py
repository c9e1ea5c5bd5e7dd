"""What came of it by hand and on paper: tasks done, receipts and replies of addressees, and their files."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.core.text import ascii_name, clean, clean_lines, has_controls
from campaign.dispatch.models import Consignment, KeptFile, Response
from campaign.dispatch.rules import DispatchState, ResponseKind
from campaign.letters.models import Addressee, Letter
from campaign.letters.rules import Channel

LONGEST = 200
LONGEST_WORDS = 20_000
LARGEST_FILE = 7 * 1024 * 1024
KINDS = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was handed in: its name on that machine, and its bytes."""

    filename: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Deed:
    """How a task was done: the day, by whom, under which reference, with a scan of the receipt."""

    done_on: date
    who: str = ""
    reference: str = ""
    scan: Upload | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What an addressee did: a receipt with reference and officer, or a reply, typed in or as a file."""

    kind: ResponseKind
    on_day: date
    reference: str = ""
    officer: str = ""
    words: str = ""
    file: Upload | None = None


def complete(owed: Consignment, done: Deed, actor: Actor) -> None:
    """A person brought, faxed, posted or typed it in. Raises Conflict, InvalidInput."""
    if owed.channel is Channel.MAIL or owed.cancelled or owed.done_at is not None:
        raise Conflict("there is no open task here")
    if owed.dispatch.state is not DispatchState.LEFT:
        raise Conflict("its time has not come yet")
    _require_past(done.done_on, "done_on")
    owed.done_on, owed.done_by, owed.done_at = done.done_on, actor.id, clock.now()
    owed.done_who = _line(done.who, "who")
    owed.done_reference = _line(done.reference, "reference")
    owed.done_scan = _kept(owed.dispatch.letter, done.scan) if done.scan else None
    record(
        actor, "dispatch.done", "consignment", owed.id, owed.dispatch.letter_id, channel=owed.channel.value
    )


def answered(addressee: Addressee, answer: Answer, actor: Actor) -> Response:
    """Write down what an addressee answered. Raises InvalidInput when it says nothing."""
    _require_past(answer.on_day, "on_day")
    words = clean_lines(answer.words)
    if len(words) > LONGEST_WORDS or has_controls(words, lines=True):
        raise InvalidInput(
            "longer than %(longest)d characters, or not printable", "words", longest=LONGEST_WORDS
        )
    reference, officer = _line(answer.reference, "reference"), _line(answer.officer, "officer")
    if answer.kind is ResponseKind.REPLIED and not words and answer.file is None:
        raise InvalidInput("type the reply in, or attach it", "words")
    response = Response(
        letter=addressee.letter,
        addressee=addressee,
        kind=answer.kind,
        on_day=answer.on_day,
        reference=reference,
        officer=officer,
        words=words or None,
        file=_kept(addressee.letter, answer.file) if answer.file else None,
        recorded_at=clock.now(),
        recorded_by=actor.id,
    )
    db.session.add(response)
    db.session.flush()  # the audit row needs the id
    record(actor, f"response.{answer.kind.value}", "response", response.id, addressee.letter_id)
    return response


def publish(response: Response, shown: bool, actor: Actor) -> None:
    """Show a reply to everybody on the letter's page, or no longer. Raises Conflict for a mere receipt."""
    if response.kind is not ResponseKind.REPLIED:
        raise Conflict("only a reply can be published")
    response.published_at = clock.now() if shown else None
    action = "response.published" if shown else "response.unpublished"
    record(actor, action, "response", response.id, response.letter_id)


def _kept(letter: Letter, upload: Upload) -> KeptFile:
    """A PDF or picture, named anew, for nothing typed on somebody's machine belongs into a header."""
    media_type = next((kind for magic, kind in KINDS.items() if upload.content.startswith(magic)), None)
    if media_type is None:
        raise InvalidInput("give a PDF, PNG or JPEG file", "file")
    if len(upload.content) > LARGEST_FILE:
        raise InvalidInput("the file is larger than 7 MB", "file")
    stem = ascii_name(upload.filename.rpartition(".")[0] or "file")
    kept = KeptFile(
        letter_id=letter.id,
        filename=f"{stem}.{media_type.rpartition('/')[2]}",
        media_type=media_type,
        sha256=hashlib.sha256(upload.content).hexdigest(),
        size=len(upload.content),
        content=upload.content,
        kept_at=clock.now(),
    )
    db.session.add(kept)
    return kept


def _line(typed: str, field: str) -> str | None:
    value = clean(typed)
    if len(value) > LONGEST or has_controls(value):
        raise InvalidInput("longer than %(longest)d characters, or not printable", field, longest=LONGEST)
    return value or None


def _require_past(day: date, field: str) -> None:
    # The server's day may lag behind the day of whoever acted: the date line runs through the Pacific.
    if day > clock.now().date() + timedelta(days=1):
        raise InvalidInput("the day is in the future", field)
