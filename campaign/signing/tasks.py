"""The worker's part in signing: reminders, ends, questions, bulk rules, and the nightly comparison."""

import logging
from collections.abc import Callable

from sqlalchemy import select

from campaign.audit.rules import WORKER
from campaign.core import clock
from campaign.core.db import Mode, db, transactions
from campaign.letters.models import Letter, TextVersion
from campaign.signing import alerts, asking, following, invalidating, sealing
from campaign.signing.bulk import AT_WORK
from campaign.signing.models import Invalidation
from campaign.signing.reconcile import reconcile as reconcile_letter
from campaign.signing.versions import questions

log = logging.getLogger(__name__)


def follow_up() -> None:
    """Owe due reminders, and end the sign-ons that can no longer be confirmed: each slice in a transaction of
    its own, so that a worker that stops loses one slice, and holds up nobody meanwhile.
    """
    now = clock.now()
    with transactions(Mode.READ):
        reminders, overdue = following.reminders(now), following.overdue(now)
        db.session.commit()
    for ids in reminders:
        following.remind(ids, now)
        db.session.commit()
    for ids in overdue:
        following.expire(ids)
        db.session.commit()
    sealing.forget_mails(now)
    db.session.commit()


def watch() -> None:
    """Tell the coordinators when sign-ons come in as they never did."""
    alerts.watch(clock.now())
    db.session.commit()


def keep_asking() -> int:
    """A slice of what is owed to signatories of each changed letter whose time to answer is not over.

    Returns how many signatures it moved, so that the round comes back for the rest.
    """
    return _asked(settled=False)


def keep_asking_late() -> None:
    """The same where the time is over: for signatures that came back to life since, as by an undo."""
    while _asked(settled=True):
        pass


def remind_again(version_id: int) -> None:
    """A coordinator wants those reminded who have not answered a question; in slices."""
    while _held(version_id, lambda version: asking.remind_again(version, clock.now(), WORKER)):
        pass


def _asked(settled: bool) -> int:
    with transactions(Mode.READ):
        found = db.session.scalars(questions(settled)).all()
        db.session.commit()
    return sum(_held(version_id, lambda version: asking.step(version, clock.now())) for version_id in found)


def _held(version_id: int, act: Callable[[TextVersion], int]) -> int:
    """One step about a version in a transaction of its own; 0 while another worker is at it."""
    rows = select(TextVersion).where(TextVersion.id == version_id)
    rows = rows.with_for_update(key_share=True, skip_locked=True, of=TextVersion)
    version = db.session.scalar(rows.execution_options(populate_existing=True))
    moved = act(version) if version is not None else 0
    db.session.commit()
    return moved


def invalidate() -> int:
    """A slice of every bulk invalidation at work, each in its transaction. Returns how much was done."""
    with transactions(Mode.READ):
        at_work = db.session.scalars(select(Invalidation.id).where(Invalidation.state.in_(AT_WORK))).all()
        db.session.commit()
    return sum(_step(invalidation_id) for invalidation_id in at_work)


def _step(invalidation_id: int) -> int:
    held = select(Invalidation).where(Invalidation.id == invalidation_id).with_for_update(skip_locked=True)
    invalidation = db.session.scalar(held.execution_options(populate_existing=True))
    done = invalidating.step(invalidation) if invalidation else 0  # another worker is at it
    db.session.commit()
    return done


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
