"""The seven steps: which are done, read from the database where the truth is there, else from marks on disk.

A mark is an empty file: reading pages changes no row, and two processes cannot overwrite each other's marks.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from sqlalchemy import ColumnElement, select

from campaign.core.db import db
from campaign.dispatch.models import Dispatch
from campaign.letters.models import Letter
from campaign.signing.models import Signature
from campaign.signing.rules import COUNTED, Source
from demo.frame import place
from demo.kept import summaries

LETTER, ARABIC = "letter", "arabic-pdf"
MAILS = 3


@dataclass(frozen=True, slots=True)
class Done:
    """Which of the steps are done, in their order."""

    read: bool
    signed: bool
    confirmed: bool
    accepted: bool
    arabic: bool
    released: bool
    mails: bool

    @property
    def next(self) -> str:
        """The first step that is not done; empty when all are."""
        return next((field.name for field in fields(self) if not getattr(self, field.name)), "")


def done(letter: Letter) -> Done:
    """How far the visitor has come."""
    by_form = Signature.form_nonce.is_not(None)  # what was loaded came by no form and has none
    return Done(
        read=marked(LETTER),
        signed=_signature(letter, by_form),
        confirmed=_signature(letter, by_form, Signature.confirmed_at.is_not(None)),
        accepted=_signature(letter, Signature.status.in_(COUNTED), Signature.source != Source.IMPORT),
        arabic=marked(ARABIC),
        released=_released(letter),
        mails=mails_read(letter) >= MAILS,
    )


def mails_read(letter: Letter) -> int:
    """How many addressees' letters were opened in the mailbox."""
    wanted = {addressee.email for addressee in letter.addressees if addressee.email}
    opened = [mail for mail in summaries(place().mailbox) if marked(mail_mark(mail.number))]
    return len(wanted & {address for mail in opened for address in mail.recipients})


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


def _signature(letter: Letter, *which: ColumnElement[bool]) -> bool:
    rows = select(Signature.id).where(Signature.letter_id == letter.id, *which)
    return db.session.scalar(rows.limit(1)) is not None


def _released(letter: Letter) -> bool:
    rows = select(Dispatch.id).where(Dispatch.letter_id == letter.id, Dispatch.cancelled_at.is_(None))
    return db.session.scalar(rows.limit(1)) is not None
