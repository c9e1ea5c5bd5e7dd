"""What a mail is made of: built once where it can be shared, and never a line that a relay would refuse."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from flask import Flask
from sqlalchemy import update

from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import InvalidInput
from campaign.outbox.bodies import notice
from campaign.outbox.message import Attachment, Mailbox, Parts, compose
from campaign.outbox.models import Mail
from campaign.outbox.operations import post
from campaign.outbox.rules import MailState
from tests.servers import Sink

HERE = "tests.rooms.test_bodies"
WORD = "x" * 5000
built: list[tuple[str, int]] = []


def parts(**more: object) -> Parts:
    """A mail, with what matters changed."""
    fields: dict[str, object] = {
        "subject": "Clear water",
        "text": "A line.\n",
        "html": "<p>A line.</p>",
        "to": [Mailbox("Amira Example", "minister@example.org")],
        "sender": Mailbox("Valley Rivers Network", "letters@example.org"),
        "date": datetime(2020, 2, 3, 12, 0, tzinfo=UTC),
    }
    return Parts(**{**fields, **more})  # type: ignore[arg-type]


@notice
def told(locale: str, number: int) -> Parts | None:
    """A notice to many; 0 is no longer wanted."""
    built.append((locale, number))
    return parts(to=(), text=f"In {locale}: number {number}.\n.\n", automatic=True) if number else None


def post_notices(*numbers: int, locale: str = "en") -> None:
    """A notice to two people for each number."""
    for number in numbers:
        for who in ("ada", "bo"):
            post(f"{HERE}.told", number, recipient=f"{who}@example.org", locale=locale)
    db.session.commit()


def parsed(raw: bytes) -> EmailMessage:
    """The message as a mail program reads it."""
    return message_from_bytes(raw, EmailMessage, policy=SMTP)


@pytest.fixture(autouse=True)
def nothing_built() -> None:
    built.clear()


def test_a_notice_is_built_once_for_all_who_get_it(app: Flask, sink: Sink, work: Callable[[], int]) -> None:
    post_notices(7, 8)
    post_notices(7, locale="fr")
    work()
    assert sorted(built) == [("en", 7), ("en", 8), ("fr", 7)]
    first, second = (sink.to(f"{who}@example.org")[0] for who in ("ada", "bo"))
    assert [str(mail.message["To"]) for mail in (first, second)] == ["ada@example.org", "bo@example.org"]
    assert first.message["Message-ID"] != second.message["Message-ID"]
    assert first.text == second.text == "In en: number 7.\r\n."
    assert b"bo@" not in first.content


def test_a_notice_has_the_same_bytes_at_every_try(app: Flask, sink: Sink, work: Callable[[], int]) -> None:
    post_notices(7)
    work()
    db.session.execute(update(Mail).values(state=MailState.QUEUED, due_at=clock.now()))
    work()
    for who in ("ada", "bo"):
        first, again = sink.to(f"{who}@example.org")
        assert first.content == again.content
    assert built == [("en", 7)] * 2


def test_a_notice_that_is_no_longer_wanted_is_dropped(
    app: Flask, sink: Sink, work: Callable[[], int]
) -> None:
    post_notices(0)
    work()
    assert not sink.mails
    assert {mail.state for mail in db.session.query(Mail)} == {MailState.CANCELLED}


@pytest.mark.parametrize(
    ("more", "read"),
    [
        ({"subject": WORD}, lambda m: m["Subject"] == WORD),
        ({"subject": "\u0645" * 5000}, lambda m: m["Subject"] == "\u0645" * 5000),
        ({"subject": "so  many   spaces " * 9}, lambda m: m["Subject"] == "so  many   spaces " * 9),
        ({"subject": "=?utf-8?q?not_encoded?="}, lambda m: m["Subject"] == "=?utf-8?q?not_encoded?="),
        ({"text": WORD}, lambda m: m.get_body(("plain",)).get_content().strip() == WORD),
        ({"html": WORD}, lambda m: m.get_body(("html",)).get_content().strip() == WORD),
        ({"text": "." * 3000}, lambda m: m.get_body(("plain",)).get_content().strip() == "." * 3000),
        (
            {"attachments": [Attachment(WORD + ".pdf", "application/pdf", b"%PDF")]},
            lambda m: next(m.iter_attachments()).get_filename() == WORD + ".pdf",
        ),
        (
            {"to": [Mailbox(WORD, "a@example.org")]},
            lambda m: m["To"].addresses[0].addr_spec == "a@example.org",
        ),
        (
            {"sender": Mailbox('Rivers, "Lakes" ' * 30, "a@example.org")},
            lambda m: [a.addr_spec for a in m["From"].addresses] == ["a@example.org"],
        ),
        (
            {"references": [f"{n}{'x' * 120}@example.org" for n in range(30)]},
            lambda m: len(str(m["References"]).split()) == 30,
        ),
    ],
)
def test_no_line_is_too_long(more: dict[str, object], read: Callable[[EmailMessage], bool]) -> None:
    raw = compose(parts(**more), "id@example.org", "seed")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert read(parsed(raw))


def test_the_thread_is_named() -> None:
    earlier = ["one@example.org", "two@example.org"]
    message = parsed(compose(parts(in_reply_to=earlier[-1], references=earlier), "three@example.org", "seed"))
    assert message["In-Reply-To"] == "<two@example.org>"
    assert str(message["References"]).split() == ["<one@example.org>", "<two@example.org>"]
    assert parsed(compose(parts(), "one@example.org", "seed"))["References"] is None


def test_the_time_zone_of_the_writer_is_not_told() -> None:
    local = datetime(2020, 2, 3, 12, 0, tzinfo=timezone(timedelta(hours=3)))
    assert b"Date: Mon, 03 Feb 2020 09:00:00 +0000\r\n" in compose(parts(date=local), "a@example.org", "s")


def test_addresses_in_other_scripts() -> None:
    raw = compose(parts(to=[Mailbox("A, B", "x@ex\u00e4mple.org")]), "a@example.org", "s")
    assert b'To: "A, B" <x@xn--exmple-cua.org>\r\n' in raw
    raw = compose(parts(to=[Mailbox("", "j\u00fcrgen@example.org")]), "a@example.org", "s")
    assert "To: j\u00fcrgen@example.org\r\n".encode() in raw


@pytest.mark.parametrize(
    "more",
    [
        {"subject": "One\r\nBcc: all@example.org"},
        {"to": [Mailbox("One\nTwo", "a@example.org")]},
        {"to": [Mailbox("", "a@example.org, b@example.org")]},
        {"to": [Mailbox("", "a@example.org>, <b@example.org")]},
        {"to": [Mailbox("", "")]},
        {"references": ["a@example.org>\r\nBcc: <b@example.org"]},
        {"in_reply_to": "x" * 1000},
        {"attachments": [Attachment("a\r\nb.pdf", "application/pdf", b"")]},
    ],
)
def test_what_no_header_can_hold_is_refused(more: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        compose(parts(**more), "id@example.org", "seed")
