"""Redis emptied, killed and started again, PostgreSQL crashing, while letters leave and people sign."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from campaign.outbox.rules import MailState
from tests.faults.found import Found
from tests.faults.release import IN_HAND, WAITING, judge, number_in, random_share, release
from tests.journeys.browser import Browser
from tests.journeys.letter import organisation_of, sign
from tests.journeys.stage import Stage, until
from tests.servers import CrashingPostgres, RedisServer

SENDERS = 2  # processes of a worker with a bell that send
LONGEST = 60.0  # seconds from the last fault until all mails are final: the promise
BETWEEN = 1.5  # seconds from one fault to the next, about
SLOWEST = 1.0  # seconds the mail server thinks over a mail, at most
PAUSE = 0.5  # seconds at most between a mail that came and the next fault
SIGNERS = 4
READING = 0.25  # seconds for which each of them looks at a page: they are to be many, not to be all the load
STANDING = """SELECT state, tries, count(*) FROM mails
WHERE kind = 'letter' AND state NOT IN ('accepted', 'unknown') GROUP BY state, tries ORDER BY state, tries"""
OPEN_LETTERS = "SELECT count(*) FROM mails WHERE kind = 'letter' AND state NOT IN ('accepted', 'unknown')"


@dataclass
class Crowd:
    """People who go on signing, each with a browser; `acknowledged` are the mailboxes that were thanked."""

    base: str
    acknowledged: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def one(self, number: int) -> None:
        """Sign again and again until it is over, each time for another organisation."""
        visitor = Browser(self.base)
        for time_ in itertools.count():
            if self.over.wait(READING):
                return
            email = f"signer{number}-{time_}@example.org"
            try:
                answered = sign(visitor, email).status
            except (OSError, HTTPException, StopIteration):  # no answer, or a page without a form
                continue
            if answered == 303:
                self.acknowledged.append(email)


@contextmanager
def signing(stage: Stage) -> Iterator[Crowd]:
    """People sign as long as the block lasts."""
    crowd = Crowd(stage.serve().base)
    signers = [threading.Thread(target=crowd.one, args=(number,)) for number in range(SIGNERS)]
    for signer in signers:
        signer.start()
    try:
        yield crowd
    finally:
        crowd.over.set()
        for signer in signers:
            signer.join()


def without_redis(stage: Stage, redis: RedisServer, times: int, seed: int, addressees: int = 1) -> Found:
    """Redis is not there when the worker starts; then it comes, is emptied, killed, and started anew."""
    chance = random.Random(seed)
    faults = (_emptied, _started_anew, _killed)
    redis.kill()
    found = fault_after_fault(stage, chance, times, lambda: chance.choice(faults)(redis), 0, addressees)
    return Found(
        f"{times} times Redis was emptied, killed or started anew, {found.tried}", seed, found.faults
    )


def crashing(stage: Stage, database: CrashingPostgres, times: int, seed: int, addressees: int = 1) -> Found:
    """PostgreSQL stops as by a crash and starts again; each sender may leave one mail that nobody knows."""
    chance, most = random.Random(seed), times * SENDERS
    found = fault_after_fault(stage, chance, times, database.crash, most, addressees)
    return Found(f"{times} crashes of PostgreSQL, {found.tried}", seed, found.faults)


def fault_after_fault(
    stage: Stage,
    chance: random.Random,
    times: int,
    strike: Callable[[], None],
    most_unknown: int,
    addressees: int,
) -> Found:
    """Strike at random moments, while a worker with a bell sends and people sign; then look who has what."""
    found, recipients = Found(""), release(stage, addressees)
    with signing(stage) as crowd:
        worker = stage.start_worker()
        for faults in range(times, 0, -1):
            left = open_letters(stage)
            found.expect(left > 0, f"all letters had left {faults} faults before the end")
            # As slow as it must be for what is left to last until the last fault.
            stage.post.slow = min(SENDERS * faults * BETWEEN / max(left, 1), SLOWEST)
            _a_moment(stage, chance, random_share(chance, left, faults))
            strike()
        stage.post.slow = 0.0
        needed = _until_final(stage)
        found.expect(needed <= LONGEST, f"after {LONGEST:g} s not final: {_standing(stage)}")
    stage.stop(worker)
    stage.let_time_pass()  # so many sign from one network that the last of their mails are slowed
    stage.burst()  # what people signed in the meantime
    signed = len(crowd.acknowledged)
    found.tried = f"{len(recipients):,} mails, {signed} sign-ons; all final after {needed:.0f} s"
    judge_signers(stage, crowd, most_unknown, found)
    judge(stage, recipients, most_unknown, found)
    return found


def _a_moment(stage: Stage, chance: random.Random, mails: int) -> None:
    """Until that many more mails have come, and then a random moment longer."""
    sent = len(stage.post.mails)
    assert stage.post.wait_for(sent + mails)
    time.sleep(chance.uniform(0, PAUSE))  # the instant is what is tested


def _emptied(redis: RedisServer) -> None:
    redis.start()
    redis.empty()


def _killed(redis: RedisServer) -> None:
    redis.kill()


def _started_anew(redis: RedisServer) -> None:
    redis.kill()
    redis.start()


def _until_final(stage: Stage) -> float:
    """How many seconds it takes until no mail of the letter is open, or a little more than LONGEST."""
    began = time.monotonic()

    def final() -> bool:
        try:
            return open_letters(stage) == 0
        except OperationalError:  # it is starting
            return False

    until(final, LONGEST)
    return time.monotonic() - began


def open_letters(stage: Stage) -> int:
    """How many mails of the letter are not final."""
    ((number,),) = stage.sql(text(OPEN_LETTERS))
    return int(number)


def _standing(stage: Stage) -> str:
    """How many letters stand where, and after how many tries."""
    rows = stage.sql(text(STANDING))
    return ", ".join(f"{number} {state} after {tries} tries" for state, tries, number in rows)


def judge_signers(stage: Stage, crowd: Crowd, most_unknown: int, found: Found) -> None:
    """Whoever was thanked is in the database, and was asked once to confirm."""
    kept = {name for (name,) in stage.sql(text("SELECT typed_name FROM signatures"))}
    lost = [email for email in crowd.acknowledged if organisation_of(email) not in kept]
    asked = [len(stage.post.to(email)) for email in crowd.acknowledged]
    found.expect(bool(asked), "nobody signed meanwhile")
    found.limit("sign-ons lost", len(lost), 0)
    found.limit("asked twice to confirm", sum(times > 1 for times in asked), 0)
    unknown = number_in(stage, MailState.UNKNOWN)
    found.limit("never asked to confirm", asked.count(0), unknown)
    found.limit("unknown in all", unknown, most_unknown)
    found.limit("mails that still wait", number_in(stage, *WAITING, *IN_HAND), 0)
