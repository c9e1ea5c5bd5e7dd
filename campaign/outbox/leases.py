"""Holding a mail while it is being sent: claims by conditional update, a heartbeat, and what became of it."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app
from sqlalchemy import Connection, Update, update
from sqlalchemy.exc import SQLAlchemyError

from campaign.core import clock
from campaign.core.db import db
from campaign.core.mailer import LONGEST_WORDS, Answer, Outcome
from campaign.core.secrets import new_nonce
from campaign.outbox import statements
from campaign.outbox.models import Mail, MailAttempt
from campaign.outbox.rules import HEARTBEAT_SECONDS, MailState, gives_up, wait_after

_kept: ContextVar[Connection | None] = ContextVar("kept_connection", default=None)
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


@contextmanager
def one_connection() -> Iterator[None]:
    """What happens to mails inside goes over one connection, taken from the pool once.

    To take and test one for each commit costs more than the statements themselves. On PostgreSQL it commits
    each statement, which saves the two journeys for BEGIN and COMMIT.
    """
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT")
        token = _kept.set(connection)
        try:
            yield
        finally:
            _kept.reset(token)


@contextmanager
def _one() -> Iterator[Connection]:
    """A transaction of one statement. Commits."""
    kept = _kept.get()
    if kept is None:
        yield db.session.connection()
        db.session.commit()
    else:
        with kept.begin():
            yield kept


@contextmanager
def _several() -> Iterator[Connection]:
    """A transaction of several statements, which the session has where each commits. Commits."""
    kept = _kept.get()
    token = _kept.set(None if kept and _commits_each(kept) else kept)
    try:
        with _one() as connection:
            yield connection
    finally:
        _kept.reset(token)


def _commits_each(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def claim_next() -> Claim | None:
    """Hold the next mail that is due, or None. Commits."""
    with _one() as connection:
        return _claim(connection)


def _claim(connection: Connection) -> Claim | None:
    return _next(connection, statements.CLAIM)


def _next(connection: Connection, change: Update, **values: object) -> Claim | None:
    """The mail that this statement holds for us."""
    token = new_nonce()
    row = connection.execute(change, {"new_token": token, **values}).one_or_none()
    if row is None:
        return None
    mail_id, builder, arguments, *rest = row
    return Claim(mail_id, token, builder, tuple(arguments), *rest)


def begin_submitting(claim: Claim) -> bool:
    """Record, before the body leaves, that it is about to.

    False when the row is no longer ours: then nothing may be sent. Commits.
    """
    with _one() as connection:
        return _change(connection, statements.SUBMIT, claim)


def settle(claim: Claim, answer: Answer | None, go_on: bool = False) -> Claim | None:
    """Record what became of a try, unless somebody else holds the row by now; None: no longer wanted.

    With `go_on` the next mail that is due is held in the same transaction, and returned. Commits.
    """
    try:
        kept = _kept.get()
        if go_on and kept and _commits_each(kept) and answer and answer.outcome is not Outcome.DEFERRED:
            return _finish_and_claim(kept, claim, answer)
        with _several() as connection:
            _record(connection, claim, answer)
            return _claim(connection) if go_on else None
    except Exception:
        if not go_on:
            raise
        # Whatever is wrong with the mail that comes next (an address under a lost key, a lock, a database
        # that went away): what the relay said of this one must not be lost over it.
        db.session.rollback()
        return settle(claim, answer)


def _finish_and_claim(kept: Connection, claim: Claim, answer: Answer) -> Claim | None:
    held = {"mail_id": claim.mail_id, "token": claim.token}
    with kept.begin():
        said = {"outcome": answer.outcome, "words": answer.words}
        return _next(kept, statements.FINISH_AND_CLAIM, **held, **said)


def _record(connection: Connection, claim: Claim, answer: Answer | None) -> None:
    if answer is None:
        _change(connection, statements.CANCEL, claim)
        return
    outcome, words = MailState(answer.outcome), answer.words
    if outcome is MailState.DEFERRED and gives_up(claim.first_tried_at, _now(connection)):
        outcome, words = MailState.REFUSED, f"given up after five days; last: {words}"[:LONGEST_WORDS]
    if outcome is MailState.DEFERRED:
        wait = int(wait_after(claim.tries).total_seconds())
        held = _change(connection, statements.DEFER, claim, outcome=outcome, words=words, wait=wait)
    else:
        held = _change(connection, statements.FINISH, claim, outcome=outcome, words=words)
    if held:
        tried = {"mail_id": claim.mail_id, "outcome": answer.outcome, "words": answer.words}
        connection.execute(statements.NOTE, tried)


def _change(connection: Connection, change: Update, claim: Claim, **values: object) -> bool:
    """Whether the mail was still held by this claim, and so was changed."""
    held = {"mail_id": claim.mail_id, "token": claim.token}
    return connection.execute(change, held | values).rowcount == 1


def _now(connection: Connection) -> datetime:
    return connection.scalars(statements.NOW).one()


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


class Heartbeat:
    """One thread of a process that renews the leases of all mails it holds, for as long as there are any."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._held: dict[str, Claim] = {}
        self._thread: threading.Thread | None = None

    def hold(self, claim: Claim) -> None:
        """Renew this one too from now on."""
        with self._lock:
            self._held[claim.token] = claim
            # A fork takes no threads along: a child that inherits this object begins one of its own.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._beat, daemon=True)
                self._thread.start()

    def release(self, claim: Claim) -> None:
        """This one needs no lease any more."""
        with self._lock:
            self._held.pop(claim.token, None)

    def _beat(self) -> None:
        while True:
            time.sleep(HEARTBEAT_SECONDS)
            with self._lock:
                held = list(self._held.values())
                if not held:
                    self._thread = None
                    return
            for claim in held:
                self._renew(claim)

    def _renew(self, claim: Claim) -> None:
        try:
            with self._app.app_context(), db.engine.begin() as connection:
                _change(connection, statements.RENEW, claim)
        except SQLAlchemyError as fault:  # the database may be back at the next beat
            log.warning("mail %s: its lease was not renewed: %s", claim.mail_id, type(fault).__name__)


@contextmanager
def heartbeat(claim: Claim) -> Iterator[None]:
    """Renew the lease every 10 s while the relay takes its time."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    heart: Heartbeat = app.extensions.setdefault("heartbeat", Heartbeat(app))
    heart.hold(claim)
    try:
        yield
    finally:
        heart.release(claim)
