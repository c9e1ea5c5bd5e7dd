"""Tries at signing in, kept in the database, so that guessing is slowed on every web host alike."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, delete, func, select

from campaign.accounts.models import LoginAttempt
from campaign.accounts.rules import LOOKED_BACK, REMEMBERED, Failed, wait
from campaign.core import clock
from campaign.core.addresses import checked
from campaign.core.db import db
from campaign.core.errors import InvalidInput
from campaign.core.networks import Caller
from campaign.core.secrets import keyed_hash


def begin(email: str, caller: Caller) -> LoginAttempt | timedelta:
    """A try at signing in, failed until `succeed` says otherwise; or how long to wait before the next one.

    Commit it before the password is looked at: then tries of the same moment see each other, and none is
    forgotten, however it ends. Nothing is said of whether there is such an account.
    """
    mailbox, network, now = mailbox_key(email), keyed_hash("sign-in network", caller.near), clock.now()
    if db.session.get_bind().dialect.name == "postgresql":
        # Tries at one account stand in line here, for as long as it takes to write one down.
        db.session.execute(select(func.pg_advisory_xact_lock(int(mailbox[:15], 16))))
    left = _wait(mailbox, network, now)
    if left:
        return left
    attempt = LoginAttempt(at=now, mailbox=mailbox, network=network, succeeded=False)
    db.session.add(attempt)
    return attempt


def succeed(attempt: LoginAttempt) -> None:
    """The password was right."""
    attempt.succeeded = True


def mailbox_key(email: str) -> str:
    """What tries at one account are found by: however its address is written, it is the same."""
    try:
        written = checked(email)
    except InvalidInput:
        written = email.strip()
    return keyed_hash("sign-in mailbox", written.lower())


def forget(now: datetime) -> int:
    """Delete the tries that are of no use any more. Returns how many."""
    done: CursorResult[Any] = db.session.execute(  # type: ignore[assignment]
        delete(LoginAttempt).where(LoginAttempt.at < now - REMEMBERED)
    )
    return done.rowcount


def _wait(mailbox: str, network: str, now: datetime) -> timedelta:
    at_it, from_it = LoginAttempt.mailbox == mailbox, LoginAttempt.network == network
    success = db.session.scalar(
        select(func.max(LoginAttempt.at)).where(
            at_it, from_it, LoginAttempt.succeeded, LoginAttempt.at > now - REMEMBERED
        )
    )
    since = now - LOOKED_BACK
    return wait(
        here=_failed(max(since, success) if success else since, at_it, from_it),
        account=_failed(since, at_it),
        network=_failed(since, from_it),
        known=success is not None,
        now=now,
    )


def _failed(since: datetime, *which: ColumnElement[bool]) -> Failed:
    times, last = db.session.execute(
        select(func.count(), func.max(LoginAttempt.at)).where(
            *which, LoginAttempt.at > since, ~LoginAttempt.succeeded
        )
    ).one()
    return Failed(times, last)
