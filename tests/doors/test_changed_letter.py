"""From a changed text to its end, through worker, mail server and pages: a yes, a no, and silence."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from campaign.core import clock
from campaign.core.db import db
from campaign.letters.models import Letter
from campaign.signing.models import Signature
from campaign.signing.rules import SignatureStatus
from campaign.tally.queries import letter_figures
from tests.doors.public_pages import send
from tests.factories import make_command, make_letter, make_listing, make_person, make_signature
from tests.rooms.text_kit import WEEK, ask, revise
from tests.servers import Sink

pytestmark = pytest.mark.usefixtures("slow_hands")

LINK = re.compile(r"^https?://[^/\s]+(/reconfirm/\S+)$", re.MULTILINE)
NAMES = ("yes", "no", "silent")


def link_in(sink: Sink, name: str) -> str:
    """The link of the newest mail to that signatory, which stands alone on its line."""
    text = sink.to(f"{name}@example.org")[-1].text
    (found,) = LINK.findall(text)
    return str(found)


def by(name: str, letter: Letter) -> Signature:
    """A counted signature of somebody who will answer as their name says."""
    listing, person = make_listing(organisation=f"The {name} ones"), make_person(email=f"{name}@example.org")
    return make_signature(letter, command=make_command(listing, person))


def test_a_changed_text_from_mail_to_end(
    app: Flask, client: FlaskClient, sink: Sink, work: Callable[[], int]
) -> None:
    letter = make_letter()
    signed = {name: by(name, letter) for name in NAMES}
    revise(letter, "It asks for the opposite.")
    work()
    for name in NAMES:
        (mail,) = [m for m in sink.to(f"{name}@example.org") if "has changed" in str(m.message["Subject"])]
        assert "It asks for the opposite." in mail.text
        assert "ask you to close the harbour" in " ".join(mail.text.split())
    work()
    assert len([m for m in sink.mails if "has changed" in str(m.message["Subject"])]) == 3
    for name in ("yes", "no"):
        path = link_in(sink, name)
        assert client.get(path).status_code == 200
        assert send(client, path, answer=name).status_code == 303
    assert letter_figures(letter.id).signatories == 2
    with time_machine.travel(clock.now() + WEEK - timedelta(hours=1)):
        ask()
        assert letter_figures(letter.id).signatories == 2, "before the date nothing is removed"
    with time_machine.travel(clock.now() + WEEK + timedelta(hours=1)):
        ask()
        assert letter_figures(letter.id).signatories == 1
        assert send(client, link_in(sink, "silent"), answer="yes").status_code == 303
        assert letter_figures(letter.id).signatories == 2
    db.session.expire_all()
    assert {name: s.status for name, s in signed.items()} == {
        "yes": SignatureStatus.ACCEPTED,
        "no": SignatureStatus.WITHDRAWN,
        "silent": SignatureStatus.ACCEPTED,
    }
    page = client.get(f"/letters/{letter.slug}").text
    assert ("The yes ones" in page, "The no ones" in page, "The silent ones" in page) == (True, False, True)
