"""After the mails have left, on both databases: dispatch first, then publication; failures are told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from campaign.core import clock
from campaign.core.db import db
from campaign.dispatch import queries
from campaign.dispatch.aftermath import publish_after
from campaign.dispatch.models import Dispatch
from campaign.dispatch.operations import Choice
from campaign.dispatch.rules import Publication
from campaign.dispatch.tasks import follow_up, leave_on_time
from campaign.letters import operations as letters
from campaign.letters.rules import Circulation
from campaign.outbox.operations import decide
from campaign.outbox.rules import MailState
from tests.factories import ADDRESSEE, COORDINATOR
from tests.rooms.dispatch_kit import (
    BY_HAND,
    everybody,
    found,
    let_time_come,
    proposed,
    ready,
    released,
    team,
)
from tests.servers import Sink

Work = Callable[[], int]


def private(*addressees: object, anyway: bool = True) -> Dispatch:
    """The release of a private letter that is published after it; its time is now."""
    edition = ready(*(addressees or (ADDRESSEE,)), circulation=Circulation.PRIVATE)  # type: ignore[arg-type]
    (alone,) = team(1)
    choice = Choice(everybody(edition).ticked, publishes=True, publishes_anyway=anyway)
    sent = proposed(edition, alone, choice)
    let_time_come(sent)
    return sent


def told(sink: Sink, words: str) -> int:
    """How many of the team were told that."""
    return sum(words in " ".join(mail.text.split()) for mail in sink.mails)


def test_the_letter_is_public_only_after_it_was_handed_over(app: Flask, sink: Sink, work: Work) -> None:
    sent = private()
    assert queries.embargoed(sent.letter_id) is sent
    leave_on_time()
    follow_up()
    db.session.refresh(sent)
    assert sent.letter.circulation is Circulation.PRIVATE, "nobody was tried yet"
    work()
    assert sent.letter.circulation is Circulation.PUBLIC
    assert sent.published_at is not None
    assert queries.embargoed(sent.letter_id) is None
    assert told(sink, "the letter is public now") == 1
    assert follow_up() == 0


def test_a_mail_that_was_asked_to_wait_holds_nothing_up(app: Flask, sink: Sink, work: Work) -> None:
    sink.refuse["minister@example.org"] = "451 Later"
    sent = private()
    work()
    assert sent.letter.circulation is Circulation.PUBLIC


@pytest.mark.parametrize("anyway", [True, False])
def test_a_refusal_holds_publication_up_only_where_it_was_chosen(
    app: Flask, sink: Sink, work: Work, anyway: bool
) -> None:
    sink.refuse["minister@example.org"] = "550 5.1.1 No such mailbox"
    sent = private(anyway=anyway)
    work()
    assert (sent.letter.circulation is Circulation.PUBLIC) is anyway
    assert told(sink, "did not reach its recipient") == 1
    assert told(sink, "it is not published") == (0 if anyway else 1)
    work()
    assert told(sink, "did not reach its recipient") == 1, "told once"


def test_a_letter_somebody_published_already_stays_published(app: Flask, sink: Sink, work: Work) -> None:
    sent = private()
    letters.publish(sent.letter, COORDINATOR)
    work()
    assert sent.published_at is not None
    assert told(sink, "the letter is public now") == 0


def test_tasks_hold_nothing_up(app: Flask, sink: Sink, work: Work) -> None:
    sent = private(BY_HAND)
    work()
    assert sent.letter.circulation is Circulation.PUBLIC


def test_a_relay_that_is_away_holds_nothing_up_for_long(app: Flask, work: Work) -> None:
    sent = private(ADDRESSEE, BY_HAND)
    leave_on_time()
    db.session.refresh(sent)
    assert publish_after(sent) is Publication.WAIT
    long_ago = clock.now() - timedelta(minutes=11)
    sent.left_at = long_ago
    for owed in sent.consignments:
        if owed.mail is not None:
            owed.mail.due_at = long_ago
    assert publish_after(sent) is Publication.PUBLISH


def test_what_is_held_after_a_restore_is_not_published_before_somebody_compared(
    app: Flask, sink: Sink, work: Work
) -> None:
    sent = private()
    leave_on_time()
    db.session.refresh(sent)
    found(sent, MailState.HELD)
    sent.left_at = clock.now() - timedelta(days=2)
    follow_up()
    assert sent.letter.circulation is Circulation.PRIVATE
    (owed,) = sent.consignments
    assert owed.mail_id is not None
    decide(owed.mail_id, False, COORDINATOR)
    follow_up()
    assert sent.letter.circulation is Circulation.PRIVATE, "it leaves now, and was not tried yet"
    work()
    assert len(sink.to("minister@example.org")) == 1
    assert sent.letter.circulation is Circulation.PUBLIC


def test_a_letter_that_was_withdrawn_meanwhile_is_not_published(app: Flask, sink: Sink, work: Work) -> None:
    sent = private()
    leave_on_time()
    letters.withdraw(sent.letter, "It was taken back.", COORDINATOR)
    work()
    assert (sent.letter.circulation, sent.publishes) == (Circulation.PRIVATE, False)


def test_what_has_not_left_is_not_published(app: Flask, work: Work) -> None:
    sent = released(ready(), at_once=False)
    assert publish_after(sent) is Publication.STOP
    work()
    assert sent.published_at is None


def test_each_new_failure_is_told(app: Flask, sink: Sink, work: Work) -> None:
    sent = released(ready())
    team(1)
    work()
    assert told(sink, "did not reach its recipient") == 0
    found(sent, MailState.UNKNOWN)
    work()
    assert told(sink, "did not reach its recipient") == 1
    for owed in sent.consignments[1:]:
        assert owed.mail is not None
        owed.mail.state = MailState.ACCEPTED
    first = sent.consignments[0].mail
    assert first is not None
    first.state, first.finished_at = MailState.BOUNCED, clock.now() + timedelta(seconds=1)
    work()
    assert told(sink, "did not reach its recipient") == 2
