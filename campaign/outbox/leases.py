"""Holding a mail while it is being sent: claims by conditional update, a heartbeat, and what became of it."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.orm import Session

from campaign.core import clock
from campaign.core.db import db
from campaign.core.mailer import Answer, Outcome
from campaign.core.secrets import new_nonce
from campaign.outbox.models import Mail, MailAttempt
from campaign.outbox.rules import HEARTBEAT_SECONDS, LEASE, MailState, gives_up, wait_after


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


def claim_next() -> Claim | None:
    """Hold the next mail that is due, or None. Commits."""
    now = clock.database_now(db.session())
    ready = or_(
        Mail.state.in_((MailState.QUEUED, MailState.DEFERRED)) & (Mail.due_at <= now),
        (Mail.state == MailState.CLAIMED) & (Mail.leased_until < now),
    )
    mail = db.session.scalar(
        select(Mail).where(ready).order_by(Mail.due_at, Mail.id).limit(1).with_for_update(skip_locked=True)
    )
    if mail is None:
        db.session.commit()
        return None
    mail.state, mail.claim, mail.leased_until = MailState.CLAIMED, new_nonce(), now + LEASE
    mail.tries += 1
    mail.first_tried_at = mail.first_tried_at or now
    claim = Claim(
        mail.id,
        mail.claim,
        mail.builder,
        tuple(mail.arguments),
        mail.recipient,
        mail.locale,
        mail.nonce,
        mail.message_id,
    )
    db.session.commit()
    return claim


def begin_submitting(claim: Claim) -> bool:
    """Record, before the body leaves, that it is about to.

    False when the row is no longer ours: then nothing may be sent. Commits.
    """
    now = clock.database_now(db.session())
    held = _update(claim, (MailState.CLAIMED,), {"state": MailState.SUBMITTING, "leased_until": now + LEASE})
    db.session.commit()
    return held


def settle(claim: Claim, answer: Answer) -> None:
    """Record what became of a try, unless somebody else holds the row by now. Commits."""
    now = clock.database_now(db.session())
    mail = db.session.get_one(Mail, claim.mail_id)
    state = MailState(answer.outcome.value)
    words = answer.words
    if state is MailState.DEFERRED and gives_up(mail.first_tried_at or now, now):
        state, words = MailState.REFUSED, f"given up after five days; last: {words}"[:300]
    values: dict[str, Any] = {"state": state, "answer": words, "leased_until": None}
    values |= (
        {"due_at": now + wait_after(mail.tries)} if state is MailState.DEFERRED else {"finished_at": now}
    )
    # A lease that ran out while we waited for the answer was marked unknown; our answer is better knowledge.
    if _update(claim, (MailState.CLAIMED, MailState.SUBMITTING, MailState.UNKNOWN), values):
        db.session.add(
            MailAttempt(mail_id=claim.mail_id, at=now, outcome=answer.outcome, answer=answer.words)
        )
    db.session.commit()


def drop(claim: Claim) -> None:
    """A mail that is no longer wanted: its builder had nothing to say. Commits."""
    now = clock.database_now(db.session())
    _update(
        claim, (MailState.CLAIMED,), {"state": MailState.CANCELLED, "finished_at": now, "leased_until": None}
    )
    db.session.commit()


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
    while not done.wait(HEARTBEAT_SECONDS):
        with app.app_context(), Session(db.engine) as session, session.begin():
            now = clock.database_now(session)
            held = (Mail.id == claim.mail_id) & (Mail.claim == claim.token)
            live = Mail.state.in_((MailState.CLAIMED, MailState.SUBMITTING))
            session.execute(update(Mail).where(held, live).values(leased_until=now + LEASE))


def _update(claim: Claim, states: tuple[MailState, ...], values: Mapping[str, Any]) -> bool:
    held = (Mail.id == claim.mail_id) & (Mail.claim == claim.token) & Mail.state.in_(states)
    result: CursorResult[Any] = db.session.execute(update(Mail).where(held).values(**values))  # type: ignore[assignment]
    return result.rowcount == 1
