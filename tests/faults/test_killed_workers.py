"""Workers killed at random instants while letters leave: nobody gets two, nobody is forgotten."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis

from tests.journeys.letter import OPENED, SLUG
from tests.journeys.stage import Stage
from tests.servers import Received

KILLS = 8
COPIES = 59  # more than eight rounds can send, so that each kill meets a worker at work
SLOW = 0.1  # seconds the mail server thinks over each mail
LETTER = """slug = "{slug}"
original_language = "en"
title = {{ en = "Clear water" }}
hosts = [{{ name = "Valley Rivers Network" }}]

[[addressees]]
name = "Ms Ada Sample"
email = "reader0@water.example.org"
cc = [{copies}]
"""
MakeStage = Callable[..., Stage]


def test_a_polling_worker_killed_while_mails_leave(make_stage: MakeStage) -> None:
    kill_again_and_again(make_stage("sqlite"), senders=1)


def test_a_worker_with_a_bell_killed_while_mails_leave(make_stage: MakeStage, redis_url: str) -> None:
    with Redis.from_url(redis_url) as connection:
        connection.flushdb()
    # Two of its processes send, the one that sweeps and the one the bell wakes; each may leave one behind.
    kill_again_and_again(make_stage("postgresql", REDIS_URL=redis_url), senders=2)


def kill_again_and_again(stage: Stage, senders: int) -> None:
    """Release a letter, kill its worker KILLS times, let the last one finish; then look who has what."""
    recipients = release(stage)
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    stage.post.slow = SLOW
    for _ in range(KILLS):
        kill_one(stage, chance)
    assert len(stage.post.mails) < len(recipients), "the workers were done before the last one was killed"
    stage.post.slow = 0.0
    stage.burst()
    judge(stage, recipients, KILLS * senders, f"seed {seed}")


def release(stage: Stage, copies: int = COPIES) -> list[str]:
    """A letter frozen, printed and released; whom it is owed to."""
    recipients = [f"reader{n}@water.example.org" for n in range(copies + 1)]
    folder: Path = stage.folder / "letter"
    folder.mkdir()
    listed = ", ".join(f'"{address}"' for address in recipients[1:])
    (folder / "letter.toml").write_text(LETTER.format(slug=SLUG, copies=listed))
    (folder / "text.en.md").write_text("Please let us see the water.")
    stage.prepare(
        ("letters", "import", str(folder)),
        OPENED,
        ("editions", "compile", SLUG, "--wait"),
        ("dispatch", "release", SLUG, "--edition", "1", "--now", "--reason", "a test of crashes"),
    )
    return recipients


def kill_one(stage: Stage, chance: random.Random) -> None:
    """Start a worker, wait until it sends, and kill it a moment later: the moment is what is tested."""
    sent = len(stage.post.mails)
    worker = stage.start_worker()
    assert stage.post.wait_for(sent + 1)
    time.sleep(chance.uniform(0, 4 * SLOW))
    stage.kill(worker)
    stage.let_time_pass()


def judge(stage: Stage, recipients: list[str], most_unknown: int, story: str) -> None:
    """0 twice, 0 forgotten; what is not known is few, and said."""
    received = Counter(_envelope(mail) for mail in stage.post.mails)
    states = dict(stage.states())
    assert sorted(states) == sorted(recipients), story
    assert max(received.values()) == 1, story
    assert len({message_id for message_id, _ in received}) == 1, story
    assert set(states.values()) <= {"accepted", "unknown"}, story
    unknown = {address for address, state in states.items() if state == "unknown"}
    assert len(unknown) <= most_unknown, story
    assert {address for _, address in received} | unknown == set(recipients), story


def _envelope(mail: Received) -> tuple[str, str]:
    (recipient,) = mail.rcpt_tos
    return str(mail.message["Message-ID"]), recipient


def test_a_mail_of_unknown_outcome_is_sent_again_only_when_a_person_says_so(make_stage: MakeStage) -> None:
    stage = make_stage("sqlite")
    release(stage, copies=1)
    stage.post.slow = 60.0  # nobody is answered after the first mail
    worker = stage.start_worker()
    assert stage.post.wait_for(1)
    stage.kill(worker)
    stage.let_time_pass()
    stage.post.slow = 0.0
    stage.burst()
    (first,) = stage.post.mails[:1]
    (address,) = [address for address, state in stage.states() if state == "unknown"]
    assert first.rcpt_tos == [address]
    stage.burst()
    assert len(stage.post.to(address)) == 1
    stage.prepare(("outbox", "decide", "1", "resend"))
    stage.burst()
    again = stage.post.to(address)
    assert [mail.content for mail in again] == [first.content] * 2
    assert {state for _, state in stage.states()} == {"accepted"}


@pytest.mark.parametrize("arguments", [("--poll",), ()], ids=["polling", "with a bell"])
def test_a_worker_asked_to_stop_ends_by_itself(
    make_stage: MakeStage, redis_url: str, arguments: tuple[str, ...]
) -> None:
    stage = make_stage("sqlite", REDIS_URL=redis_url)
    release(stage, copies=9)
    worker = stage.start_worker(*arguments)
    assert stage.post.wait_for(10)
    assert stage.stop(worker) == 0
    assert {state for _, state in stage.states()} == {"accepted"}
