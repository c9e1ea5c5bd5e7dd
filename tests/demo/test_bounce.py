"""A mail that bounces in the demo: the report its mail server writes, and what the product's command says."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from email import message_from_bytes, policy

import pytest
from flask import Flask
from flask.testing import FlaskClient

from campaign.accounts.rules import Role
from campaign.cli.demo import COORDINATOR
from campaign.letters.models import Letter
from demo import bounce
from demo.place import Place
from demo.sink import Mailbox
from tests.demo.demo_kit import OFFICES, OWN, keep
from tests.factories import make_user

pytestmark = pytest.mark.usefixtures("app_sqlite")


@pytest.fixture
def answers(app: Flask, place: Place, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`answers("…")`: the product's command is a stand-in that notes its input, then runs this."""
    database = app.config["SETTINGS"].database_url.removeprefix("sqlite:///")

    def stand_in(code: str) -> None:
        script = place.directory / "command.py"
        script.write_text(
            "import json, pathlib, sqlite3, sys\n"
            f"home = pathlib.Path({str(place.directory)!r})\n"
            "(home / 'report').write_bytes(sys.stdin.buffer.read())\n"
            "(home / 'words').write_text(json.dumps(sys.argv[1:]))\n"
            f"sqlite3.connect({database!r}, timeout=0.2).execute('BEGIN IMMEDIATE')\n"
            f"{code}\n"
        )
        monkeypatch.setattr(bounce, "flask", lambda *words: (sys.executable, str(script), *words))

    return stand_in


def test_a_bounced_mail_comes_back_as_a_report_of_its_mail_server(
    visitor: FlaskClient, letter: Letter, place: Place, answers: Callable[[str], None]
) -> None:
    answers("print('bounced', 12, sep='\\t')")
    number = keep(place, OFFICES[0], Message_ID="<one@example.org>")
    page = visitor.get(f"/demo/mailbox/{number}").text
    assert "Let this mail bounce" in page
    answer = visitor.post(f"/demo/mailbox/{number}/bounce", headers={"Origin": "http://localhost"})
    assert (answer.status_code, answer.location) == (303, f"/demo/mailbox/{number}#bounce")
    assert "took the mail server’s report: mail 12 has bounced." in visitor.get(answer.location).text
    assert "sent back as undeliverable" in visitor.get("/demo/mailbox").text
    words = json.loads((place.directory / "words").read_text())
    assert words == ["outbox", "bounce", "--recipient", OWN]
    raw = (place.directory / "report").read_bytes()
    report = message_from_bytes(raw, policy=policy.default)
    assert (report["To"], report["Return-Path"]) == (OWN, "<>")
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "delivery-status"
    people, machines, original = report.iter_parts()
    assert f"could not be delivered to {OFFICES[0]}" in people.get_content()
    _server, person = machines.get_payload()
    assert (person["Action"], person["Status"]) == ("failed", "5.1.1")
    assert person["Final-Recipient"] == f"rfc822; {OFFICES[0]}"
    assert original.get_content_type() == "text/rfc822-headers"
    assert "Message-ID: <one@example.org>" in original.get_content()
    assert "Good day." not in original.get_content()
    assert raw.count(b"\n") == raw.count(b"\r\n")


def test_a_mail_can_bounce_while_somebody_is_signed_in(
    visitor: FlaskClient, letter: Letter, place: Place, answers: Callable[[str], None]
) -> None:
    answers("print('bounced', 12, sep='\\t')")
    number = keep(place, OFFICES[0])
    make_user(Role.ADMIN, COORDINATOR)
    visitor.post("/demo/coordinator")
    visitor.post(f"/demo/mailbox/{number}/bounce")
    assert "mail 12 has bounced." in visitor.get(f"/demo/mailbox/{number}").text


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("print('ignored', 'over', sep='\\t')", "changed nothing: this mail has bounced before"),
        ("print('ignored', 'unproven', sep='\\t')", "answered: “ignored unproven”"),
        ("sys.exit('Error: try later')", "could not take the mail server’s report: “Error: try later”"),
        ("raise ValueError('broken <b>')", "could not take .*“ValueError: broken &lt;b&gt;”"),
    ],
)
def test_what_the_command_answered_is_on_the_page(
    visitor: FlaskClient,
    letter: Letter,
    place: Place,
    answers: Callable[[str], None],
    code: str,
    sentence: str,
) -> None:
    answers(code)
    number = keep(place, "org@example.org")
    visitor.post(f"/demo/mailbox/{number}/bounce")
    assert re.search(sentence, visitor.get(f"/demo/mailbox/{number}").text)
    assert ("sent back" in visitor.get("/demo/mailbox").text) == ("ignored" in code)


def test_a_command_that_hangs_is_not_waited_for(
    visitor: FlaskClient,
    letter: Letter,
    place: Place,
    answers: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers("import threading; threading.Event().wait(60)")
    monkeypatch.setattr(bounce, "PATIENCE", 1)
    number = keep(place, "org@example.org")
    assert visitor.post(f"/demo/mailbox/{number}/bounce").status_code == 303
    assert "no answer within 1 seconds" in visitor.get(f"/demo/mailbox/{number}").text


@pytest.mark.parametrize(
    "sender",
    [
        "bounces@example.org",
        "letters@example.org",
        "",
        "bounces+12-abc@example.com",
        "more-bounces+1@example.org",
    ],
)
def test_only_a_mail_with_its_own_envelope_sender_can_bounce(
    visitor: FlaskClient, letter: Letter, place: Place, answers: Callable[[str], None], sender: str
) -> None:
    answers("pass")
    number = Mailbox(place.mailbox).keep(b"Subject: x\r\n\r\n", sender, ["org@example.org"])
    assert "Let this mail bounce" not in visitor.get(f"/demo/mailbox/{number}").text
    assert visitor.post(f"/demo/mailbox/{number}/bounce").status_code == 409
    assert visitor.post("/demo/mailbox/7/bounce").status_code == 404
    assert not (place.directory / "report").exists()
