"""Commands about editions, their dispatch, the outbox and the record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import select, update

from campaign.audit.models import AuditEntry
from campaign.core import clock
from campaign.core.db import db
from campaign.dispatch import operations as dispatching
from campaign.dispatch.models import Dispatch
from campaign.editions.models import EditionFile
from campaign.letters.drafts import AddresseeDraft
from campaign.letters.rules import Circulation
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState
from campaign.signing.rules import SignatureStatus
from tests.doors.cli_kit import refusal, said
from tests.factories import (
    ADDRESSEE,
    COORDINATOR,
    make_edition,
    make_letter,
    make_signature,
    make_signatures,
)

pytestmark = pytest.mark.usefixtures("app_sqlite")
Command = Callable[..., Result]


def test_an_edition_is_frozen_and_printed_here(command: Command, tmp_path: Path) -> None:
    letter = make_letter()
    slug = letter.slug
    make_signatures(letter, ["BH"])
    number, short, whole = said(command("editions", "compile", slug, "--wait")).rstrip("\n").split("\t")
    assert number == "edition 1"
    assert short.replace(" ", "") == whole[:12]
    file = tmp_path / "letter.pdf"
    file.write_bytes(db.session.scalars(select(EditionFile)).all()[0].content)
    genuine = f"genuine and current\t{slug}\tedition 1\n"
    for what in (str(file), whole, whole[:12], short, whole.upper()):
        assert said(command("editions", "verify", what)) == genuine
    said(command("editions", "compile", slug))
    assert said(command("editions", "verify", str(file))) == genuine  # no. 2 has no files yet
    said(command("editions", "compile", slug, "--wait"))
    superseded = f"genuine, but superseded by edition 3\t{slug}\tedition 1\n"
    assert said(command("editions", "verify", str(file))) == superseded
    file.write_bytes(file.read_bytes() + b" ")
    for what in (str(file), "0" * 64):
        unknown = command("editions", "verify", what)
        assert (unknown.exit_code, unknown.stdout) == (1, "unknown\n")


@pytest.mark.parametrize("what", ["no hash", "abc", "", "g" * 64, "0" * 65])
def test_what_is_neither_file_nor_hash(command: Command, what: str) -> None:
    assert "hash: a hash has 64 hexadecimal digits" in refusal(command("editions", "verify", what))


def test_letters_that_cannot_be_frozen(command: Command) -> None:
    slug = make_letter(opened=False).slug
    assert "draft" in refusal(command("editions", "compile", slug))
    assert "no such letter" in refusal(command("editions", "compile", "nothing-here"))


def test_a_release_and_its_status(command: Command) -> None:
    letter = make_letter()
    slug = letter.slug
    make_edition(letter)
    release = ("dispatch", "release", slug, "--edition", "1")
    assert said(command("dispatch", "status", slug)) == ""
    assert said(command(*release, "--now", "--reason", "a test")).startswith(
        "edition 1: 1 recipients, leaves "
    )
    assert said(command("dispatch", "status", slug)) == "minister@example.org\tqueued\t\n"
    assert "released to them already" in refusal(command(*release, "--now", "--reason", "again"))
    changed = update(Mail).values(state=MailState.DEFERRED, answer="451 come back later")
    db.session.execute(changed)
    assert (
        said(command("dispatch", "status", slug)) == "minister@example.org\tdeferred\t451 come back later\n"
    )
    assert said(command("dispatch", "cancel", slug)) == "taken back: 1\n"
    assert said(command("dispatch", "status", slug)).split("\t")[1] == "cancelled"
    assert "nothing was released" in refusal(command("dispatch", "cancel", slug))


def test_a_release_waits_unless_told_otherwise(command: Command) -> None:
    letter = make_letter()
    slug = letter.slug
    make_edition(letter)
    at = (clock.now() + timedelta(days=30)).replace(microsecond=0).isoformat()
    answer = said(command("dispatch", "release", slug, "--edition", "1", "--at", at))
    assert answer == f"edition 1: 1 recipients, leaves {clock.iso(datetime.fromisoformat(at))}\n"
    assert said(command("outbox", "sweep")).startswith("done ")
    assert said(command("dispatch", "status", slug)) == "minister@example.org\tqueued\t\n"


@pytest.mark.parametrize(
    ("flags", "chosen"),
    [
        ((), (False, True)),
        (("--publish",), (True, True)),
        (("--publish", "--not-if-refused"), (True, False)),
    ],
)
def test_a_private_letter_can_be_published_after_it(
    command: Command, flags: tuple[str, ...], chosen: tuple[bool, bool]
) -> None:
    letter = make_letter(circulation=Circulation.PRIVATE)
    make_edition(letter)
    said(command("dispatch", "release", letter.slug, "--edition", "1", *flags))
    sent = db.session.scalars(select(Dispatch)).one()
    assert (sent.publishes, sent.publishes_anyway) == chosen


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("SLUG", "--edition", "1", "--not-if-refused"), "--not-if-refused needs --publish"),
        (("SLUG", "--edition", "1", "--now"), "--now needs a --reason"),
        (("SLUG", "--edition", "1", "--now", "--reason", " "), "--now needs a --reason"),
        (
            ("SLUG", "--edition", "1", "--now", "--reason", "x", "--at", "2035-01-31T18:00Z"),
            "exclude each other",
        ),
        (("SLUG", "--edition", "1", "--at", "tomorrow"), "ISO 8601"),
        (("SLUG", "--edition", "2"), "there is no such edition"),
        (("SLUG", "--edition", "one"), "'one' is not a valid integer"),
        (("SLUG",), "Missing option '--edition'"),
        (("SLUG", "--edition", "1"), "the edition has no files yet"),
        (("nothing-here", "--edition", "1"), "there is no such letter"),
    ],
)
def test_releases_that_cannot_be(command: Command, arguments: tuple[str, ...], words: str) -> None:
    letter = make_letter()
    slug = letter.slug
    make_edition(letter, rendered=False)
    assert words in refusal(command("dispatch", "release", *[slug if a == "SLUG" else a for a in arguments]))
    assert "no such letter" in refusal(command("dispatch", "status", "nothing-here"))


def test_an_addressee_without_address_stops_a_release(command: Command) -> None:
    letter = make_letter(addressees=())
    make_edition(letter)
    arguments = ("dispatch", "release", letter.slug, "--edition", "1", "--now", "--reason", "a test")
    assert "no addressee" in refusal(command(*arguments))


def test_a_further_list_goes_to_those_named(command: Command) -> None:
    other = AddresseeDraft("Basim Example", email="basim@example.org", salutation="Dear Mr Example,")
    letter = make_letter(addressees=(ADDRESSEE, other))
    slug = letter.slug
    make_edition(letter)
    now = ("--now", "--reason", "a test")
    said(command("dispatch", "release", slug, "--edition", "1", *now))
    make_edition(letter)
    further = ("dispatch", "release", slug, "--edition", "2", *now)
    assert "name the addressees" in refusal(command(*further))
    assert "there is no addressee 'Nobody'" in refusal(command(*further, "--to", "Nobody"))
    assert said(command(*further, "--to", "basim example")).startswith("edition 2: 1 recipients")
    lines = said(command("dispatch", "status", slug)).splitlines()
    assert [line.split("\t")[0] for line in lines] == [
        "minister@example.org",
        "basim@example.org",
        "basim@example.org",
    ]
    make_edition(letter)
    third = said(command("dispatch", "release", slug, "--edition", "3", *now, "--to", "all"))
    assert third.startswith("edition 3: 2 recipients")


def test_what_should_be_known_before_a_release(command: Command) -> None:
    letter = make_letter(addressees=(AddresseeDraft("Dana Example", email="dana@example.org"),))
    slug = letter.slug
    assert "no edition with files" in refusal(command("dispatch", "check", slug))
    make_edition(letter)
    make_signature(letter, SignatureStatus.PENDING)
    told = command("dispatch", "check", slug)
    assert told.exit_code == 1
    lines = told.stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["not checked"] * 3 + ["look", "stops", "good"]
    assert lines[3:5] == ["look\tundecided\t1", "stops\tno salutation\tDana Example"]
    letter.addressees[0].salutation = "Dear Dana,"
    assert command("dispatch", "check", slug).exit_code == 0


def test_a_mail_of_unknown_outcome_is_decided(command: Command) -> None:
    letter = make_letter(addressees=(ADDRESSEE,))
    dispatching.release(make_edition(letter), COORDINATOR, at_once=True)
    db.session.commit()
    mail = db.session.scalars(select(Mail)).one()
    mail_id = str(mail.id)
    assert "cannot become accepted" in refusal(command("outbox", "decide", mail_id, "arrived"))
    db.session.execute(update(Mail).values(state=MailState.UNKNOWN))
    assert "unknown\t1\n" in said(command("outbox", "status"))
    assert said(command("outbox", "decide", mail_id, "resend")) == f"{mail_id}\tresend\n"
    assert "queued\t1\n" in said(command("outbox", "status"))
    assert "there is no mail 999" in refusal(command("outbox", "decide", "999", "arrived"))
    assert "'perhaps' is not one of" in refusal(command("outbox", "decide", mail_id, "perhaps"))
    assert "'x' is not a valid integer" in refusal(command("outbox", "decide", "x", "arrived"))


def test_the_outbox_names_every_state(command: Command) -> None:
    lines = said(command("outbox", "status")).splitlines()
    assert lines == [f"{state}\t0" for state in MailState]


def test_the_record_is_walked(command: Command) -> None:
    make_letter()
    assert said(command("audit", "verify")) == "chained 0, waiting 2\n"
    said(command("outbox", "sweep"))
    assert said(command("audit", "verify")) == "chained 2, waiting 0\n"
    db.session.execute(update(AuditEntry).where(AuditEntry.sequence == 2).values(action="letter.praised"))
    result = command("audit", "verify")
    assert (result.exit_code, result.stdout) == (1, "chained 1, waiting 0\n")
    assert result.stderr == "Error: the record is broken at number 2\n"
