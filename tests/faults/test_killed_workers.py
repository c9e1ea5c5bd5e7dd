"""Workers killed at random instants while letters leave: nobody gets two, nobody is forgotten."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from redis import Redis

from tests.faults.found import new_seed
from tests.faults.kills import kill_again_and_again
from tests.faults.release import release
from tests.journeys.stage import Stage

MakeStage = Callable[..., Stage]


def test_a_polling_worker_killed_while_mails_leave(make_stage: MakeStage) -> None:
    found = kill_again_and_again(make_stage("sqlite"), senders=1, kills=13, seed=new_seed())
    assert found.held, found


def test_a_worker_with_a_bell_killed_while_mails_leave(make_stage: MakeStage, redis_url: str) -> None:
    with Redis.from_url(redis_url) as connection:
        connection.flushdb()
    # Two of its processes send, the one that sweeps and the one the bell wakes; each may leave one behind.
    stage = make_stage("postgresql", REDIS_URL=redis_url)
    found = kill_again_and_again(stage, senders=2, kills=12, seed=new_seed())
    assert found.held, found


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
