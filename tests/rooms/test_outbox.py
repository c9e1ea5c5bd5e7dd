"""The outbox on both databases: who holds a mail, what a stale holder may not do, what a try brought."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, NotFound
from campaign.core.mailer import Answer, Outcome
from campaign.outbox import leases, queries, tasks
from campaign.outbox.message import Attachment, Mailbox, Parts, compose
from campaign.outbox.models import Mail
from campaign.outbox.operations import cancel, decide, post
from campaign.outbox.rules import LEASE, MailState
from tests.factories import COORDINATOR
from tests.servers import Sink

NOTE = "tests.rooms.test_outbox.note"
ACCEPTED = Answer(Outcome.ACCEPTED, "250 OK")
DEFERRED = Answer(Outcome.DEFERRED, "451 Later")
MOMENT = datetime(2020, 2, 3, 12, 0, tzinfo=UTC)


def note(claim: leases.Claim, number: int) -> Parts | None:
    """A builder: 0 is no longer wanted, 1 cannot be written, 2 is a programming error, others are notes."""
    if number == 0:
        return None
    if number == 1:
        raise ValueError("a text is missing")
    if number == 2:
        raise AttributeError("somebody renamed something")
    return Parts(
        subject=f"Nötig {number}",
        text="A line.\n",
        html="<p>A line.</p>",
        to=[Mailbox("Amira Example", "minister@example.org")],
        cc=[Mailbox("", "copy@example.org")],
        sender=Mailbox("Harbour Rights Watch", "letters@example.org"),
        date=MOMENT,
        attachments=[Attachment("a.pdf", "application/pdf", b"%PDF-1.7")],
    )


def owed(number: int = 7, recipient: str = "minister@example.org", **more: object) -> Mail:
    """A mail in the outbox."""
    mail = post(NOTE, number, recipient=recipient, locale="en", **more)  # type: ignore[arg-type]
    db.session.commit()
    return mail


def claimed() -> leases.Claim:
    """The next claim; there must be one."""
    claim = leases.claim_next()
    assert claim is not None
    return claim


def age_leases() -> None:
    """All leases ran out a second ago."""
    past = clock.database_now(db.session()) - timedelta(seconds=1)
    db.session.execute(update(Mail).values(leased_until=past))
    db.session.commit()


def test_a_mail_goes_out_and_the_relays_word_is_kept(app: Flask, sink: Sink, work: Callable[[], int]) -> None:
    mail = owed(recipient="minister@example.org")
    work()
    assert (mail.state, mail.answer, mail.tries) == (MailState.ACCEPTED, "250 2.0.0 kept as 1", 1)
    assert mail.finished_at is not None
    (attempt,) = queries.attempts(mail.id)
    assert (attempt.outcome, attempt.answer) == (Outcome.ACCEPTED, "250 2.0.0 kept as 1")
    (received,) = sink.mails
    assert received.rcpt_tos == ["minister@example.org"]
    assert str(received.message["Subject"]) == "Nötig 7"
    assert received.message["Auto-Submitted"] == "auto-generated"
    assert received.message["Message-ID"] == f"<{mail.message_id}>"
    assert work() == 0


def test_every_try_and_every_copy_has_the_same_bytes(app: Flask, sink: Sink, work: Callable[[], int]) -> None:
    first = owed()
    post(NOTE, 7, recipient="copy@example.org", locale="en", same_as=first)
    db.session.commit()
    sink.refuse["copy@example.org"] = "450 Greylisted"
    work()
    sink.refuse.clear()
    db.session.execute(update(Mail).where(Mail.state == MailState.DEFERRED).values(due_at=clock.now()))
    work()
    db.session.execute(update(Mail).where(Mail.id == first.id).values(state=MailState.UNKNOWN))
    db.session.expire_all()
    decide(first.id, False, COORDINATOR)
    work()
    assert [mail.rcpt_tos for mail in sink.mails] == [
        ["minister@example.org"],
        ["copy@example.org"],
        ["minister@example.org"],
    ]
    assert len({mail.content for mail in sink.mails}) == 1


def test_different_mails_have_different_bytes(app: Flask) -> None:
    first, second = owed(), owed()
    assert first.message_id != second.message_id
    parts = note(claimed(), 7)
    assert parts is not None
    assert compose(parts, "x@example.org", "a") != compose(parts, "x@example.org", "b")


def test_only_one_worker_holds_a_mail(app: Flask) -> None:
    mail = owed()
    first = claimed()
    assert leases.claim_next() is None
    db.session.refresh(mail)
    assert (mail.state, mail.tries) == (MailState.CLAIMED, 1)
    assert first.mail_id == mail.id


def test_what_is_not_due_is_not_claimed(app: Flask) -> None:
    owed(due_at=clock.now() + timedelta(minutes=5))
    assert leases.claim_next() is None


def test_a_stale_holder_can_do_nothing(app: Flask) -> None:
    mail = owed()
    stale = claimed()
    age_leases()
    fresh = claimed()
    assert fresh.mail_id == stale.mail_id
    assert not leases.begin_submitting(stale)
    leases.settle(stale, ACCEPTED)
    leases.settle(stale, None)
    db.session.refresh(mail)
    assert (mail.state, mail.answer) == (MailState.CLAIMED, None)
    assert leases.begin_submitting(fresh)
    assert not leases.begin_submitting(fresh)
    leases.settle(fresh, ACCEPTED)
    db.session.refresh(mail)
    assert (mail.state, mail.tries) == (MailState.ACCEPTED, 2)
    assert len(queries.attempts(mail.id)) == 1


def test_a_worker_that_died_while_the_mail_was_leaving(app: Flask) -> None:
    mail = owed()
    claim = claimed()
    assert leases.begin_submitting(claim)
    assert leases.declare_unknown() == 0
    age_leases()
    assert leases.claim_next() is None  # it may have arrived: nobody sends it again by himself
    assert leases.declare_unknown() == 1
    db.session.refresh(mail)
    assert mail.state is MailState.UNKNOWN
    assert [a.outcome for a in queries.attempts(mail.id)] == [Outcome.UNKNOWN]
    leases.settle(claim, ACCEPTED)  # it was only slow
    db.session.refresh(mail)
    assert mail.state is MailState.ACCEPTED


def test_a_persons_word_stands_against_a_late_answer(app: Flask) -> None:
    mail = owed()
    claim = claimed()
    leases.begin_submitting(claim)
    age_leases()
    leases.declare_unknown()
    decide(mail.id, True, COORDINATOR)
    db.session.commit()
    leases.settle(claim, DEFERRED)
    db.session.refresh(mail)
    assert mail.state is MailState.ACCEPTED


def test_deciding_to_send_again(app: Flask) -> None:
    mail = owed()
    with pytest.raises(Conflict):
        decide(mail.id, False, COORDINATOR)
    leases.begin_submitting(claimed())
    age_leases()
    leases.declare_unknown()
    db.session.expire_all()
    decide(mail.id, False, COORDINATOR)
    db.session.commit()
    assert claimed().mail_id == mail.id
    with pytest.raises(NotFound):
        decide(0, True, COORDINATOR)


def test_deferred_mails_wait_longer_each_time(app: Flask) -> None:
    mail = owed()
    waits = []
    for _ in range(4):
        leases.settle(claimed(), DEFERRED)
        db.session.refresh(mail)
        assert mail.state is MailState.DEFERRED
        now = clock.database_now(db.session())
        waits.append(round((mail.due_at - now).total_seconds() / 60))
        assert leases.claim_next() is None
        mail.due_at = now
        db.session.commit()
    assert waits == [1, 2, 4, 8]


def test_after_five_days_a_mail_is_given_up(app: Flask) -> None:
    mail = owed()
    mail.first_tried_at = clock.now() - timedelta(days=5)
    db.session.commit()
    leases.settle(claimed(), DEFERRED)
    db.session.refresh(mail)
    assert mail.state is MailState.REFUSED
    assert mail.answer == "given up after five days; last: 451 Later"


def test_the_next_mail_is_held_as_the_last_is_settled(app: Flask) -> None:
    first, second = owed(), owed()
    following = leases.settle(claimed(), ACCEPTED, go_on=True)
    assert following is not None
    assert following.mail_id == second.id
    assert leases.settle(following, ACCEPTED, go_on=True) is None
    db.session.expire_all()
    assert [mail.state for mail in (first, second)] == [MailState.ACCEPTED] * 2


def test_an_outcome_is_not_lost_over_the_next_mail(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    mail, claim = owed(), claimed()
    owed()
    monkeypatch.setattr(leases, "_claim", lambda now: 1 // 0)
    assert leases.settle(claim, ACCEPTED, go_on=True) is None
    db.session.refresh(mail)
    assert mail.state is MailState.ACCEPTED


def test_a_database_that_is_away_is_waited_for(
    app: Flask, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = iter([True, True])

    def settle(claim: leases.Claim, answer: Answer | None, go_on: bool = False) -> leases.Claim | None:
        if next(away, False):
            raise OperationalError("UPDATE", {}, Exception("the server is restarting"))
        return leases.settle(claim, answer, go_on)

    monkeypatch.setattr(tasks, "PAUSES", (0.0,) * 3)
    monkeypatch.setattr(tasks, "settle", settle)
    mail = owed()
    assert tasks.deliver() == 1
    db.session.refresh(mail)
    assert mail.state is MailState.ACCEPTED
    away = iter([True] * 9)
    second = owed()
    assert tasks.deliver() == 0
    db.session.refresh(second)
    assert second.state is MailState.SUBMITTING, "its lease runs out: then it is unknown"


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.ACCEPTED, MailState.ACCEPTED),
        (Outcome.REFUSED, MailState.REFUSED),
        (Outcome.UNKNOWN, MailState.UNKNOWN),
    ],
)
def test_final_outcomes(app: Flask, outcome: Outcome, state: MailState) -> None:
    mail = owed()
    leases.settle(claimed(), Answer(outcome, "words"))
    db.session.refresh(mail)
    assert (mail.state, mail.leased_until) == (state, None)
    assert mail.finished_at is not None
    assert queries.totals() == {state: 1}


def test_cancelling(app: Flask) -> None:
    mail = owed()
    cancel(mail.id)
    db.session.commit()
    assert leases.claim_next() is None
    with pytest.raises(Conflict):
        cancel(mail.id)


def test_a_mail_that_is_leaving_cannot_be_cancelled_on_old_knowledge(app_postgresql: Flask) -> None:
    mail = owed()
    assert mail.state is MailState.QUEUED  # this session has read it, and goes on
    with app_postgresql.app_context():
        assert leases.begin_submitting(claimed())
    with pytest.raises(Conflict):
        cancel(mail.id)


def test_unwanted_mails_are_dropped_and_unwritable_ones_wait(
    app: Flask, sink: Sink, work: Callable[[], int]
) -> None:
    unwanted, unwritable, broken, unknown = owed(0), owed(1), owed(2), owed(3)
    unknown.builder = "campaign.nowhere.mails.note"
    good = owed(4)
    work()
    assert unwanted.state is MailState.CANCELLED
    assert [m.state for m in (unwritable, broken, unknown)] == [MailState.DEFERRED] * 3
    assert unwritable.answer == "could not be written: ValueError"
    assert good.state is MailState.ACCEPTED
    assert len(sink.mails) == 1


def test_the_rest_stays_due_when_the_relay_is_away(app: Flask, work: Callable[[], int]) -> None:
    mails = [owed(n) for n in range(3, 6)]
    work()
    assert {mail.state for mail in mails} <= {MailState.DEFERRED, MailState.QUEUED}
    assert max(mail.tries for mail in mails) == 1
    assert "before the mail was sent" in (mails[0].answer or "")


def test_a_heartbeat_renews_the_lease(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "HEARTBEAT_SECONDS", 0.02)
    mail = owed()
    claim = claimed()
    age_leases()
    with leases.heartbeat(claim):
        for _ in range(200):
            db.session.expire_all()
            if mail.leased_until and mail.leased_until > clock.database_now(db.session()):
                break
            db.session.commit()
    db.session.refresh(mail)
    assert mail.leased_until is not None
    assert mail.leased_until > clock.database_now(db.session()) + LEASE / 2
    assert leases.claim_next() is None


def test_no_address_lies_readable_in_the_table(app: Flask) -> None:
    owed()
    leases.settle(claimed(), Answer(Outcome.REFUSED, "550 <minister@example.org> unknown"))
    for table in ("mails", "mail_attempts"):
        for row in db.session.execute(select("*").select_from(db.metadata.tables[table])).all():
            assert b"minister" not in b"".join(bytes(v) for v in row if isinstance(v, (bytes, memoryview)))
            assert "minister" not in " ".join(v for v in row if isinstance(v, str))
    assert db.session.scalar(select(func.count()).select_from(Mail)) == 1
    assert queries.mails([0]) == {}
    assert queries.mail(0) is None
