"""The steps: which are done, read from the database where the truth is there, else from marks on disk.

A mark is an empty file: reading pages changes no row, and two processes cannot overwrite each other's marks.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from campaign.core.db import db
from campaign.dispatch.models import Consignment, Dispatch
from campaign.dispatch.queries import envelopes
from campaign.dispatch.rules import DispatchState, Purpose
from campaign.editions.models import Edition
from campaign.letters.models import Letter
from campaign.letters.rules import Visibility
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState
from campaign.signing.models import Import, Merge, Signature
from campaign.signing.rules import COUNTED, ImportState, Source
from demo.frame import place
from demo.kept import Summary, summaries

LETTER, ARABIC, CHECKED = "letter", "arabic-pdf", "superseded"
MAILS, LATE = 3, 3
_COUNTED = (Signature.status.in_(COUNTED), Signature.source != Source.IMPORT)
LET_GO = (DispatchState.RELEASED, DispatchState.LEFT)


@dataclass(frozen=True, slots=True)
class Done:
    """Which of the steps are done, in their order."""

    read: bool
    signed: bool
    confirmed: bool
    accepted: bool
    arabic: bool
    proposed: bool
    released: bool
    mails: bool
    late: bool
    further: bool
    thread: bool
    checked: bool
    bounced: bool
    corrected: bool
    merged: bool
    parted: bool
    withheld: bool
    sheet: bool

    @property
    def next(self) -> str:
        """The first step that is not done; empty when all are."""
        return next((field.name for field in fields(self) if not getattr(self, field.name)), "")


def done(letter: Letter) -> Done:
    """How far the visitor has come."""
    by_form = Signature.form_nonce.is_not(None)  # what was loaded came by no form and has none
    is_letter, let_go = Dispatch.purpose == Purpose.LETTER, Dispatch.state.in_(LET_GO)
    return Done(
        read=marked(LETTER),
        signed=_signatures(letter, by_form) > 0,
        confirmed=_signatures(letter, by_form, Signature.confirmed_at.is_not(None)) > 0,
        accepted=_signatures(letter, *_COUNTED) > 0,
        arabic=marked(ARABIC),
        proposed=_dispatched(letter, is_letter, Dispatch.state != DispatchState.CANCELLED),
        released=_dispatched(letter, is_letter, let_go),
        mails=mails_read(letter) >= MAILS,
        late=late(letter) >= LATE,
        further=_dispatched(letter, is_letter, let_go, Edition.number > 1),
        thread=_thread_read(letter),
        checked=marked(CHECKED),
        bounced=_bounced(letter),
        corrected=_dispatched(letter, Dispatch.purpose == Purpose.CORRECTION, let_go),
        merged=_any(Merge.id, Merge.letter_id == letter.id),
        parted=_any(Merge.id, Merge.letter_id == letter.id, Merge.undone_at.is_not(None)),
        withheld=_signatures(letter, *_COUNTED, Signature.visibility == Visibility.UNNAMED) > 0,
        sheet=_any(Import.id, Import.letter_id == letter.id, Import.state == ImportState.DONE),
    )


def mails_read(letter: Letter) -> int:
    """How many addressees' letters were opened in the mailbox, at their address or one corrected since."""
    opened = {address for mail in _read() for address in mail.recipients}
    boxes = {(addressee.id, addressee.email) for addressee in letter.addressees}
    boxes |= {(owed.addressee_id, owed.address) for owed in envelopes(letter.id)}
    return len({addressee for addressee, address in boxes if address in opened})


def late(letter: Letter) -> int:
    """How many were accepted after the first list had left."""
    first = select(func.min(Dispatch.left_at)).where(Dispatch.letter_id == letter.id).scalar_subquery()
    return _signatures(letter, *_COUNTED, Signature.accepted_at > first)


def mail_mark(number: int) -> str:
    """The mark of a mail that was opened."""
    return f"mail-{number}"


def mark(name: str) -> None:
    """Take down that something was looked at."""
    folder = place().seen
    folder.mkdir(exist_ok=True)
    (folder / name).touch()


def marked(name: str) -> bool:
    """Whether it was looked at."""
    return (place().seen / name).exists()


def _signatures(letter: Letter, *which: ColumnElement[bool]) -> int:
    rows = select(func.count()).select_from(Signature).where(Signature.letter_id == letter.id, *which)
    return db.session.scalar(rows) or 0


def _dispatched(letter: Letter, *which: ColumnElement[bool]) -> bool:
    rows = select(Dispatch.id).join(Edition, Edition.id == Dispatch.edition_id)
    return db.session.scalar(rows.where(Dispatch.letter_id == letter.id, *which).limit(1)) is not None


def _any(column: InstrumentedAttribute[int], *which: ColumnElement[bool]) -> bool:
    return db.session.scalar(select(column).where(*which).limit(1)) is not None


def _bounced(letter: Letter) -> bool:
    rows = select(Mail.id).join(Consignment, Consignment.mail_id == Mail.id).join(Dispatch)
    came_back = rows.where(Dispatch.letter_id == letter.id, Mail.state == MailState.BOUNCED)
    return db.session.scalar(came_back.limit(1)) is not None


def _read() -> list[Summary]:
    """The mails that were opened."""
    return [mail for mail in summaries(place().mailbox) if marked(mail_mark(mail.number))]


def _thread_read(letter: Letter) -> bool:
    """Whether a mail to an addressee and the one it goes on from were both opened."""
    wanted = {owed.address for owed in envelopes(letter.id)}
    found = [mail for mail in _read() if wanted.intersection(mail.recipients)]
    known = {mail.message_id for mail in found}
    return any(mail.in_reply_to in known for mail in found if mail.in_reply_to)
