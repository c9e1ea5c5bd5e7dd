"""After a restore nobody knows what left since the backup was made: whatever was about to leave is held."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from campaign.core import clock
from campaign.core.db import db
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState


def hold(connection: Connection) -> dict[MailState, int]:
    """In the transaction that brought the rows: hold what waits, and call unknown what was leaving.

    Returns how many became held, and how many unknown. Plain statements on columns of the first schema,
    because the tables may be older than the models.
    """
    mails, now = Mail.__table__, clock.now()
    free = {"claim": None, "leased_until": None}
    waiting = mails.c.state.in_((MailState.QUEUED, MailState.DEFERRED, MailState.CLAIMED))
    leaving = mails.c.state == MailState.SUBMITTING
    held = connection.execute(update(Mail).where(waiting).values(state=MailState.HELD, **free))
    unknown = connection.execute(
        update(Mail).where(leaving).values(state=MailState.UNKNOWN, finished_at=now, **free)
    )
    return {MailState.HELD: held.rowcount, MailState.UNKNOWN: unknown.rowcount}


def held() -> Sequence[Mail]:
    """What is held, oldest first: for people to look at."""
    return db.session.scalars(select(Mail).where(Mail.state == MailState.HELD).order_by(Mail.id)).all()
