"""What the outbox holds, for people and for other rooms."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select

from campaign.core.db import db
from campaign.outbox.models import Mail, MailAttempt
from campaign.outbox.rules import MailState


def totals() -> Mapping[MailState, int]:
    """How many mails stand in each state."""
    rows = db.session.execute(select(Mail.state, func.count()).group_by(Mail.state)).all()
    return {row[0]: row[1] for row in rows}


def mail(mail_id: int) -> Mail | None:
    """One mail."""
    return db.session.get(Mail, mail_id)


def mails(ids: Sequence[int]) -> Mapping[int, Mail]:
    """Mails by id."""
    found = db.session.scalars(select(Mail).where(Mail.id.in_(ids)))
    return {mail.id: mail for mail in found}


def attempts(mail_id: int) -> Sequence[MailAttempt]:
    """Every try of a mail, oldest first."""
    return db.session.scalars(
        select(MailAttempt).where(MailAttempt.mail_id == mail_id).order_by(MailAttempt.id)
    ).all()
