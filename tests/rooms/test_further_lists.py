"""List no. 2, on both databases: to those ticked, in the thread, saying what is new; and who sees whom."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from campaign.audit.rules import OPERATOR
from campaign.core.db import db
from campaign.dispatch import operations, preview, queries
from campaign.dispatch.models import Dispatch
from campaign.dispatch.rules import Check, Progress
from campaign.dispatch.writing import Errand
from campaign.editions.models import Edition
from campaign.letters.drafts import AddresseeDraft, CopyDraft
from campaign.letters.rules import Sees, Visibility
from campaign.outbox.operations import decide
from campaign.outbox.rules import MailState
from tests.factories import ADDRESSEE, make_edition, make_letter, make_signature
from tests.rooms.dispatch_kit import COPIED, addressees, checks, found, ready, released
from tests.servers import Sink

Work = Callable[[], int]
DISCREET = AddresseeDraft(
    "Basim Example",
    email="basim@example.org",
    salutation="Dear Mr Example,",
    copies=(
        CopyDraft("aide@example.org", name="An Aide"),
        CopyDraft("press@example.org", name="A Press Officer", sees=Sees.PUBLIC),
        CopyDraft("archive@example.org", sees=Sees.PUBLIC),
    ),
)


def list_two(first: Edition, **signature: object) -> Edition:
    """One more signs, and the letter is frozen again."""
    make_signature(first.letter, **signature)  # type: ignore[arg-type]
    return make_edition(first.letter, sent=queries.last_sent(first.letter_id))


def sent_to(edition: Edition, number: int) -> Dispatch:
    """Released at once to one of its addressees, counted from 0."""
    ticked = frozenset({addressees(edition)[number].id})
    sent = operations.release(edition, OPERATOR, at_once=True, reason="more signed", ticked=ticked)
    db.session.commit()
    return sent


def test_list_two_goes_to_those_ticked_in_the_same_thread(app: Flask, sink: Sink, work: Work) -> None:
    first = ready()
    released(first)
    work()
    second = list_two(first)
    sent_to(second, 0)
    work()
    one, two = sink.to("minister@example.org")
    assert len(sink.mails) == 5, "nobody else gets it"
    assert two.message["In-Reply-To"] == one.message["Message-ID"]
    assert str(two.message["References"]).split() == [one.message["Message-ID"]]
    assert two.message["Subject"] == f"Re: {one.message['Subject'].replace('1 group', '2 groups')}"
    text = " ".join(two.text.split())
    assert "list of signatories no. 1" in text
    assert "1 more group, now 2 groups from 1 country" in text
    assert "with its list of signatories no. 2 is attached" in text
    assert "It has been closed for a year" not in text, "the letter itself is in the PDF"


def test_list_two_goes_in_the_thread_of_what_is_about_to_leave(app: Flask, sink: Sink, work: Work) -> None:
    first = ready(ADDRESSEE)
    released(first)
    sent_to(list_two(first), 0)
    work()
    one, two = sink.to("minister@example.org")
    assert two.message["In-Reply-To"] == one.message["Message-ID"]
    assert "1 more group, now 2 groups" in " ".join(two.text.split())


def test_list_two_goes_in_the_thread_of_what_a_person_found_arrived(
    app: Flask, sink: Sink, work: Work
) -> None:
    first = ready(ADDRESSEE)
    one = released(first)
    found(one, MailState.HELD)
    (owed,) = one.consignments
    assert owed.mail is not None
    decide(owed.mail.id, True, OPERATOR)
    sent_to(list_two(first), 0)
    work()
    (two,) = sink.to("minister@example.org")
    assert two.message["In-Reply-To"] == f"<{owed.mail.message_id}>"
    assert queries.progress(owed) is Progress.HANDED_OVER


def test_list_two_names_who_is_new_and_nobody_else(app: Flask, sink: Sink, work: Work) -> None:
    first = ready()
    released(first)
    work()
    make_signature(first.letter, organisation="Lantern Keepers")
    second = list_two(first, organisation="Quiet Owls", visibility=Visibility.UNNAMED)
    sent_to(second, 0)
    work()
    text = sink.to("minister@example.org")[1].text
    assert "Lantern Keepers" in text
    assert "Quiet Owls" not in text


def test_somebody_who_had_no_list_gets_the_whole_letter(app: Flask, sink: Sink, work: Work) -> None:
    first = ready()
    sent_to(first, 0)
    work()
    second = list_two(first)
    operations.release(second, OPERATOR, at_once=True, reason="more signed")
    work()
    (mail,) = sink.to("basim@example.org")
    assert mail.message["In-Reply-To"] is None
    assert "It has been closed for a year" in mail.text


def test_what_was_frozen_too_early_says_so(app: Flask, sink: Sink, work: Work) -> None:
    first = ready(ADDRESSEE)
    make_signature(first.letter)
    second = make_edition(first.letter)
    released(first)
    work()
    assert Check.NOT_MARKED in checks(second)
    assert Check.NOT_MARKED not in checks(list_two(first))


def test_a_cc_that_sees_less_has_a_mail_of_its_own(app: Flask, sink: Sink, work: Work) -> None:
    letter = make_letter(addressees=(DISCREET,))
    make_signature(letter, organisation="Hidden Herons", visibility=Visibility.ADDRESSEES)
    make_signature(letter, organisation="Open Ospreys")
    edition = make_edition(letter)
    shown = preview.preview(Errand(edition))
    assert [(plan.names, plan.envelopes) for plan in shown.plans] == [(2, 2), (1, 2)]
    assert shown.mailboxes == 4
    released(edition)
    work()
    theirs, aides = sink.to("basim@example.org")[0], sink.to("aide@example.org")[0]
    press, archive = sink.to("press@example.org")[0], sink.to("archive@example.org")[0]
    assert theirs.content == aides.content
    assert press.content == archive.content
    assert theirs.message["Message-ID"] != press.message["Message-ID"]
    assert [a.addr_spec for a in theirs.message["Cc"].addresses] == ["aide@example.org"]
    assert [a.addr_spec for a in press.message["To"].addresses] == [
        "press@example.org",
        "archive@example.org",
    ]
    pdfs = [next(mail.message.iter_attachments()).get_content() for mail in (theirs, press)]
    assert pdfs[0] != pdfs[1]
    assert b"Hidden Herons" not in press.content


def test_who_is_set_to_see_less_since_gets_nothing_of_the_old_edition(app: Flask, sink: Sink) -> None:
    letter = make_letter(addressees=(ADDRESSEE, COPIED))
    make_signature(letter, organisation="Hidden Herons", visibility=Visibility.ADDRESSEES)
    edition = make_edition(letter)
    first, second = addressees(edition)
    first.sees, first.sees_since = Sees.PUBLIC, None
    second.copies[0].sees, second.copies[0].sees_since = Sees.PUBLIC, None
    db.session.commit()
    shown = preview.preview(Errand(edition))
    found = {finding.check: finding.about for finding in shown.findings}
    assert shown.stopped
    assert found[Check.SEES_LESS] == first.name
    assert found[Check.NOT_INSIDE] == "An Aide"
    assert [plan.envelopes for plan in shown.plans] == [1, 2]
