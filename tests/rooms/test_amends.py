"""Sending once more on both databases: to a corrected address, or as a reminder; always released anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from campaign.audit.models import AuditEntry
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.dispatch import amends, operations, queries
from campaign.dispatch.fingerprint import fingerprint
from campaign.dispatch.models import Consignment, Dispatch
from campaign.dispatch.rules import DispatchState, Progress, Purpose
from campaign.letters.rules import Sees, Visibility
from campaign.outbox.rules import MailState
from tests.factories import ADDRESSEE, make_edition, make_letter, make_signature
from tests.rooms.dispatch_kit import COPIED, found, let_time_come, ready, released, team
from tests.servers import Sink

Work = Callable[[], int]


def sent_and(state: MailState, work: Work, *addressees: object) -> Dispatch:
    """A release whose mails all stand there."""
    sent = released(ready(*(addressees or (ADDRESSEE,))))  # type: ignore[arg-type]
    work()
    found(sent, state)
    return sent


def test_a_corrected_address_gets_what_came_back(app: Flask, sink: Sink, work: Work) -> None:
    sent, (one, other) = sent_and(MailState.BOUNCED, work), team(2)
    (came_back,) = sent.consignments
    again = amends.correct(came_back, " cabinet@example.org ", one)
    db.session.commit()
    assert (again.purpose, again.state) == (Purpose.CORRECTION, DispatchState.PROPOSED)
    assert came_back.addressee.email == "cabinet@example.org", "the next list goes there too"
    work()
    assert len(sink.to("cabinet@example.org")) == 0
    operations.approve(again, fingerprint(again.edition), other)
    work()
    (mail,) = sink.to("cabinet@example.org")
    (first,) = sink.to("minister@example.org")
    assert mail.message["Message-ID"] != first.message["Message-ID"]
    assert mail.message["In-Reply-To"] is None, "nobody there has the first one"
    assert mail.message["Subject"] == first.message["Subject"]
    assert mail.text == first.text
    assert again.consignments[0].replaces is came_back
    corrected = select(AuditEntry).where(AuditEntry.action == "dispatch.corrected")
    assert "example.org" not in str(db.session.scalars(corrected).one().details)


def test_a_corrected_cc_gets_it_alone(app: Flask, sink: Sink, work: Work) -> None:
    sent = sent_and(MailState.REFUSED, work, COPIED)
    (alone,) = team(1)
    again = amends.correct(sent.consignments[1], "helper@example.org", alone)
    let_time_come(again)
    work()
    (mail,) = sink.to("helper@example.org")
    assert [a.addr_spec for a in mail.message["To"].addresses] == ["basim@example.org"]
    assert [a.addr_spec for a in mail.message["Cc"].addresses] == ["helper@example.org", "office@example.org"]
    assert len(sink.to("basim@example.org")) == len(sink.to("office@example.org")) == 1


@pytest.mark.parametrize(
    ("typed", "message"),
    [("", "not a mail address"), ("nobody", "not a mail address"), ("MINISTER@example.org", "came back")],
)
def test_an_address_that_cannot_help_is_refused(app: Flask, work: Work, typed: str, message: str) -> None:
    sent, (alone,) = sent_and(MailState.BOUNCED, work), team(1)
    with pytest.raises(InvalidInput, match=message):
        amends.correct(sent.consignments[0], typed, alone)


def test_what_did_not_come_back_is_not_corrected(app: Flask, sink: Sink, work: Work) -> None:
    sent, (alone,) = released(ready(ADDRESSEE)), team(1)
    work()
    with pytest.raises(Conflict, match="came back"):
        amends.correct(sent.consignments[0], "cabinet@example.org", alone)


def test_it_is_corrected_once_at_a_time(app: Flask, work: Work) -> None:
    sent, (one, _other) = sent_and(MailState.BOUNCED, work), team(2)
    again = amends.correct(sent.consignments[0], "cabinet@example.org", one)
    db.session.commit()
    with pytest.raises((IntegrityError, Conflict)):
        amends.correct(sent.consignments[0], "office@example.org", one)
    db.session.rollback()
    operations.cancel(again, one)
    db.session.commit()
    assert amends.correct(sent.consignments[0], "office@example.org", one).state is DispatchState.PROPOSED


def test_a_cc_that_is_gone_is_not_corrected(app: Flask, work: Work) -> None:
    sent, (alone,) = sent_and(MailState.BOUNCED, work, COPIED), team(1)
    sent.consignments[0].addressee.copies = []
    db.session.commit()
    with pytest.raises(Conflict, match="not on the letter"):
        amends.correct(sent.consignments[1], "helper@example.org", alone)


@pytest.mark.parametrize("envelope", [0, 1], ids=["the addressee", "a Cc"])
def test_who_is_set_to_see_less_since_gets_no_corrected_mail(app: Flask, work: Work, envelope: int) -> None:
    (alone,) = team(1)
    letter = make_letter(addressees=(COPIED,))
    make_signature(letter, organisation="Hidden Herons", visibility=Visibility.ADDRESSEES)
    sent = released(make_edition(letter))
    work()
    found(sent, MailState.BOUNCED)
    (addressee,) = letter.addressees
    readers = [addressee, *addressee.copies]
    readers[envelope].sees, readers[envelope].sees_since = Sees.PUBLIC, None
    db.session.commit()
    with pytest.raises(Conflict, match="freeze a new edition"):
        amends.correct(sent.consignments[envelope], "new@example.org", alone)


def test_a_reminder_goes_in_the_same_thread_with_words_of_its_own(app: Flask, sink: Sink, work: Work) -> None:
    sent, (one, other) = released(ready(COPIED)), team(2)
    work()
    reminder = amends.remind(sent.consignments[0], "We wrote to you *two weeks* ago.", one)
    db.session.commit()
    assert (reminder.purpose, reminder.state) == (Purpose.REMINDER, DispatchState.PROPOSED)
    operations.approve(reminder, fingerprint(reminder.edition), other)
    work()
    first, second = sink.to("basim@example.org")
    assert second.message["In-Reply-To"] == first.message["Message-ID"]
    assert second.message["References"] == first.message["Message-ID"]
    assert second.message["Subject"] == f"Re: {first.message['Subject']}"
    assert "We wrote to you" in second.text
    assert "is attached once more" in " ".join(second.text.split())
    pdfs = [next(mail.message.iter_attachments()).get_content() for mail in (first, second)]
    assert pdfs[0] == pdfs[1], "the same edition"
    assert len(sink.to("aide@example.org")) == 2
    third = amends.remind(reminder.consignments[0], "And once more.", one)
    operations.approve(third, fingerprint(third.edition), other)
    work()
    last = sink.to("basim@example.org")[2].message
    assert last["In-Reply-To"] == second.message["Message-ID"]
    assert str(last["References"]).split() == [first.message["Message-ID"], second.message["Message-ID"]]


def test_a_reminder_needs_words_and_somebody_who_has_the_letter(app: Flask, sink: Sink, work: Work) -> None:
    sent, (alone,) = released(ready(COPIED)), team(1)
    with pytest.raises(Conflict, match="reached"):
        amends.remind(sent.consignments[0], "Please.", alone)
    work()
    with pytest.raises(InvalidInput, match="write"):
        amends.remind(sent.consignments[0], "  ", alone)
    with pytest.raises(Conflict, match="reached an addressee"):
        amends.remind(sent.consignments[1], "Please.", alone)
    assert len(db.session.scalars(select(Consignment)).all()) == 3
    assert {queries.progress(owed) for owed in sent.consignments} == {Progress.HANDED_OVER}
