"""Bounces and notices of delay: finding the mail they speak of, and writing it down there."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select

from campaign.audit.operations import record
from campaign.audit.rules import WORKER
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict
from campaign.outbox import senders
from campaign.outbox.models import Mail, MailReport
from campaign.outbox.reports import Meaning, Report, understand
from campaign.outbox.rules import MailState, ReportKind, advance

MOST_REPORTS = 20  # kept of one mail: whoever got a mail knows its address and could write to it for ever
MOST_ADDRESSES = 50
IN_FLIGHT = frozenset({MailState.CLAIMED, MailState.SUBMITTING})
OVER = frozenset({MailState.REFUSED, MailState.CANCELLED, MailState.BOUNCED})
LEFT = frozenset({MailState.ACCEPTED, MailState.UNKNOWN})
KINDS = {Meaning.FAILED: ReportKind.BOUNCED, Meaning.DELAYED: ReportKind.DELAYED}


class Result(StrEnum):
    """What became of a message that came back: the first two changed something, the others say why not."""

    BOUNCED = "bounced"
    DELAYED = "delayed"
    NO_REPORT = "no-report"  # an automatic reply, a complaint, a receipt, a person's answer, good news
    UNPROVEN = "unproven"  # none of its addresses is one that we made
    REPEATED = "repeated"
    OVER = "over"  # the mail was refused, cancelled or has bounced before
    WAITING = "waiting"  # the mail waits to be sent again: noted beside it, nothing more
    ENOUGH = "enough"  # so much was reported of this mail that no more is kept


@dataclass(frozen=True, slots=True)
class Taken:
    """The result, and the mail's id where one was proven."""

    result: Result
    mail_id: int | None = None


def take(raw: bytes, recipient: str | None = None) -> Taken:
    """Read a message that came back and record what it proves of one mail. Does not commit.

    `recipient` is the envelope recipient, when who hands the message over knows it; else the headers in which
    servers write it are read. Only an address that carries our proof counts: a Message-ID does not, for all
    who got the letter know it. Raises Conflict while the mail is in a worker's hands: hand it in again later.
    """
    report = understand(raw)
    if report.meaning not in KINDS:
        return Taken(Result.NO_REPORT)
    mail = _proven([recipient or "", *report.addressed_to])
    if mail is None:
        return Taken(Result.UNPROVEN)
    return Taken(_recorded(mail, report), mail.id)


def _proven(texts: Iterable[str]) -> Mail | None:
    """The mail of the first address that we made, read anew and locked."""
    addresses = [address for text in texts for address in text.replace(",", " ").split()]
    claims = (senders.read(address.strip("<>;\"'")) for address in addresses[:MOST_ADDRESSES])
    for claimed in dict.fromkeys(claim for claim in claims if claim is not None):
        rows = select(Mail).where(Mail.id == claimed.mail_id).with_for_update()
        mail = db.session.scalar(rows.execution_options(populate_existing=True))
        if mail is not None and senders.proves(claimed, mail.id, mail.nonce):
            return mail
    return None


def _recorded(mail: Mail, report: Report) -> Result:
    kind = KINDS[report.meaning]
    if mail.state in OVER:
        return Result.OVER
    if mail.state in IN_FLIGHT:
        raise Conflict(
            "mail %(id)d is being sent: what came back of it must wait until that is recorded", id=mail.id
        )
    if refusal := _not_kept(mail, report):
        return refusal
    db.session.add(
        MailReport(
            mail_id=mail.id,
            at=clock.now(),
            kind=kind,
            status=report.status,
            words=report.words,
            digest=report.digest,
        )
    )
    if mail.state not in LEFT:
        return Result.WAITING
    if kind is ReportKind.DELAYED:
        return Result.DELAYED
    _bounce(mail, report.status)
    return Result.BOUNCED


def _not_kept(mail: Mail, report: Report) -> Result | None:
    kept = select(func.count()).where(MailReport.mail_id == mail.id)
    if db.session.scalar(kept.where(MailReport.digest == report.digest)):
        return Result.REPEATED
    # A bounce is kept in any case: it is the one that ends the mail.
    full = (db.session.scalar(kept) or 0) >= MOST_REPORTS
    return Result.ENOUGH if full and (report.meaning is Meaning.DELAYED or mail.state not in LEFT) else None


def _bounce(mail: Mail, status: str | None) -> None:
    if mail.state is MailState.UNKNOWN:
        # What comes back has left: nobody needs to decide on that any more.
        mail.state = advance(mail.state, MailState.ACCEPTED)
    mail.state = advance(mail.state, MailState.BOUNCED)
    mail.claim, mail.leased_until, mail.finished_at = None, None, clock.now()
    record(WORKER, "mail.bounced", "mail", mail.id, mail.letter_id, status=status)
