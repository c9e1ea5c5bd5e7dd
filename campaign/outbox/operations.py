"""Owing a mail, holding or cancelling it, and a person's word on one whose outcome nobody knows."""

from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, select, update

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import NotFound
from campaign.core.secrets import blind_index, new_nonce
from campaign.outbox.models import Mail
from campaign.outbox.rules import FOUND_ARRIVED, MailState, advance
from campaign.outbox.writing import platform_sender


def post(
    builder: str,
    *arguments: int,
    recipient: str,
    locale: str,
    letter_id: int | None = None,
    due_at: datetime | None = None,
    same_as: Mail | None = None,
) -> Mail:
    """Owe one mail to one mailbox.

    `builder` is a dotted name (`campaign.<room>.mails.<kind>`); `same_as` shares another's bytes.
    """
    now = clock.now()
    nonce = same_as.nonce if same_as else new_nonce()
    mail = Mail(
        kind=builder.rsplit(".", 1)[-1],
        builder=builder,
        arguments=list(arguments),
        letter_id=letter_id,
        recipient=recipient,
        recipient_index=blind_index(recipient),
        locale=locale,
        nonce=nonce,
        message_id=same_as.message_id if same_as else f"{new_nonce()}@{platform_sender().rpartition('@')[2]}",
        state=MailState.QUEUED,
        created_at=now,
        due_at=due_at or now,
        tries=0,
    )
    db.session.add(mail)
    return mail


def cancel(mail_id: int) -> Mail:
    """Take back a mail that has not begun to leave.

    Raises Conflict when it has, NotFound when there is none.
    """
    mail = _locked(mail_id)
    mail.state = advance(mail.state, MailState.CANCELLED)
    mail.finished_at = clock.now()
    return mail


def decide(mail_id: int, arrived: bool, actor: Actor) -> Mail:
    """A person's word on a mail of unknown outcome, or on one that is held since a restore.

    It arrived, or send it (again: same bytes, same Message-ID), though not before its time. Raises Conflict,
    NotFound.
    """
    mail = _locked(mail_id)
    record(actor, "mail.decided", "mail", mail.id, mail.letter_id, arrived=arrived)
    now = clock.now()
    if mail.state is MailState.HELD:
        mail.state = advance(mail.state, MailState.CANCELLED if arrived else MailState.QUEUED)
        mail.due_at = max(mail.due_at, now)  # an embargo still holds
    else:
        mail.state = advance(mail.state, MailState.ACCEPTED if arrived else MailState.QUEUED)
        mail.due_at = now
    # No server said so: who reads its answer later must not take a person's word for one.
    mail.answer = FOUND_ARRIVED if arrived else mail.answer
    mail.claim, mail.leased_until = None, None
    mail.finished_at = now if arrived else None
    return mail


def resume(actor: Actor, but_not: str) -> int:
    """Let held mails wait again for their turn, except those whose builder's name begins with `but_not`.

    Returns how many.
    """
    held = (Mail.state == MailState.HELD) & ~Mail.builder.startswith(but_not, autoescape=True)
    freed: CursorResult[Any] = db.session.execute(  # type: ignore[assignment]
        update(Mail).where(held).values(state=advance(MailState.HELD, MailState.QUEUED))
    )
    record(actor, "outbox.resumed", "outbox", 0, None, mails=freed.rowcount)
    return freed.rowcount


def _locked(mail_id: int) -> Mail:
    # Read anew under the lock: what this session read before may be over, as when the mail began to leave.
    rows = select(Mail).where(Mail.id == mail_id).with_for_update()
    mail = db.session.scalar(rows.execution_options(populate_existing=True))
    if mail is None:
        raise NotFound("there is no mail %(id)d", id=mail_id)
    return mail
