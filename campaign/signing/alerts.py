"""An hour unlike those before it: noticed by the worker, and told to all coordinators, not too often."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import case, func, select

from campaign.accounts.queries import active_users
from campaign.audit.operations import record
from campaign.audit.queries import happened_since
from campaign.audit.rules import WORKER
from campaign.core.db import db
from campaign.letters.models import Letter
from campaign.letters.rules import LetterStatus
from campaign.outbox.operations import post
from campaign.signing.models import Sighting
from campaign.signing.pacing import FEWEST, HOURS_BEFORE, unusual, usual

ALERT, UNUSUAL = "campaign.signing.alert_mails.unusual_hour", "letter.unusual"
QUIET, HOUR = timedelta(hours=6), timedelta(hours=1)


def watch(now: datetime) -> int:
    """Tell of each open letter whose last sixty minutes were unlike the hours before. Returns of how many."""
    told = 0
    for letter in _busy(now):
        last, *before = hourly(letter, now)
        if unusual(last, before) and not happened_since(letter.id, UNUSUAL, now - QUIET):
            _tell(letter, last, usual(before))
            told += 1
    return told


def hourly(letter: Letter, now: datetime) -> list[int]:
    """Sign-ons by the form in the sixty minutes until now, and in each hour before it while it was open."""
    open_for = int((now - (letter.opened_at or now)) / HOUR)
    edges = [now - HOUR * n for n in range(min(open_for, HOURS_BEFORE) + 2)]
    within = [
        func.count(case(((Sighting.at > since) & (Sighting.at <= until), 1)))
        for until, since in pairwise(edges)
    ]
    counts = db.session.execute(
        select(*within).where(Sighting.letter_id == letter.id, Sighting.at > edges[-1])
    ).one()
    return list(counts)


def _busy(now: datetime) -> Sequence[Letter]:
    """The open letters with an hour that may be worth a mail."""
    recent = (
        select(Sighting.letter_id)
        .where(Sighting.at > now - HOUR)
        .group_by(Sighting.letter_id)
        .having(func.count() >= FEWEST)
    )
    rows = select(Letter).where(Letter.status == LetterStatus.OPEN, Letter.id.in_(recent))
    return db.session.scalars(rows.order_by(Letter.id)).all()


def _tell(letter: Letter, last: int, before: int) -> None:
    entry = record(WORKER, UNUSUAL, "letter", letter.id, letter.id, count=last, usual=before)
    db.session.flush()  # the mail starts from the row's id
    for user in active_users():
        post(ALERT, entry.id, recipient=user.email, locale=user.locale, letter_id=letter.id)
