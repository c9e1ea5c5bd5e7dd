"""The worker's part in signing: reminders, expiry and the nightly comparison."""

import logging

from sqlalchemy import select

from campaign.audit.rules import WORKER
from campaign.core import clock
from campaign.core.db import Mode, db, transactions
from campaign.letters.models import Letter
from campaign.signing import following
from campaign.signing.reconcile import reconcile as reconcile_letter

log = logging.getLogger(__name__)


def follow_up() -> None:
    """Owe due reminders, and end the sign-ons that can no longer be confirmed."""
    following.remind(clock.now())
    following.expire(clock.now())
    db.session.commit()


def reconcile() -> None:
    """Compare list and tally of every letter, repair what differs, and raise an alarm in the log."""
    letter_ids = db.session.scalars(select(Letter.id)).all()
    db.session.commit()
    for letter_id in letter_ids:
        with transactions(Mode.SNAPSHOT):
            wrong = reconcile_letter(db.session.get_one(Letter, letter_id), WORKER)
            db.session.commit()
        if wrong:
            log.critical(
                "tally of letter %s differed from its list in %s cells and was repaired", letter_id, wrong
            )
