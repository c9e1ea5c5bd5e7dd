"""What the outbox holds, for people and for other rooms."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TypeVar

from sqlalchemy import func, select

from campaign.core.db import db
from campaign.core.parts import in_parts
from campaign.outbox.models import Mail, MailAttempt, MailReport
from campaign.outbox.rules import MailState

_Row = TypeVar("_Row", MailAttempt, MailReport)


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


def attempts_of(ids: Sequence[int]) -> Mapping[int, Sequence[MailAttempt]]:
    """Every try of several mails by mail id, oldest first; a mail that was never tried is left out."""
    rows = select(MailAttempt).order_by(MailAttempt.id)
    found = (db.session.scalars(rows.where(MailAttempt.mail_id.in_(some))) for some in in_parts(ids))
    return _by_mail(chain.from_iterable(found))


def reports(mail_id: int) -> Sequence[MailReport]:
    """What came back of a mail, oldest first."""
    return reports_of([mail_id]).get(mail_id, [])


def reports_of(ids: Sequence[int]) -> Mapping[int, Sequence[MailReport]]:
    """What came back of several mails by mail id, oldest first; a mail of which nothing did is left out."""
    rows = select(MailReport).order_by(MailReport.id)
    found = (db.session.scalars(rows.where(MailReport.mail_id.in_(some))) for some in in_parts(ids))
    return _by_mail(chain.from_iterable(found))


def _by_mail(rows: Iterable[_Row]) -> Mapping[int, list[_Row]]:
    found: dict[int, list[_Row]] = {}
    for row in rows:
        found.setdefault(row.mail_id, []).append(row)
    return found
