"""Messages that came back, each with what it means, and promise M8 tried on all of them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from campaign.core import clock
from campaign.core.db import db
from campaign.outbox import senders
from campaign.outbox.bounces import Result, take
from campaign.outbox.models import Mail, MailReport
from campaign.outbox.operations import post
from campaign.outbox.reports import Meaning
from campaign.outbox.rules import MailState

FOLDER = Path(__file__).parent / "rules" / "data" / "bounces"
# Every sample was written to this address; its proof is none.
WRITTEN_TO = b"bounces+7-aaaaaaaaaaaaaaaa@example.org"
ENDS_AS = {Meaning.FAILED: MailState.BOUNCED}
KEPT = {Meaning.FAILED: Result.BOUNCED, Meaning.DELAYED: Result.DELAYED}


@dataclass(frozen=True, slots=True)
class Sample:
    """A message as a kind of server writes it, and what it means."""

    name: str
    meaning: Meaning
    status: str | None

    @property
    def raw(self) -> bytes:
        """The message."""
        return (FOLDER / f"{self.name}.eml").read_bytes()

    def to(self, address: str) -> bytes:
        """The message as it would come to that address; one sample shouts."""
        raw = self.raw.replace(WRITTEN_TO, address.encode())
        return raw.replace(WRITTEN_TO.upper(), address.upper().encode())


def samples() -> list[Sample]:
    """All of them, by the table beside them."""
    with (FOLDER / "labels.tsv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    return [
        Sample(r["file"], Meaning(r["meaning"]), None if r["status"] == "-" else r["status"]) for r in rows
    ]


SAMPLES = samples()


def handed_over(state: MailState = MailState.ACCEPTED) -> Mail:
    """A mail that has left, or stands where it is said to."""
    mail = post("campaign.signing.mails.confirmation", 1, recipient="minister@example.org", locale="en")
    mail.state = state
    mail.finished_at = clock.now()
    db.session.flush()
    return mail


def sender_of(mail: Mail) -> str:
    """The address that is told when this mail comes back."""
    return senders.envelope_sender(mail.id, mail.nonce)


def judge_samples() -> tuple[int, int]:
    """Promise M8: how many samples were tried, and how many landed where they belong
    and changed nothing else.

    Stands in the context of an app with BOUNCE_ADDRESS; leaves its mails behind, uncommitted.
    """
    return len(SAMPLES), sum(_lands(sample) for sample in SAMPLES)


def _lands(sample: Sample) -> bool:
    """Forged it changes nothing; genuine it changes its own row; repeated it changes nothing again."""
    mail, bystander = handed_over(), handed_over()
    other_proof = sender_of(bystander).replace(f"+{bystander.id}-", f"+{mail.id}-")
    before = _reported()
    forged = {take(sample.to(address)).result for address in (WRITTEN_TO.decode(), other_proof)}
    untouched = forged <= {Result.UNPROVEN, Result.NO_REPORT} and _reported() == before
    expected = KEPT.get(sample.meaning, Result.NO_REPORT)
    genuine = take(sample.to(sender_of(mail))).result
    after = (mail.state, _reported(mail))
    again = take(sample.to(sender_of(mail))).result
    return (
        untouched
        and genuine is expected
        and after == (ENDS_AS.get(sample.meaning, MailState.ACCEPTED), sample.meaning in KEPT)
        and again not in (Result.BOUNCED, Result.DELAYED)
        and (mail.state, _reported(mail)) == after
        and (bystander.state, _reported(bystander)) == (MailState.ACCEPTED, 0)
    )


def _reported(mail: Mail | None = None) -> int:
    rows = select(func.count()).select_from(MailReport)
    return db.session.scalar(rows.where(MailReport.mail_id == mail.id) if mail else rows) or 0
