"""Workers and all their children killed (-9) at random instants, from their first breath to the last mail."""

from __future__ import annotations

import random
import time

from sqlalchemy import select

from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState
from tests.faults.found import Found
from tests.faults.release import IN_HAND, WAITING, judge, number_in, random_share, release
from tests.journeys.stage import Stage

THINKING = 0.015  # seconds the mail server thinks over each line of an envelope, and twice that over a mail
STARTING = 2.5  # seconds a worker needs to be at work, or a little more
Held = tuple[int, str, MailState]  # a mail, the claim upon it, and how far it was


def kill_again_and_again(
    stage: Stage, senders: int, kills: int, seed: int, addressees: int = 1, copies: int = 59
) -> Found:
    """Release a letter, kill its worker that often, let the last one finish; then look who has what.

    `senders` is how many processes of a worker send: each may leave one mail behind that nobody knows about.
    """
    recipients = release(stage, addressees, copies)
    stage.post.thinking, stage.post.slow = THINKING, 2 * THINKING
    found, chance, caught = Found("", seed), random.Random(seed), set[Held]()
    for lives in range(kills, 0, -1):
        left = number_in(stage, *WAITING)
        found.expect(left > 0, f"nothing was left to send {lives} kills before the end")
        kill_one(stage, chance, random_share(chance, left, lives))
        new = held(stage) - caught
        found.limit("left by one kill", len(new), senders)
        caught |= new
        stage.let_time_pass()
    stage.post.thinking = stage.post.slow = 0.0
    stage.burst()
    during = sum(1 for _, _, state in caught if state is MailState.SUBMITTING)
    before = len(caught) - during
    found.tried = f"{kills} kills ({before} before DATA, {during} after), {len(recipients):,} mails"
    judge(stage, recipients, during, found)
    return found


def kill_one(stage: Stage, chance: random.Random, wanted: int) -> None:
    """Start a worker and kill it after that many mails, at some point of the next.

    When that number is 0, it is killed while it starts, or soon after.
    """
    sent = len(stage.post.mails)
    worker = stage.start_worker()
    if wanted:
        assert stage.post.wait_for(sent + wanted)
    # No event tells of an instant between two phases: here the clock is the instrument.
    time.sleep(chance.uniform(0, 5 * THINKING if wanted else STARTING))
    stage.kill(worker)


def held(stage: Stage) -> set[Held]:
    """What a worker has in hand, or had when it died."""
    rows = stage.sql(select(Mail.id, Mail.claim, Mail.state).where(Mail.state.in_(IN_HAND)))
    return {(mail_id, claim, state) for mail_id, claim, state in rows}
