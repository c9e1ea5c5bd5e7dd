"""Web processes killed (-9), and PostgreSQL crashing, while people sign: whoever was thanked is kept."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from queue import Empty, SimpleQueue

from sqlalchemy import text

import config
from campaign import create_app
from tests.faults.found import Found
from tests.faults.naming import sealed_anew
from tests.journeys.browser import Browser, Fields
from tests.journeys.letter import IMPORTED, OPENED, SIGN_ON, SLUG
from tests.journeys.stage import Stage, session_of, until

SIGNERS = 4
PATIENT = 120.0  # seconds for which somebody presses the button again when nobody answers
AGAIN = 0.2  # seconds until then
FORM = f"/letters/{SLUG}/sign"
KEPT = "SELECT typed_name FROM signatures"
ASKED = """SELECT count(*) FROM signatures WHERE id NOT IN
(SELECT signature_id FROM confirmations WHERE digest IS NOT NULL)"""
OWED = "SELECT count(*) FROM mails WHERE kind = 'confirmation'"


@dataclass
class Signers:
    """People with a form each, who press again when they get no answer; `thanked` are those who were told
    to look in their inbox.
    """

    base: str
    forms: SimpleQueue[Fields]
    thanked: list[str] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)
    news: threading.Condition = field(default_factory=threading.Condition)

    def work(self) -> None:
        """Send form after form until none is left."""
        visitor = Browser(self.base)
        with suppress(Empty):
            while True:
                self._send(visitor, self.forms.get_nowait())

    def _send(self, visitor: Browser, form: Fields) -> None:
        given_up = time.monotonic() + PATIENT
        while time.monotonic() < given_up:
            status = 0
            with suppress(OSError, HTTPException):  # whoever answered is dead
                status = visitor.post(FORM, form).status
            if status == 303:
                with self.news:
                    self.thanked.append(form["organisation"])
                    self.news.notify_all()
                return
            self.refused[status] += 1
            time.sleep(AGAIN)  # as people do

    def wait_for(self, count: int) -> bool:
        """Wait until that many were thanked."""
        with self.news:
            return self.news.wait_for(lambda: len(self.thanked) >= count, 600)


def kill_the_web(
    stage: Stage, posts: int, kills: int, seed: int, crash: Callable[[], None] | None = None
) -> Found:
    """So many people sign while web processes are killed so often, and the database crashes if it can."""
    stage.prepare(IMPORTED, OPENED)
    visitor, chance, found = stage.serve(), random.Random(seed), Found("", seed)
    signers = Signers(visitor.base, _forms(stage, visitor, posts))
    threads = [threading.Thread(target=signers.work) for _ in range(SIGNERS)]
    for thread in threads:
        thread.start()
    for number in range(1, kills + 1):
        found.expect(signers.wait_for(posts * number // (kills + 1)), "nobody is answered any more")
        (crash if crash and number % 3 == 0 else lambda: _kill_some(stage, chance))()
    for thread in threads:
        thread.join()
    _judge(stage, signers, posts, found)
    found.tried = f"{kills} kills, {posts:,} posts: {len(signers.thanked):,} thanked"
    return found


def _forms(stage: Stage, visitor: Browser, posts: int) -> SimpleQueue[Fields]:
    """A form for each organisation, as the web server seals them."""
    blank, forms = visitor.get(FORM).form("organisation").fields, SimpleQueue[Fields]()
    app = create_app(config.read(stage.environment))
    with app.app_context():
        for number in range(posts):
            own = {"organisation": f"Group {number}", "email": f"signer{number}@example.org"}
            forms.put({**sealed_anew(blank), **SIGN_ON, **own})
    return forms


def _kill_some(stage: Stage, chance: random.Random) -> None:
    """One or both of the processes that answer; the one that starts them anew is left."""
    master = stage.processes[0].pid

    def answering() -> list[int]:
        return [pid for pid in session_of(master) if pid != master]

    until(lambda: bool(answering()))
    family = answering()
    for pid in chance.sample(family, chance.randint(1, len(family))):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _judge(stage: Stage, signers: Signers, posts: int, found: Found) -> None:
    kept = Counter(name for (name,) in stage.sql(text(KEPT)))
    lost = [name for name in signers.thanked if name not in kept]
    found.limit("sign-ons lost", len(lost), 0)
    found.limit("kept twice", sum(times > 1 for times in kept.values()), 0)
    found.limit("without a link", stage.sql(text(ASKED))[0][0], 0)
    found.limit("without a mail", sum(kept.values()) - stage.sql(text(OWED))[0][0], 0)
    found.expect(len(signers.thanked) == posts, f"only {len(signers.thanked)} of {posts} were thanked")
    wrong = {status: times for status, times in signers.refused.items() if status not in (0, 503)}
    found.expect(not wrong, f"answers that should not be: {wrong}")
