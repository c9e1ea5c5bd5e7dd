"""What came of it, on both databases: tasks done, receipts, replies, and everything in its order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from campaign.audit.models import AuditEntry
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput, NotFound
from campaign.dispatch import queries, responses, timeline
from campaign.dispatch.models import Consignment
from campaign.dispatch.responses import Answer, Deed, Upload
from campaign.dispatch.rules import Progress, ResponseKind
from campaign.dispatch.timeline import Happened
from campaign.outbox.models import MailReport
from campaign.outbox.rules import ReportKind
from tests.factories import ADDRESSEE, COORDINATOR
from tests.rooms.dispatch_kit import BY_HAND, addressees, let_mails_be_due, ready, released, team
from tests.servers import Sink

Work = Callable[[], int]
SCAN = Upload("Receipt No. 7 (copy).PDF", b"%PDF-1.4 a stamp")
DAY = date(2020, 2, 3)


def task(work: Work) -> Consignment:
    """An errand whose time has come."""
    (owed,) = released(ready(BY_HAND)).consignments
    work()
    return owed


def test_a_task_is_closed_with_day_person_reference_and_scan(app: Flask, work: Work) -> None:
    owed = task(work)
    deed = Deed(DAY, who="A Messenger", reference=" desk  7 ", scan=SCAN)
    responses.complete(owed, deed, COORDINATOR)
    db.session.commit()
    assert queries.progress(owed) is Progress.DONE
    assert (owed.done_on, owed.done_who, owed.done_reference) == (DAY, "A Messenger", "desk 7")
    kept = owed.done_scan
    assert kept is not None
    assert (kept.filename, kept.media_type, kept.content) == (
        "Receipt-No-7-copy.pdf",
        "application/pdf",
        SCAN.content,
    )
    assert queries.kept_file(owed.dispatch.letter_id, kept.id) is kept
    with pytest.raises(NotFound):
        queries.kept_file(owed.dispatch.letter_id + 1, kept.id)
    with pytest.raises(Conflict):
        responses.complete(owed, Deed(DAY), COORDINATOR)


def test_a_task_is_not_closed_before_its_time_nor_for_a_mail(app: Flask, work: Work) -> None:
    early, mail = released(ready(BY_HAND), at_once=False).consignments[0], released(ready()).consignments[0]
    for owed in (early, mail):
        with pytest.raises(Conflict):
            responses.complete(owed, Deed(DAY), COORDINATOR)


@pytest.mark.parametrize(
    "deed",
    [
        Deed(date(2999, 1, 1)),
        Deed(DAY, reference="x" * 201),
        Deed(DAY, who="a\x07b"),
        Deed(DAY, scan=Upload("run.exe", b"MZ")),
        Deed(DAY, scan=Upload("page.pdf", b"<script>")),
    ],
    ids=["tomorrow's tomorrow", "long", "control", "program", "no PDF inside"],
)
def test_what_cannot_be_kept_is_refused(app: Flask, work: Work, deed: Deed) -> None:
    with pytest.raises(InvalidInput):
        responses.complete(task(work), deed, COORDINATOR)


def test_a_file_that_is_too_large_is_refused(app: Flask, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "LARGEST_FILE", 10)
    with pytest.raises(InvalidInput, match="larger"):
        responses.complete(task(work), Deed(DAY, scan=SCAN), COORDINATOR)


def test_a_receipt_and_a_reply_are_written_down(app: Flask, work: Work) -> None:
    edition = ready()
    addressee, letter = addressees(edition)[0], edition.letter
    receipt = Answer(ResponseKind.ACKNOWLEDGED, DAY, reference="HC/2020/114", officer="Ms Olive Sample")
    reply = Answer(ResponseKind.REPLIED, DAY, words="We have written to the capital.\n\nYours", file=SCAN)
    first = responses.answered(addressee, receipt, COORDINATOR)
    second = responses.answered(addressee, reply, COORDINATOR)
    db.session.commit()
    assert list(queries.responses(letter.id)) == [first, second]
    assert queries.responses(letter.id, published=True) == []
    responses.publish(second, True, COORDINATOR)
    db.session.commit()
    assert list(queries.responses(letter.id, published=True)) == [second]
    responses.publish(second, False, COORDINATOR)
    db.session.commit()
    assert queries.responses(letter.id, published=True) == []
    with pytest.raises(Conflict, match="only a reply"):
        responses.publish(first, True, COORDINATOR)
    assert queries.response(letter.id, first.id) is first
    with pytest.raises(NotFound):
        queries.response(letter.id + 1, first.id)
    acts = db.session.scalars(select(AuditEntry).where(AuditEntry.action.like("response.%"))).all()
    assert len(acts) == 4
    assert "Olive" not in str([act.details for act in acts])
    raw = db.session.connection().exec_driver_sql("SELECT officer FROM responses").scalars()
    assert all(b"Olive" not in bytes(cell) for cell in raw if cell is not None)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(ResponseKind.REPLIED, DAY),
        Answer(ResponseKind.REPLIED, DAY, words="x" * 20_001),
        Answer(ResponseKind.ACKNOWLEDGED, DAY, officer="x" * 201),
        Answer(ResponseKind.ACKNOWLEDGED, date(2999, 1, 1)),
    ],
    ids=["empty", "long words", "long name", "future"],
)
def test_an_answer_that_says_nothing_or_too_much_is_refused(app: Flask, answer: Answer) -> None:
    with pytest.raises(InvalidInput):
        responses.answered(addressees(ready())[0], answer, COORDINATOR)


def test_a_timeline_tells_everything_in_its_order(app: Flask, sink: Sink, work: Work) -> None:
    (alone,) = team(1)
    edition = ready(ADDRESSEE)
    sink.refuse["minister@example.org"] = "451 4.2.1 Later"
    sent = released(edition)
    work()
    sink.refuse.clear()
    let_mails_be_due()
    work()
    (owed,) = sent.consignments
    assert owed.mail_id is not None
    report = MailReport(
        mail_id=owed.mail_id,
        at=clock.now(),
        kind=ReportKind.BOUNCED,
        status="5.1.1",
        words="no such mailbox",
        digest="0" * 64,
    )
    db.session.add(report)
    tomorrow = clock.now().date() + timedelta(days=1)
    receipt = Answer(ResponseKind.ACKNOWLEDGED, tomorrow, reference="114", officer="Ms Olive Sample")
    responses.answered(addressees(edition)[0], receipt, alone)
    db.session.commit()
    found = timeline.timelines(queries.dispatches(edition.letter_id), queries.responses(edition.letter_id))
    told = [(event.happened, event.words) for event in found[owed.addressee_id]]
    assert [happened for happened, _ in told] == [
        Happened.RELEASED,
        Happened.DEFERRED,
        Happened.HANDED_OVER,
        Happened.BOUNCED,
        Happened.ACKNOWLEDGED,
    ]
    assert told[1][1].startswith("451")
    assert told[-1][1] == "114 Ms Olive Sample"
