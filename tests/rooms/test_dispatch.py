"""Dispatch on both databases: one mail per mailbox, never twice, taken back while it can be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from campaign.audit.models import AuditEntry
from campaign.audit.rules import OPERATOR, SIGNATORY
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, NotFound
from campaign.dispatch import operations, preview, queries
from campaign.dispatch.models import Consignment, Dispatch
from campaign.dispatch.rules import Check, DispatchState, Progress
from campaign.dispatch.writing import Errand, groups, written
from campaign.editions.models import Edition
from campaign.letters import operations as letters
from campaign.letters.drafts import AddresseeDraft
from campaign.letters.rules import Visibility
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState
from campaign.signing import operations as signing
from campaign.signing.rules import SignatureStatus
from campaign.signing.visibility import narrow
from tests.factories import ADDRESSEE, COORDINATOR, HOST, make_edition, make_letter, make_signature
from tests.rooms.dispatch_kit import ANNEX, BY_HAND, COPIED, checks, let_mails_be_due, ready, released
from tests.servers import Sink
from tests.threads import together


def test_each_mailbox_gets_one_mail(app: Flask, sink: Sink, work: Callable[[], int]) -> None:
    edition = ready(ADDRESSEE, COPIED, documents=(ANNEX,))
    sent = released(edition)
    work()
    got = sorted(mail.rcpt_tos[0] for mail in sink.mails)
    assert got == ["aide@example.org", "basim@example.org", "minister@example.org", "office@example.org"]
    copies = [
        sink.to(address)[0] for address in ("basim@example.org", "aide@example.org", "office@example.org")
    ]
    assert len({mail.content for mail in copies}) == 1
    assert len({mail.message["Message-ID"] for mail in sink.mails}) == 2
    message = copies[0].message
    assert [a.addr_spec for a in message["To"].addresses] == ["basim@example.org"]
    assert [a.addr_spec for a in message["Cc"].addresses] == ["aide@example.org", "office@example.org"]
    assert [a.addr_spec for a in message["Reply-To"].addresses] == ["desk@example.org"]
    assert message["Auto-Submitted"] is None
    attached = [(part.get_filename(), part.get_content()) for part in message.iter_attachments()]
    assert attached[0][0].endswith("-edition-1.pdf")
    assert attached[1] == ("Annex-final.pdf", b"%PDF-1.7 annex")
    assert "1 group from 1 country" in copies[0].text
    assert {queries.progress(owed) for owed in sent.consignments} == {Progress.HANDED_OVER}
    work()
    assert len(sink.mails) == 4


def test_every_try_has_the_same_bytes_whatever_is_edited(
    app: Flask, sink: Sink, work: Callable[[], int]
) -> None:
    edition = ready(ADDRESSEE)
    sink.refuse["minister@example.org"] = "451 Later"
    sent = released(edition)
    work()
    assert queries.progress(sent.consignments[0]) is Progress.TRYING
    edition.letter.hosts[0].contact = edition.letter.addressees[0].email = "another@example.org"
    edition.letter.titles = {"en": "Another title"}
    let_mails_be_due()
    sink.refuse.clear()
    work()
    first = sink.mails[0].content
    again = update(Mail).where(Mail.kind == "letter").values(state=MailState.QUEUED, due_at=clock.now())
    db.session.execute(again)
    work()
    assert [mail.rcpt_tos for mail in sink.mails] == [["minister@example.org"]] * 2
    assert sink.mails[1].content == first
    assert b"another@example.org" not in first


def test_a_release_waits_and_can_be_taken_back(app: Flask, sink: Sink, work: Callable[[], int]) -> None:
    edition = ready(release_delay=20)
    sent = released(edition, at_once=False)
    assert sent.leaves_at is not None
    assert abs(sent.leaves_at - clock.now() - timedelta(minutes=20)) < timedelta(minutes=1)
    assert {queries.progress(owed) for owed in sent.consignments} == {Progress.WAITING}
    work()
    assert sink.mails == []
    assert operations.cancel(sent, COORDINATOR) == 4
    db.session.commit()
    assert (sent.state, sent.cancelled_at is not None) == (DispatchState.CANCELLED, True)
    assert {queries.progress(owed) for owed in sent.consignments} == {Progress.CANCELLED}
    with pytest.raises(Conflict):
        operations.cancel(sent, COORDINATOR)
    again = released(edition)
    work()
    assert len(sink.mails) == 4
    assert [d.id for d in queries.dispatches(edition.letter_id)] == [again.id, sent.id]
    with pytest.raises(Conflict, match="left already"):
        operations.cancel(again, COORDINATOR)


def test_an_edition_is_released_once(app: Flask) -> None:
    edition = ready()
    sent = released(edition)
    with pytest.raises(Conflict, match="already"):
        operations.release(edition, OPERATOR)
    assert list(queries.releases(edition.id)) == [sent]
    assert queries.owed(edition.id) == {a.id for a in edition.letter.addressees}
    assert queries.dispatch(edition.letter_id, sent.id) is sent
    with pytest.raises(NotFound):
        queries.dispatch(0, sent.id)


def test_who_was_left_out_can_have_it_later(app: Flask, sink: Sink, work: Callable[[], int]) -> None:
    edition = ready()
    first, second = edition.letter.addressees
    operations.release(edition, OPERATOR, at_once=True, reason="now", ticked=frozenset({first.id}))
    work()
    assert [mail.rcpt_tos for mail in sink.mails] == [["minister@example.org"]]
    with pytest.raises(Conflict, match="already"):
        operations.release(edition, OPERATOR, at_once=True, reason="now")
    operations.release(edition, OPERATOR, at_once=True, reason="now", ticked=frozenset({second.id}))
    work()
    assert len(sink.mails) == 4
    assert queries.last_sent(edition.letter_id) == {first.id: 1, second.id: 1}


def test_many_release_the_same_edition_at_once(app: Flask) -> None:
    edition_id = ready().id

    def release() -> bool:
        operations.release(db.session.get_one(Edition, edition_id), OPERATOR, at_once=True)
        db.session.commit()
        return True

    outcomes = together(app, [release] * 6)
    assert len([o for o in outcomes if o is True]) == 1, outcomes
    assert len(db.session.scalars(select(Consignment)).all()) == 4


def test_what_stops_a_release(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    unprinted = make_edition(make_letter(), rendered=False)
    with pytest.raises(Conflict, match="no files"):
        operations.release(unprinted, OPERATOR)
    with pytest.raises(Conflict, match="no addressee"):
        operations.release(make_edition(make_letter(addressees=())), OPERATOR)
    nowhere = ready(AddresseeDraft("Dana Example", salutation="Dear Dana,"))
    assert checks(nowhere) == [Check.NO_ADDRESS]
    with pytest.raises(Conflict, match="no mail address"):
        operations.release(nowhere, OPERATOR)
    archived = ready()
    letters.close(archived.letter, OPERATOR)
    letters.archive(archived.letter, OPERATOR)
    with pytest.raises(Conflict, match="archived"):
        operations.release(archived, OPERATOR)
    monkeypatch.setattr(preview, "LARGEST_MAIL", 1000)
    large = ready()
    assert checks(large) == [Check.TOO_LARGE] * 2
    with pytest.raises(Conflict, match="too large"):
        operations.release(large, OPERATOR)
    assert not db.session.scalars(select(Dispatch)).all()


@pytest.mark.parametrize("contact", ["desk@example.org", None])
def test_a_mail_says_that_a_reply_reaches_the_hosts_only_where_it_does(
    app: Flask, contact: str | None
) -> None:
    letter = make_letter(hosts=(replace(HOST, contact=contact),))
    errand, addressee = Errand(make_edition(letter)), letter.addressees[0]
    (group,) = groups(errand, addressee)
    mail = written(errand, addressee, group, letter.created_at)
    folded = [" ".join(mail[part].split()) for part in ("text", "html")]
    assert all("Sent through Undersigned for the hosts named above." in text for text in folded)
    said = [bool(mail["reply_to"]), *("A reply to this mail reaches them." in text for text in folded)]
    assert said == [contact is not None] * 3


def test_what_a_coordinator_should_know(app: Flask) -> None:
    bare = AddresseeDraft("Dana Example", email="dana@example.org")
    edition = ready(bare, reviewed=frozenset())
    assert checks(edition) == [Check.NOT_REVIEWED, Check.NO_SALUTATION]
    for status in (SignatureStatus.PENDING, SignatureStatus.HELD, SignatureStatus.UNVERIFIED):
        make_signature(edition.letter, status)
    make_signature(edition.letter)
    found = {finding.check: finding.count for finding in preview.preview(Errand(edition)).findings}
    assert (found[Check.UNDECIDED], found[Check.UNCONFIRMED]) == (2, 1)
    assert Check.OUTDATED in found
    shown = preview.preview(Errand(edition))
    assert not shown.stopped
    assert (shown.mailboxes, shown.plans[0].names) == (1, 1)
    assert shown.plans[0].size > 500


def test_names_that_were_hidden_or_withdrawn_since_are_told_before_release(app: Flask) -> None:
    letter = make_letter()
    names = [make_signature(letter, visibility=v) for v in (*Visibility, Visibility.PUBLIC)]
    edition = make_edition(letter)

    def hidden() -> int:
        findings = preview.preview(Errand(edition)).findings
        return sum(finding.count for finding in findings if finding.check is Check.HIDDEN)

    assert hidden() == 0
    narrow(names[0], Visibility.ADDRESSEES, OPERATOR)
    narrow(names[1], Visibility.UNNAMED, OPERATOR)
    signing.withdraw(names[2], SIGNATORY)  # its name is in no list
    assert hidden() == 2
    signing.withdraw(names[3], SIGNATORY)
    assert hidden() == 3


def test_a_task_can_be_taken_back(app: Flask) -> None:
    sent = released(ready(BY_HAND))
    assert operations.cancel(sent, OPERATOR) == 1
    assert queries.progress(sent.consignments[0]) is Progress.CANCELLED


def test_the_release_is_on_record(app: Flask) -> None:
    edition = ready()
    operations.release(edition, OPERATOR, at_once=True, reason="  the vote is tonight ")
    db.session.commit()
    act = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "dispatch.released")).one()
    assert act.details == {
        "edition": 1,
        "recipients": 4,
        "purpose": "letter",
        "at_once": True,
        "reason_given": True,
    }
    assert db.session.scalars(select(Dispatch.reason)).one() == "the vote is tonight"


def test_no_address_lies_readable_in_the_tables(app: Flask) -> None:
    released(ready())
    for name in ("mails", "consignments", "addressees", "copies", "hosts"):
        for row in db.session.execute(select(db.metadata.tables[name])).mappings():
            plain = {key: value for key, value in row.items() if value is not None}
            assert plain
    raw = db.session.connection().exec_driver_sql("SELECT address, parts FROM consignments").all()
    assert raw
    for cell in (value for line in raw for value in line if value is not None):
        assert b"example.org" not in bytes(cell)


@pytest.mark.parametrize("state", list(MailState))
def test_every_state_of_a_mail_has_a_word(
    app_sqlite: Flask, work: Callable[[], int], state: MailState
) -> None:
    sent = released(ready(ADDRESSEE))
    work()
    mail = sent.consignments[0].mail
    assert mail is not None
    mail.state = state
    assert queries.progress(sent.consignments[0]) in Progress


def test_what_has_left_stays_and_only_the_rest_is_taken_back(
    app: Flask, sink: Sink, work: Callable[[], int]
) -> None:
    sent = released(ready(ADDRESSEE, BY_HAND))
    work()
    assert operations.cancel(sent, OPERATOR) == 1
    db.session.commit()
    with pytest.raises(Conflict, match="left already"):
        operations.cancel(sent, OPERATOR)
    db.session.rollback()
    assert sent.cancelled_at is None
    assert [queries.progress(owed) for owed in sent.consignments] == [
        Progress.HANDED_OVER,
        Progress.CANCELLED,
    ]
    with pytest.raises(Conflict, match="released to them already"):
        operations.release(sent.edition, OPERATOR, at_once=True)
