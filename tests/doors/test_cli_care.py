"""The commands of care: what is due in a table, a mailbox as JSON, erasure; no address is an argument."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import Result
from flask.testing import FlaskClient
from sqlalchemy import func, select

from campaign.accounts.rules import Role
from campaign.audit.models import AuditEntry
from campaign.core import clock
from campaign.core.db import db
from campaign.letters import operations as letters
from campaign.signing.models import Representative, Signature
from tests.doors.cli_kit import refusal, said
from tests.factories import COORDINATOR, make_letter, make_signature
from tests.rooms.care_kit import MAILBOX, NAME, make_canary

pytestmark = pytest.mark.usefixtures("app_sqlite")
Command = Callable[..., Result]


def archived_long_ago() -> Signature:
    """A signatory of a letter that was archived a year ago."""
    letter = make_letter()
    signature = make_canary(letter)
    letters.close(letter, COORDINATOR)
    letters.archive(letter, COORDINATOR)
    letter.archived_at = clock.now() - timedelta(days=365)
    db.session.commit()
    return signature


def test_retention_says_what_is_due_and_does_it_when_told(command: Command) -> None:
    archived_long_ago()
    table = [line.split("\t") for line in said(command("care", "retention", "--dry-run")).splitlines()]
    assert {line[0]: line[1] for line in table}["contacts"] == "1"
    assert all(line[2].endswith("Z") for line in table)
    assert db.session.scalar(select(func.count(Representative.id))) == 1
    said(command("care", "retention"))
    assert db.session.scalar(select(func.count(Representative.id))) == 0
    (noted,) = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "retention.done"))
    assert noted.details == {"contacts": 1, "notes": 1}


def test_access_reads_the_address_and_answers_in_json(command: Command) -> None:
    make_canary(make_letter())
    told = json.loads(said(command("care", "access", given=f"{MAILBOX}\n")))
    assert [found["signature"]["name"] for found in told["signatures"]] == [NAME]
    assert refusal(command("care", "access", given="\n"))
    assert command("care", "access", MAILBOX).exit_code == 2


def test_erase_by_mailbox_and_by_number(command: Command) -> None:
    first, second = make_canary(make_letter()), make_signature(make_letter())
    assert said(command("care", "erase", "--mailbox", given=MAILBOX)) == "erased 1\n"
    assert first.erased_at is not None and second.erased_at is None
    assert said(command("care", "erase", "--signature", str(second.id))) == "erased 1\n"
    assert second.erased_at is not None
    assert "no such sign-on" in refusal(command("care", "erase", "--signature", "999999"))
    assert command("care", "erase").exit_code == 2
    assert command("care", "erase", "--mailbox", "--signature", "1").exit_code == 2


def test_an_archived_letter_says_at_the_desk_when_contacts_go(
    client: FlaskClient, command: Command, signed_in: Callable[..., object]
) -> None:
    letter = make_letter()
    signed_in(client, Role.COORDINATOR)
    page = client.get(f"/desk/letters/{letter.slug}").text
    assert "14 days after the letter is closed" in page
    assert "30 days after the letter is put in the archive" in page
    said(command("letters", "close", letter.slug))
    said(command("letters", "archive", letter.slug))
    page = client.get(f"/desk/letters/{letter.slug}").text
    assert "days after the letter is" not in page
