"""The demo's mail server, spoken to over real SMTP."""

from __future__ import annotations

import json
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.launch import free_port
from demo.place import ROOT

MAIL = b"Subject: One\r\nFrom: letters@example.org\r\n\r\nA line.\r\n.a dot at the start\r\n"


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A sink as its own process, keeping mail in `tmp_path/mailbox`; the port it answers on."""
    chosen = free_port()
    command = [
        sys.executable,
        "-m",
        "demo.sink",
        "--port",
        str(chosen),
        "--directory",
        str(tmp_path / "mailbox"),
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"taking mail on 127.0.0.1:{chosen}\n"
        yield chosen
        process.terminate()
        assert process.wait(10) == 0


def test_a_mail_is_kept_as_it_came_with_its_envelope(port: int, tmp_path: Path) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("bounces@example.org", ["one@example.org", "copy@example.org"], MAIL)
    assert (tmp_path / "mailbox/000001.eml").read_bytes() == MAIL
    envelope = json.loads((tmp_path / "mailbox/000001.json").read_text(encoding="utf-8"))
    assert (envelope["mail_from"], envelope["rcpt_tos"]) == (
        "bounces@example.org",
        ["one@example.org", "copy@example.org"],
    )
    assert abs((datetime.now(UTC) - datetime.fromisoformat(envelope["received_at"])).total_seconds()) < 60
    assert list((tmp_path / "mailbox").glob(".*")) == []


@pytest.mark.parametrize(
    ("address", "code", "words"),
    [
        ("later.office@example.org", 451, "4.2.1 Mailbox busy, try again later"),
        ("Later.Office@example.org", 451, "4.2.1 Mailbox busy, try again later"),
        ("office+later@example.org", 451, "4.2.1 Mailbox busy, try again later"),
        ("nobody.here@example.org", 550, "5.1.1 No such mailbox"),
    ],
)
def test_some_addresses_are_asked_to_wait_or_refused_and_others_are_not_held_up(
    port: int, tmp_path: Path, address: str, code: int, words: str
) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        for _ in range(2):
            refused = client.sendmail("a@example.org", ["b@example.org", address], MAIL)
            assert refused == {address: (code, words.encode())}
    envelope = json.loads((tmp_path / "mailbox/000002.json").read_text(encoding="utf-8"))
    assert envelope["rcpt_tos"] == ["b@example.org"]


@pytest.mark.parametrize(
    "address",
    ["office@later.example.org", "nobody@example.org", "translater.x@example.org", "a.nobody.b@example.org"],
)
def test_addresses_that_only_look_like_those_get_their_mail(port: int, tmp_path: Path, address: str) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        assert client.sendmail("a@example.org", [address], MAIL) == {}
    assert (tmp_path / "mailbox/000001.eml").exists()


def test_numbers_go_on_and_an_emptied_mailbox_begins_again(port: int, tmp_path: Path) -> None:
    mailbox = tmp_path / "mailbox"
    with smtplib.SMTP("127.0.0.1", port) as client:
        for _ in range(2):
            client.sendmail("a@example.org", ["b@example.org"], MAIL)
        assert sorted(file.name for file in mailbox.glob("*.eml")) == ["000001.eml", "000002.eml"]
        for file in mailbox.iterdir():
            file.unlink()
        mailbox.rmdir()
        client.sendmail("a@example.org", ["b@example.org"], MAIL)
    assert [file.name for file in mailbox.glob("*.eml")] == ["000001.eml"]


def test_a_mail_that_cannot_be_kept_is_not_accepted(port: int, tmp_path: Path) -> None:
    (tmp_path / "mailbox").write_text("a file where the directory should be")
    with smtplib.SMTP("127.0.0.1", port) as client, pytest.raises(smtplib.SMTPDataError) as refused:
        client.sendmail("a@example.org", ["b@example.org"], MAIL)
    assert refused.value.smtp_code == 451


def test_a_taken_port_is_said_in_one_line(port: int, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "demo.sink", "--port", str(port), "--directory", str(tmp_path)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"cannot listen on 127.0.0.1:{port}: ")
    assert len(answer.stderr.splitlines()) == 1
