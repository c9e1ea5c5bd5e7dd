"""Owing a mail, holding or cancelling it, and a person's word on one whose outcome nobody knows."""

from datetime import datetime

from sqlalchemy import select

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import NotFound
from campaign.core.secrets import blind_index, new_nonce
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState, advance
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
    """A person's word on an unknown outcome: it arrived, or send it again (same bytes, same Message-ID).

    Raises Conflict, NotFound.
    """
    mail = _locked(mail_id)
    record(actor, "mail.decided", "mail", mail.id, mail.letter_id, arrived=arrived)
    mail.state = advance(mail.state, MailState.ACCEPTED if arrived else MailState.QUEUED)
    mail.claim, mail.leased_until = None, None
    mail.finished_at = clock.now() if arrived else None
    mail.due_at = clock.now()
    return mail


def _locked(mail_id: int) -> Mail:
    # Read anew under the lock: what this session read before may be over, as when the mail began to leave.
    rows = select(Mail).where(Mail.id == mail_id).with_for_update()
    mail = db.session.scalar(rows.execution_options(populate_existing=True))
    if mail is None:
        raise NotFound(f"there is no mail {mail_id}")
    return mail
