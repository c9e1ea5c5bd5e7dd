"""The same worker's loop woken by RQ, and looking by itself; each a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from redis import Redis
from rq import Worker
from sqlalchemy import Select, func, select

import config
from bench import owed
from campaign.core import clock
from campaign.core.db import db
from campaign.jobs.bell import Bell
from campaign.letters.models import Letter
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState

BELL = "import os, sys, worker; worker._wait_for_bell(os.getppid(), sys.argv[1])"  # without the sweeper
PATIENCE = 600.0  # seconds


def through_rq(settings: Mapping[str, str], letter: Letter, count: int) -> float:
    """Notices per second, from the ring to the last outcome, by a worker that only the bell wakes."""
    with _process(settings, "-c", BELL, settings["REDIS_URL"]):
        with Redis.from_url(settings["REDIS_URL"]) as connection:
            _until(lambda: bool(Worker.all(connection=connection)))
        owed.notices(letter, count)
        begun = clock.database_now(db.session())
        db.session.commit()
        Bell(settings["REDIS_URL"]).ring()
        return count / (_ended(count) - begun).total_seconds()


def polling(settings: Mapping[str, str], letter: Letter, count: int) -> float:
    """Notices per second, from the first claim to the last outcome, by a worker without Redis."""
    owed.notices(letter, count)
    newest = db.session.scalar(select(func.max(Mail.id))) or 0
    with _process(settings, "worker.py", "--poll"):
        ended = _ended(count)
    begun = db.session.scalar(select(func.min(Mail.first_tried_at)).where(Mail.id > newest - count))
    db.session.commit()
    if begun is None:
        raise RuntimeError("no mail was tried")
    return count / (ended - begun).total_seconds()


def _ended(count: int) -> datetime:
    """When the last outcome was recorded, by the database's clock. Raises TimeoutError, RuntimeError."""
    waiting = select(Mail.id).where(
        Mail.state.in_((MailState.QUEUED, MailState.CLAIMED, MailState.SUBMITTING))
    )
    _until(lambda: _scalar(waiting.limit(1)) is None)
    newest = select(Mail.finished_at, Mail.state).order_by(Mail.id.desc()).limit(count).subquery()
    sent = _scalar(select(func.count()).where(newest.c.state == MailState.ACCEPTED))
    if sent != count:
        raise RuntimeError(f"{sent} of {count} mails were accepted")
    ended: datetime = _scalar(select(func.max(newest.c.finished_at)))
    return ended


def _scalar(statement: Select[Any]) -> Any:
    value = db.session.scalar(statement)
    db.session.commit()
    return value


def _until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > end:
            raise TimeoutError("the worker does not get on")
        time.sleep(0.2)


@contextmanager
def _process(settings: Mapping[str, str], *arguments: str) -> Iterator[None]:
    """A Python of its own with these settings, in the checkout; ended afterwards."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PATH", "LANG", "LC_"))}
    command = [sys.executable, "-W", "ignore", *arguments]
    with subprocess.Popen(
        command, cwd=config.ROOT, env={**kept, **settings}, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield
        finally:
            process.terminate()
