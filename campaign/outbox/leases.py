"""Holding a mail while it is being sent: claims by conditional update, a heartbeat, and what became of it."""

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import CursorResult, func, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from campaign.core import clock
from campaign.core.db import db
from campaign.core.mailer import LONGEST_WORDS, Answer, Outcome
from campaign.core.secrets import new_nonce
from campaign.outbox.models import Mail, MailAttempt
from campaign.outbox.rules import HEARTBEAT_SECONDS, LEASE, MailState, gives_up, wait_after

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """A mail held by this worker, copied out of its row so that no transaction stays open over SMTP."""

    mail_id: int
    token: str
    builder: str
    arguments: tuple[int, ...]
    recipient: str
    locale: str
    nonce: str
    message_id: str
    tries: int
    first_tried_at: datetime


def claim_next() -> Claim | None:
    """Hold the next mail that is due, or None. Commits."""
    claim = _claim(clock.database_now(db.session()))
    db.session.commit()
    return claim


def _claim(now: datetime) -> Claim | None:
    ready = or_(
        Mail.state.in_((MailState.QUEUED, MailState.DEFERRED)) & (Mail.due_at <= now),
        (Mail.state == MailState.CLAIMED) & (Mail.leased_until < now),
    )
    first = select(Mail.id).where(ready).order_by(Mail.due_at, Mail.id).limit(1)
    mail_id = db.session.scalar(first.with_for_update(skip_locked=True))
    if mail_id is None:
        return None
    token = new_nonce()
    tried = {"tries": Mail.tries + 1, "first_tried_at": func.coalesce(Mail.first_tried_at, now)}
    held = {"state": MailState.CLAIMED, "claim": token, "leased_until": now + LEASE}
    change = update(Mail).where(Mail.id == mail_id).values(**held, **tried)
    row = db.session.execute(change.returning(Mail)).scalar_one()
    return Claim(
        mail_id,
        token,
        row.builder,
        tuple(row.arguments),
        row.recipient,
        row.locale,
        row.nonce,
        row.message_id,
        row.tries,
        row.first_tried_at or now,
    )


def begin_submitting(claim: Claim) -> bool:
    """Record, before the body leaves, that it is about to.

    False when the row is no longer ours: then nothing may be sent. Commits.
    """
    now = clock.database_now(db.session())
    held = _update(claim, (MailState.CLAIMED,), {"state": MailState.SUBMITTING, "leased_until": now + LEASE})
    db.session.commit()
    return held


def settle(claim: Claim, answer: Answer | None, go_on: bool = False) -> Claim | None:
    """Record what became of a try, unless somebody else holds the row by now; None: no longer wanted.

    With `go_on` the next mail that is due is held in the same transaction, and returned. Commits.
    """
    try:
        now = clock.database_now(db.session())
        _record(claim, answer, now)
        following = _claim(now) if go_on else None
        db.session.commit()
    except Exception:
        if not go_on:
            raise
        # What the relay said must not be lost over the mail that comes next.
        db.session.rollback()
        return settle(claim, answer)
    return following


def _record(claim: Claim, answer: Answer | None, now: datetime) -> None:
    if answer is None:
        gone = {"state": MailState.CANCELLED, "finished_at": now, "leased_until": None}
        _update(claim, (MailState.CLAIMED,), gone)
        return
    state, words = MailState(answer.outcome.value), answer.words
    if state is MailState.DEFERRED and gives_up(claim.first_tried_at, now):
        state, words = MailState.REFUSED, f"given up after five days; last: {words}"[:LONGEST_WORDS]
    later = state is MailState.DEFERRED
    when = {"due_at": now + wait_after(claim.tries)} if later else {"finished_at": now}
    values: dict[str, Any] = {"state": state, "answer": words, "leased_until": None, **when}
    # A lease that ran out while we waited for the answer was marked unknown; our answer is better knowledge.
    if _update(claim, (MailState.CLAIMED, MailState.SUBMITTING, MailState.UNKNOWN), values):
        tried = {"mail_id": claim.mail_id, "at": now, "outcome": answer.outcome, "answer": answer.words}
        db.session.execute(insert(MailAttempt).values(**tried))


def declare_unknown() -> int:
    """The crash rule: a lease that ran out after the body began to leave is unknown until a person decides.

    Returns how many. Commits.
    """
    now = clock.database_now(db.session())
    lost = (
        update(Mail)
        .where(Mail.state == MailState.SUBMITTING, Mail.leased_until < now)
        .values(state=MailState.UNKNOWN, finished_at=now)
        .returning(Mail.id)
    )
    ids = db.session.scalars(lost).all()
    words = "the worker stopped while the mail was leaving"
    db.session.add_all(MailAttempt(mail_id=i, at=now, outcome=Outcome.UNKNOWN, answer=words) for i in ids)
    db.session.commit()
    return len(ids)


@contextmanager
def heartbeat(claim: Claim) -> Iterator[None]:
    """Renew the lease every 10 s while the relay takes its time."""
    done = threading.Event()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    beating = threading.Thread(target=_beat, args=(app, claim, done), daemon=True)
    beating.start()
    try:
        yield
    finally:
        done.set()
        beating.join()


def _beat(app: Any, claim: Claim, done: threading.Event) -> None:
    held = (Mail.id == claim.mail_id) & (Mail.claim == claim.token)
    live = Mail.state.in_((MailState.CLAIMED, MailState.SUBMITTING))
    while not done.wait(HEARTBEAT_SECONDS):
        try:
            with app.app_context(), Session(db.engine) as session, session.begin():
                now = clock.database_now(session)
                session.execute(update(Mail).where(held, live).values(leased_until=now + LEASE))
        except SQLAlchemyError as fault:  # the database may be back at the next beat
            log.warning("mail %s: its lease was not renewed: %s", claim.mail_id, type(fault).__name__)


def _update(claim: Claim, states: tuple[MailState, ...], values: Mapping[str, Any]) -> bool:
    held = (Mail.id == claim.mail_id) & (Mail.claim == claim.token) & Mail.state.in_(states)
    change = update(Mail).where(held).values(**values).execution_options(synchronize_session=False)
    result: CursorResult[Any] = db.session.execute(change)  # type: ignore[assignment]
    return result.rowcount == 1
