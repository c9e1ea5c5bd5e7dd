"""What a stranger can have mailed to a mailbox: gathered, few, and all of it told (promise M9)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from campaign.core import clock
from campaign.core.db import db
from campaign.core.secrets import digest
from campaign.letters.models import Letter
from campaign.outbox import tasks
from campaign.outbox.models import Mail
from campaign.outbox.operations import cancel
from campaign.outbox.rules import SELDOM, SELDOM_SPAN, MailState
from campaign.outbox.seldom import post_seldom
from campaign.signing import confirming, moderation, queries
from campaign.signing import operations as signing
from campaign.signing.mails import MOST_ASKED
from campaign.signing.models import Confirmation, Signature
from campaign.signing.rules import SignatureStatus
from tests.factories import (
    COORDINATOR,
    confirmation_of,
    make_command,
    make_letter,
    make_listing,
    make_person,
    make_signature,
    token_of,
)
from tests.rooms.following_kit import remind
from tests.servers import Sink
from tests.threads import together

S = SignatureStatus
START = datetime(2020, 2, 1, 12, tzinfo=UTC)
VICTIM = "secretary@example.org"
BUILDER = "campaign.signing.mails.confirmation"


def sign_on(letter: Letter, name: str, email: str = VICTIM) -> Signature:
    """The form of one organisation."""
    command = make_command(make_listing(organisation=name), make_person(email=email))
    return make_signature(letter, S.UNVERIFIED, command)


def mails() -> list[Mail]:
    """All that is owed, or was."""
    return list(db.session.scalars(select(Mail).order_by(Mail.id)))


def due_after(mail: Mail) -> float:
    """Minutes since the start at which it is due."""
    return (mail.due_at - START).total_seconds() / 60


def let_leave(mail: Mail) -> None:
    """It has left at its time."""
    mail.state, mail.finished_at = MailState.ACCEPTED, max(mail.due_at, clock.now())
    db.session.commit()


def test_a_secretary_signing_for_five_in_ten_minutes(app: Flask, sink: Sink) -> None:
    letter, told = make_letter(), []
    with time_machine.travel(START, tick=False) as now:
        for minute, name in ((0, "A"), (2, "B"), (4, "C"), (7, "D"), (10, "E")):
            now.move_to(START + timedelta(minutes=minute))
            for mail in mails():
                if mail.state is MailState.QUEUED and mail.due_at <= clock.now():
                    let_leave(mail)
            sign_on(letter, name)
        told = [due_after(mail) for mail in mails()]
    assert told == [0, 6, 22]


def test_what_gathered_is_told_in_one_mail_each_with_its_own_link(
    app: Flask, sink: Sink, work: Callable[[], int]
) -> None:
    letter = make_letter()
    first = sign_on(letter, "First Group")
    work()
    others = [sign_on(letter, f"Group {n}") for n in range(2)]
    elsewhere = sign_on(make_letter(titles={"en": "Another letter"}), "Group 9")
    stranger = sign_on(letter, "Not Theirs", "somebody@example.org")
    db.session.execute(update(Mail).values(due_at=clock.now() - timedelta(seconds=1)))
    work()
    alone, gathered = sink.to(VICTIM)
    assert alone.links == [f"http://localhost/confirm/{token_of(first)}"]
    assert alone.text.rstrip("\r\n").endswith(alone.links[0])
    waiting = [first, *others, elsewhere]
    assert gathered.links == [f"http://localhost/confirm/{token_of(s)}" for s in waiting]
    assert [line for line in gathered.text.splitlines() if "http" in line] == gathered.links
    assert gathered.text.rstrip("\r\n").endswith(gathered.links[-1])
    assert gathered.message["Subject"] == "Please confirm 4 signatures"
    for words in ("First Group", "Group 0", "Group 1", "Group 9", "Open the harbour", "Another letter"):
        assert words in gathered.text
    html = gathered.message.get_body(("html",))
    assert html is not None
    assert [token_of(s) in html.get_content() for s in [*waiting, stranger]] == [True] * 4 + [False]
    for signature in waiting:
        confirming.verify(queries.confirmation(token_of(signature)))
    assert {s.status for s in waiting} == {S.PENDING}


def test_a_mail_leaves_out_what_was_dealt_with_and_is_dropped_when_nothing_waits(
    app: Flask, sink: Sink, work: Callable[[], int]
) -> None:
    letter = make_letter()
    first, second = sign_on(letter, "First"), sign_on(letter, "Second")
    confirming.verify(confirmation_of(first))
    work()
    (asked,) = [m for m in sink.to(VICTIM) if "/confirm/" in m.text]
    assert asked.links == [f"http://localhost/confirm/{token_of(second)}"]
    sign_on(letter, "Third")
    for signature in db.session.scalars(select(Signature).where(Signature.status == S.UNVERIFIED)):
        confirming.verify(confirmation_of(signature))
    db.session.execute(update(Mail).values(due_at=clock.now() - timedelta(seconds=1)))
    work()
    assert [m.state for m in mails() if m.kind == "confirmation"] == [MailState.ACCEPTED, MailState.CANCELLED]


def test_a_mail_names_twenty_and_says_how_many_more(app: Flask, sink: Sink, work: Callable[[], int]) -> None:
    letter = make_letter()
    waiting = [sign_on(letter, f"Group {n}") for n in range(MOST_ASKED + 5)]
    work()
    (mail,) = sink.to(VICTIM)
    assert mail.links == [f"http://localhost/confirm/{token_of(s)}" for s in waiting[5:]]
    assert "5 more wait that are not in this mail." in " ".join(mail.text.split())
    assert mail.message["Subject"] == f"Please confirm {MOST_ASKED + 5} signatures: Open the harbour"


SPELLINGS = (
    VICTIM,
    "Secretary@Example.org",
    "secretary+a@example.org",
    "SECRETARY+b@example.org",
    "secretary+c+d@example.org",
)


@pytest.mark.parametrize("addresses", [(VICTIM,), SPELLINGS], ids=["one spelling", "many"])
def test_however_often_a_mailbox_is_named_three_mails_reach_it_in_six_hours(
    app: Flask, addresses: tuple[str, ...]
) -> None:
    letter = make_letter()
    with time_machine.travel(START, tick=False) as now:
        for round_ in range(26):  # in thirteen hours
            now.move_to(START + timedelta(minutes=30 * round_))
            for n, address in enumerate(addresses):
                sign_on(letter, f"Junk {round_} {n}", address)
            if round_ % 8 == 0:
                remind(clock.now() + timedelta(days=2))
            leave_by_now()
    left = sorted(mail.finished_at for mail in mails() if mail.finished_at is not None)
    assert len(left) in (7, 8, 9)
    assert all(later - before >= SELDOM_SPAN for before, later in zip(left, left[SELDOM:], strict=False))
    waiting = [mail for mail in mails() if mail.state is MailState.QUEUED]
    assert len(waiting) <= 2 * SELDOM  # confirmations and reminders


def leave_by_now() -> None:
    """What is due by the test's clock leaves; the database has a clock of its own, which no test moves."""
    for mail in mails():
        if mail.state is MailState.QUEUED and mail.due_at <= clock.now():
            mail.state, mail.finished_at = MailState.ACCEPTED, clock.now()
    db.session.commit()


def test_many_reminders_of_one_mailbox_are_one_mail_for_each_of_a_few_spellings(app: Flask) -> None:
    letter = make_letter()
    for n in range(9):
        sign_on(letter, f"Plain {n}")
        sign_on(letter, f"Tagged {n}", f"secretary+{n}@example.org")
    sign_on(letter, "Other", "other@example.org")
    assert remind(clock.now() + timedelta(days=2)) == 19
    db.session.commit()
    reminded = sorted(mail.recipient for mail in mails() if mail.kind == "reminder")
    assert reminded == ["other@example.org", "secretary+0@example.org", "secretary+1@example.org", VICTIM]
    assert remind(clock.now() + timedelta(days=2)) == 0


def test_a_crowd_in_one_moment_is_told_in_one_mail(app: Flask, sink: Sink, work: Callable[[], int]) -> None:
    letter_id = make_letter().id

    def sending(number: int) -> Callable[[], bool]:
        command = make_command(make_listing(organisation=f"Group {number}"), make_person(email=VICTIM))

        def act() -> bool:
            signed = signing.sign(db.session.get_one(Letter, letter_id), command)
            db.session.commit()
            return signed is not None

        return act

    assert together(app, [sending(n) for n in range(12)]) == [True] * 12
    assert len(mails()) == 1
    work()
    (mail,) = sink.mails
    assert len(mail.links) == 12
    digests = set(db.session.scalars(select(Confirmation.digest)))
    assert {digest(link.rsplit("/", 1)[1]) for link in mail.links} == digests


def test_no_sign_on_is_left_out_while_workers_take_mails_in_hand(app: Flask, sink: Sink) -> None:
    """Whoever signs while a mail is taken in hand is told by that mail or by another."""
    letter_id = make_letter().id

    def sending(number: int) -> Callable[[], int]:
        command = make_command(make_listing(organisation=f"Group {number}"), make_person(email=VICTIM))

        def act() -> int:
            signed = signing.sign(db.session.get_one(Letter, letter_id), command)
            db.session.commit()
            return 1 if signed else 0

        return act

    def delivering() -> int:
        return tasks.deliver() + tasks.see_off()

    together(app, [*(sending(n) for n in range(9)), delivering, delivering])
    db.session.execute(update(Mail).where(Mail.state == MailState.QUEUED).values(due_at=START))
    db.session.commit()
    delivering()
    told = {link.rsplit("/", 1)[1] for mail in sink.mails for link in mail.links}
    assert told == {token_of(s) for s in db.session.scalars(select(Signature))}


@pytest.mark.parametrize(
    ("state", "joins"),
    [
        (MailState.QUEUED, True),
        (MailState.DEFERRED, True),
        (MailState.CLAIMED, False),
        (MailState.SUBMITTING, False),
        (MailState.ACCEPTED, False),
        (MailState.REFUSED, False),
        (MailState.UNKNOWN, False),
        (MailState.HELD, False),
        (MailState.CANCELLED, False),
    ],
)
def test_only_what_is_not_written_yet_speaks_for_more(app: Flask, state: MailState, joins: bool) -> None:
    letter = make_letter()
    sign_on(letter, "First")
    (mail,) = mails()
    mail.state = state
    sign_on(letter, "Second")
    assert len(mails()) == (1 if joins else 2)


def test_one_taken_back_does_not_count(app: Flask) -> None:
    with time_machine.travel(START, tick=False):
        for number in range(5):
            post_seldom(BUILDER, number, recipient=VICTIM, locale="en")
            db.session.flush()
            cancel(mails()[-1].id)
        assert post_seldom(BUILDER, 9, recipient=VICTIM, locale="en") is not None
        assert due_after(mails()[-1]) == 0


def test_a_spelling_more_takes_the_place_of_another_but_never_of_the_plain_one(app: Flask) -> None:
    spellings = ("s+a@example.org", "s@example.org", "s+b@example.org", "s+c@example.org", "S@example.org")
    for number, address in enumerate(spellings):
        post_seldom(BUILDER, number, recipient=address, locale="en")
        db.session.flush()
    assert [(mail.recipient, mail.arguments) for mail in mails()] == [
        ("s+a@example.org", [0]),
        ("s@example.org", [1]),
        ("s+c@example.org", [3]),
    ]


def test_links_go_to_the_very_address_that_was_typed(app: Flask, sink: Sink, work: Callable[[], int]) -> None:
    letter = make_letter()
    plain, tagged = sign_on(letter, "Plain"), sign_on(letter, "Tagged", "secretary+tag@example.org")
    db.session.execute(update(Mail).values(due_at=clock.now() - timedelta(seconds=1)))
    work()
    assert [(mail.rcpt_tos, mail.links) for mail in sink.mails] == [
        ([VICTIM], [f"http://localhost/confirm/{token_of(plain)}"]),
        (["secretary+tag@example.org"], [f"http://localhost/confirm/{token_of(tagged)}"]),
    ]


def test_a_coordinators_own_mails_leave_at_once_and_count(app: Flask) -> None:
    with time_machine.travel(START, tick=False):
        letter = make_letter()
        signature = sign_on(letter, "First")
        for _ in range(3):
            let_leave(mails()[-1])
            moderation.send_again(signature, COORDINATOR)
            db.session.commit()
        assert [due_after(mail) for mail in mails()] == [0, 0, 0, 0]
        let_leave(mails()[-1])
        sign_on(letter, "Second")
        assert due_after(mails()[-1]) == 360


def test_mails_that_only_a_proven_mailbox_causes_do_not_count(app: Flask) -> None:
    with time_machine.travel(START, tick=False):
        letter = make_letter()
        for name in "ABC":
            confirming.verify(confirmation_of(sign_on(letter, name)))
        let_leave(mails()[0])
        sign_on(letter, "D")
        assert due_after(mails()[-1]) == 4


def test_what_is_slowed_waits_at_least_so_long(app: Flask) -> None:
    with time_machine.travel(START, tick=False):
        slowed = timedelta(minutes=30)
        for number in range(3):
            post_seldom(BUILDER, number, recipient=f"{number}@example.org", locale="en", slowed=slowed)
        assert [due_after(mail) for mail in mails()] == [30, 30, 30]
