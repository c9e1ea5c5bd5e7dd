"""A bounce lands on the row of its mail, once, and only with a proof that we wrote its address (M8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaign.audit.models import AuditEntry
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict
from campaign.core.mailer import Answer, Outcome
from campaign.outbox import leases, queries, senders
from campaign.outbox.bounces import MOST_REPORTS, OVER, Result, take
from campaign.outbox.models import MailAttempt, MailReport
from campaign.outbox.operations import post
from campaign.outbox.rules import MailState, ReportKind
from tests.bounces import SAMPLES, handed_over, judge_samples, sender_of
from tests.threads import together

BY_NAME = {sample.name: sample for sample in SAMPLES}
BOUNCE, DELAY, AWAY = (BY_NAME[name] for name in ("postfix-unknown", "postfix-delay", "vacation"))
ADDRESS = "bounces@example.org"


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """An app that gives each mail a sender of its own."""
    with (app := make_app(BOUNCE_ADDRESS=ADDRESS)).app_context():
        yield app


def entries() -> list[AuditEntry]:
    """What the record says of bounces."""
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == "mail.bounced")))


def reported() -> int:
    """How many reports are kept."""
    return db.session.scalar(select(func.count()).select_from(MailReport)) or 0


def test_every_sample_lands_where_it_belongs_and_forged_or_repeated_it_changes_nothing(app: Flask) -> None:
    tried, held = judge_samples()
    assert tried >= 40
    assert held == tried


def test_a_bounce_ends_the_mail_and_is_kept_with_the_servers_words(app: Flask) -> None:
    mail = handed_over()
    mail.letter_id = 5
    taken = take(BOUNCE.to(sender_of(mail)))
    db.session.commit()
    assert (taken.result, taken.mail_id) == (Result.BOUNCED, mail.id)
    assert mail.state is MailState.BOUNCED
    (report,) = queries.reports(mail.id)
    assert (report.kind, report.status) == (ReportKind.BOUNCED, "5.1.1")
    assert report.words.startswith("550 5.1.1")
    (entry,) = entries()
    assert (entry.subject_id, entry.letter_id, entry.details) == (mail.id, 5, {"status": "5.1.1"})


def test_a_delay_is_noted_and_the_bounce_after_it_counts(app: Flask) -> None:
    mail = handed_over()
    assert take(DELAY.to(sender_of(mail))).result is Result.DELAYED
    assert mail.state is MailState.ACCEPTED
    assert take(DELAY.to(sender_of(mail))).result is Result.REPEATED
    assert take(BOUNCE.to(sender_of(mail))).result is Result.BOUNCED
    assert [report.kind for report in queries.reports(mail.id)] == [ReportKind.DELAYED, ReportKind.BOUNCED]
    assert len(entries()) == 1


def test_what_comes_back_of_an_unknown_mail_has_left(app: Flask) -> None:
    mail = handed_over(MailState.UNKNOWN)
    assert take(DELAY.to(sender_of(mail))).result is Result.DELAYED
    assert mail.state is MailState.UNKNOWN
    assert take(BOUNCE.to(sender_of(mail))).result is Result.BOUNCED
    assert mail.state is MailState.BOUNCED


@pytest.mark.parametrize("state", [MailState.CLAIMED, MailState.SUBMITTING])
def test_a_bounce_that_is_faster_than_we_are_comes_again(app: Flask, state: MailState) -> None:
    mail = handed_over(state)
    with pytest.raises(Conflict):
        take(BOUNCE.to(sender_of(mail)))
    assert (mail.state, reported()) == (state, 0)
    mail.state = MailState.ACCEPTED
    assert take(BOUNCE.to(sender_of(mail))).result is Result.BOUNCED


@pytest.mark.parametrize("state", sorted(OVER))
def test_what_is_over_stays_as_it_is(app: Flask, state: MailState) -> None:
    mail = handed_over(state)
    for sample in (BOUNCE, DELAY):
        assert take(sample.to(sender_of(mail))).result is Result.OVER
    assert (mail.state, reported(), entries()) == (state, 0, [])


@pytest.mark.parametrize("state", [MailState.QUEUED, MailState.DEFERRED, MailState.HELD])
def test_a_mail_that_waits_to_go_again_keeps_waiting_and_shows_what_came_back(
    app: Flask, state: MailState
) -> None:
    mail = handed_over(state)
    assert take(BOUNCE.to(sender_of(mail))).result is Result.WAITING
    assert (mail.state, entries()) == (state, [])
    assert [report.kind for report in queries.reports(mail.id)] == [ReportKind.BOUNCED]
    assert take(BOUNCE.to(sender_of(mail))).result is Result.REPEATED


def test_a_worker_that_comes_late_does_not_undo_a_bounce(app: Flask) -> None:
    mail = handed_over(MailState.QUEUED)
    db.session.commit()
    claim = leases.claim_next()
    assert claim is not None
    assert leases.begin_submitting(claim)
    mail.state = MailState.UNKNOWN  # the lease ran out while the relay took its time
    assert take(BOUNCE.to(sender_of(mail))).result is Result.BOUNCED
    db.session.commit()
    leases.settle(claim, Answer(Outcome.ACCEPTED, "250 at last"))
    db.session.refresh(mail)
    assert mail.state is MailState.BOUNCED


def test_only_our_own_proof_for_that_very_mail_counts(app: Flask) -> None:
    mail, copy = handed_over(), post("a.b.c", recipient="copy@example.org", locale="en")
    copy.nonce, copy.message_id = mail.nonce, mail.message_id
    db.session.flush()
    mine, theirs = sender_of(mail), sender_of(copy)
    assert mine != theirs
    last = mine.partition("@")[0][-1]
    for forged in (
        ADDRESS,
        theirs.replace(f"+{copy.id}-", f"+{mail.id}-"),
        mine.replace(f"{last}@", f"{'b' if last == 'a' else 'a'}@"),
        mine.replace(f"+{mail.id}-", f"+{2**31 - 1}-"),
        mine.replace(f"+{mail.id}-", "+9999999999-"),
        mine.replace(f"+{mail.id}-", f"+{'9' * 30}-"),
    ):
        assert take(BOUNCE.to(forged)).result is Result.UNPROVEN
        assert take(BOUNCE.raw, forged).result is Result.UNPROVEN
    assert (mail.state, reported()) == (MailState.ACCEPTED, 0)


def test_the_message_that_came_back_proves_nothing_by_itself(app: Flask) -> None:
    mail = handed_over()
    plain = BOUNCE.raw.replace(b"0123456789abcdef@example.org", mail.message_id.encode())
    head, mark, returned = plain.partition(b"Content-Type: message/rfc822")
    forged = (
        head + mark + returned.replace(b"bounces+7-aaaaaaaaaaaaaaaa@example.org", sender_of(mail).encode())
    )
    assert sender_of(mail).encode() in forged
    assert take(forged).result is Result.UNPROVEN


@pytest.mark.parametrize("where", ["Delivered-To", "X-Original-To", "Envelope-To", "To"])
def test_the_address_is_found_where_servers_write_it(app: Flask, where: str) -> None:
    mail = handed_over()
    header = f'{where}: ghost+3-aaaaaaaaaaaaaaaa@example.org, "x" <{sender_of(mail).upper()}>\n'
    assert take(header.encode() + BOUNCE.raw).result is Result.BOUNCED


def test_the_envelopes_recipient_comes_first(app: Flask) -> None:
    first, second = handed_over(), handed_over()
    taken = take(BOUNCE.to(sender_of(second)), recipient=f"<{sender_of(first)}>")
    assert taken.mail_id == first.id
    assert second.state is MailState.ACCEPTED


def test_what_a_relay_puts_before_the_address_does_no_harm(app: Flask) -> None:
    mail = handed_over()
    assert take(BOUNCE.raw, f"prvs=1234abcdef={sender_of(mail)}").result is Result.BOUNCED


def test_automatic_answers_are_let_go_before_any_address_is_read(app: Flask) -> None:
    mail = handed_over()
    assert take(AWAY.to(sender_of(mail))).result is Result.NO_REPORT
    assert reported() == 0


def test_a_flood_to_one_address_fills_nothing_and_hides_no_bounce(app: Flask) -> None:
    mail = handed_over()
    delay = DELAY.to(sender_of(mail))
    results = [take(delay.replace(b"<d1@", b"<%d@" % n)).result for n in range(MOST_REPORTS + 5)]
    assert results == [Result.DELAYED] * MOST_REPORTS + [Result.ENOUGH] * 5
    assert take(BOUNCE.to(sender_of(mail))).result is Result.BOUNCED


def test_the_same_bounce_at_the_same_instant_counts_once(app: Flask) -> None:
    mail = handed_over()
    db.session.commit()
    raw = BOUNCE.to(sender_of(mail))
    mail_id = mail.id

    def bounce() -> Result:
        result = take(raw).result
        db.session.commit()
        return result

    results = together(app, [bounce] * 4)
    db.session.expire_all()
    assert sorted(map(str, results)) == ["bounced", "over", "over", "over"]
    assert len(queries.reports(mail_id)) == 1
    assert len(entries()) == 1


def test_timelines_of_several_mails_are_read_at_once(app: Flask) -> None:
    first, second, third = handed_over(), handed_over(), handed_over()
    for mail in (first, second):
        take(DELAY.to(sender_of(mail)))
        take(BOUNCE.to(sender_of(mail)))
    db.session.add(MailAttempt(mail_id=third.id, at=clock.now(), outcome=Outcome.ACCEPTED, answer="250 OK"))
    db.session.flush()
    ids = [first.id, second.id, third.id]
    reports = queries.reports_of(ids)
    assert set(reports) == {first.id, second.id}
    assert [r.kind for r in reports[second.id]] == [ReportKind.DELAYED, ReportKind.BOUNCED]
    assert {mail_id: [a.answer for a in tries] for mail_id, tries in queries.attempts_of(ids).items()} == {
        third.id: ["250 OK"]
    }


@pytest.mark.usefixtures("database_server")
@pytest.mark.parametrize(
    ("address", "begins"),
    [
        (ADDRESS, "bounces+12-"),
        ("team+bounces@example.org", "team+bounces-12-"),
        ("x" * 44 + "@example.org", "x" * 44 + "+12-"),
    ],
)
def test_each_mail_has_an_address_of_its_own(
    make_app: Callable[..., Flask], address: str, begins: str
) -> None:
    with make_app(BOUNCE_ADDRESS=address).app_context():
        sender = senders.envelope_sender(12, "n" * 32)
        local = sender.rpartition("@")[0]
        assert local.startswith(begins)
        assert len(local) == len(begins) + 16 <= 64
        assert sender != senders.envelope_sender(13, "n" * 32)
        assert sender != senders.envelope_sender(12, "m" * 32)
        claimed = senders.read(f" <{sender.upper()}> ")
        assert claimed is not None
        assert senders.proves(claimed, 12, "n" * 32)
        assert not senders.proves(claimed, 12, "m" * 32)
        assert not senders.proves(claimed, 13, "n" * 32)


def test_an_address_without_room_stays_as_it_is_and_without_one_the_platform_writes(
    make_app: Callable[..., Flask],
) -> None:
    with make_app(BOUNCE_ADDRESS="x" * 46 + "@example.org").app_context():
        assert senders.envelope_sender(12, "n" * 32) == "x" * 46 + "@example.org"
    with make_app().app_context():
        assert senders.envelope_sender(12, "n" * 32) == "letters@example.org"


@pytest.mark.parametrize(
    "text",
    ["", "@", "bounces@example.org", "bounces+12@example.org", "b+12-short@x", "b+x-" + "a" * 16 + "@x"],
)
def test_other_addresses_claim_nothing(text: str) -> None:
    assert senders.read(text) is None
