"""A mail server that never answers for one mailbox: the others get theirs meanwhile."""

from __future__ import annotations

import random
import time

from tests.faults.found import Found, twice
from tests.faults.release import release
from tests.journeys.stage import Stage

MAILBOXES = 50
MOST_SECONDS = 30.0  # until everybody else has their mail: the promise


def one_hangs(stage: Stage, at: str, seed: int) -> Found:
    """One of 50 mailboxes hangs `at` "rcpt" or at the "dot", for a worker that is a single process."""
    recipients = release(stage, copies=MAILBOXES - 1)
    hanging = random.Random(seed).choice(recipients)
    stage.post.hangs = {hanging: at}
    worker = stage.start_worker("--poll")
    began = time.monotonic()
    others = set(recipients) - {hanging}
    with stage.post.news:
        done = stage.post.news.wait_for(lambda: others <= received(stage), MOST_SECONDS)
    needed = time.monotonic() - began
    stage.kill(worker)
    got = len(others & received(stage))
    found = Found(f"1 of {MAILBOXES} hangs at {at.upper()}: {got} others had theirs in {needed:.1f} s", seed)
    found.expect(done, f"{len(others) - got} others had nothing after {MOST_SECONDS:g} s")
    found.limit("arrived twice", twice(stage.post.mails), 0)
    return found


def received(stage: Stage) -> set[str]:
    """Whose mail has come."""
    return {address for mail in stage.post.mails for address in mail.rcpt_tos}
