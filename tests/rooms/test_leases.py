"""Settling over the connection a lane keeps promises what settling in a session does, on both databases."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import update

from campaign.core import clock
from campaign.core.db import db
from campaign.core.mailer import Answer, Outcome
from campaign.outbox import leases, queries
from campaign.outbox.models import Mail
from campaign.outbox.operations import post
from campaign.outbox.rules import LEASE, MailState

ANSWERS = [Answer(outcome, "words") for outcome in Outcome]


def owed() -> Mail:
    """A mail in the outbox."""
    mail = post("tests.faults.points.note", 7, recipient="reader@example.org", locale="en")
    db.session.commit()
    return mail


def stands(mail: Mail) -> MailState:
    """Where it stands now; no transaction stays open."""
    db.session.refresh(mail)
    state = mail.state
    db.session.commit()
    return state


def claimed() -> leases.Claim:
    """The next claim; there must be one."""
    claim = leases.claim_next()
    assert claim is not None
    return claim


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.outcome)
def test_an_outcome_is_recorded_and_the_next_mail_held(app: Flask, answer: Answer) -> None:
    first, second = owed(), owed()
    second_id = second.id
    db.session.commit()
    with leases.one_connection():
        claim = claimed()
        assert leases.begin_submitting(claim)
        following = leases.settle(claim, answer, go_on=True)
        assert following is not None
        assert following.mail_id == second_id
        assert leases.settle(following, None, go_on=True) is None
    assert (stands(first), stands(second)) == (MailState(answer.outcome), MailState.CANCELLED)
    assert [(a.outcome, a.answer) for a in queries.attempts(first.id)] == [(answer.outcome, "words")]
    assert queries.attempts(second.id) == []


def test_a_stale_holder_records_nothing(app: Flask) -> None:
    mail = owed()
    with leases.one_connection():
        stale = claimed()
        past = clock.now() - 2 * LEASE
        db.session.execute(update(Mail).values(leased_until=past))
        db.session.commit()
        fresh = claimed()
        assert not leases.begin_submitting(stale)
        assert leases.settle(stale, ANSWERS[0], go_on=True) is None
    assert stands(mail) is MailState.CLAIMED
    assert queries.attempts(mail.id) == []
    assert fresh.tries == 2


def test_a_mail_whose_own_lease_ran_out_is_settled_and_not_held_again(app: Flask) -> None:
    mail = owed()
    with leases.one_connection():
        claim = claimed()
        db.session.execute(update(Mail).values(leased_until=clock.now() - 2 * LEASE))
        db.session.commit()
        assert leases.settle(claim, Answer(Outcome.REFUSED, "550 No"), go_on=True) is None
    assert stands(mail) is MailState.REFUSED


def test_the_earliest_mail_comes_first_whatever_it_waited_for(app: Flask) -> None:
    mails = [owed() for _ in range(3)]
    mails[1].state, mails[1].due_at = MailState.DEFERRED, clock.now() - 2 * LEASE
    mails[2].state, mails[2].due_at = MailState.CLAIMED, clock.now() - LEASE
    mails[2].leased_until = clock.now() - LEASE
    ids = [mail.id for mail in mails]
    db.session.commit()
    assert [claimed().mail_id for _ in mails] == [ids[1], ids[2], ids[0]]
