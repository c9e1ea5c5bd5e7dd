"""`outbox bounce`: what a mail server pipes in, the one line it gets back, and the code it goes by."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from click.testing import Result
from flask import Flask

from campaign.core.db import db
from campaign.outbox.incoming import LARGEST
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState
from tests.bounces import SAMPLES, handed_over, sender_of
from tests.doors.cli_kit import refusal, said

pytestmark = pytest.mark.usefixtures("app_sqlite")
Command = Callable[..., Result]
BY_NAME = {sample.name: sample for sample in SAMPLES}
LATER = 75  # EX_TEMPFAIL


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """An app that gives each mail a sender of its own."""
    with (app := make_app(BOUNCE_ADDRESS="bounces@example.org")).app_context():
        yield app


@pytest.fixture
def bounce(command: Command) -> Callable[..., Result]:
    """`bounce("postfix-unknown", mail)`: that sample comes back for that mail."""

    def pipe(name: str, mail: Mail, *options: str) -> Result:
        return command("outbox", "bounce", *options, given=BY_NAME[name].to(sender_of(mail)).decode())

    return pipe


def test_a_bounce_and_a_delay_are_answered_in_one_line(bounce: Callable[..., Result]) -> None:
    mail = handed_over()
    assert said(bounce("postfix-delay", mail)) == f"delayed\t{mail.id}\n"
    assert said(bounce("postfix-unknown", mail)) == f"bounced\t{mail.id}\n"
    assert mail.state is MailState.BOUNCED


@pytest.mark.parametrize(
    ("name", "reason"), [("vacation", "no-report"), ("answer", "no-report"), ("delivered", "no-report")]
)
def test_what_is_no_bounce_is_ignored_and_the_server_is_content(
    bounce: Callable[..., Result], name: str, reason: str
) -> None:
    mail = handed_over()
    assert said(bounce(name, mail)) == f"ignored\t{reason}\n"
    assert mail.state is MailState.ACCEPTED


def test_forged_and_repeated_ones_are_ignored_too(command: Command, bounce: Callable[..., Result]) -> None:
    mail = handed_over()
    forged = BY_NAME["postfix-unknown"].raw.decode()
    assert said(command("outbox", "bounce", given=forged)) == "ignored\tunproven\n"
    said(bounce("postfix-unknown", mail))
    assert said(bounce("postfix-unknown", mail)) == "ignored\tover\n"
    assert said(command("outbox", "bounce", given="")) == "ignored\tno-report\n"


def test_the_recipient_of_the_envelope_can_be_told(command: Command) -> None:
    mail = handed_over()
    raw = BY_NAME["postfix-unknown"].raw.decode()
    answer = said(command("outbox", "bounce", "--recipient", sender_of(mail), given=raw))
    assert answer == f"bounced\t{mail.id}\n"


def test_a_mail_that_is_being_sent_makes_the_server_keep_the_message(
    command: Command, bounce: Callable[..., Result]
) -> None:
    mail = handed_over(MailState.SUBMITTING)
    result = bounce("postfix-unknown", mail)
    assert result.exit_code == LATER
    assert f"mail {mail.id} is being sent" in refusal(result)
    assert mail.state is MailState.SUBMITTING


def test_a_database_that_is_away_makes_the_server_keep_the_message(make_app: Callable[..., Flask]) -> None:
    mail = handed_over()
    raw = BY_NAME["postfix-unknown"].to(sender_of(mail)).decode()
    db.session.rollback()
    away = make_app(DATABASE_URL="sqlite:////nowhere/at/all.db")
    with away.app_context():
        result = away.test_cli_runner().invoke(args=["outbox", "bounce"], input=raw)
    assert result.exit_code == LATER
    assert refusal(result) == "the database is away"


def test_a_huge_message_is_read_to_its_end_and_understood_by_its_beginning(command: Command) -> None:
    mail = handed_over()
    raw = BY_NAME["postfix-unknown"].to(sender_of(mail)).decode() + "x" * 3 * LARGEST
    assert said(command("outbox", "bounce", given=raw)) == f"bounced\t{mail.id}\n"


def test_no_address_is_told_on_the_way(bounce: Callable[..., Result]) -> None:
    for name in ("postfix-unknown", "vacation"):
        result = bounce(name, handed_over())
        assert "@" not in result.output
