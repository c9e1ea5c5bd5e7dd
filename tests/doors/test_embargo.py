"""Until its letters have left, a letter under embargo is nowhere to be read; then it is public."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from campaign.core import clock
from campaign.core.db import db
from campaign.dispatch.operations import Choice
from campaign.letters import operations as letters
from campaign.letters.models import Letter
from campaign.letters.queries import private_key
from campaign.letters.rules import Circulation
from tests.factories import ADDRESSEE, COORDINATOR
from tests.rooms.dispatch_kit import everybody, let_time_come, proposed, ready, team
from tests.servers import Sink

PAGES = (
    "",
    "/history",
    "/versions/1",
    "/sign",
    "/signatories",
    "/editions/1",
    "/editions/1.pdf",
    "/editions/1.json",
)
DATA = ("", "/countries", "/signatories")


def addresses(letter: Letter) -> list[str]:
    """Everywhere the letter, its list or its figures could be read."""
    pages = [f"/letters/{letter.slug}{page}" for page in PAGES]
    return [*pages, *(f"/api/v1/letters/{letter.slug}{path}" for path in DATA)]


def test_until_its_letters_have_left_nothing_of_it_can_be_read(
    app: Flask, client: FlaskClient, sink: Sink, work: Callable[[], int]
) -> None:
    edition = ready(ADDRESSEE, circulation=Circulation.PRIVATE)
    letter, (alone,) = edition.letter, team(1)
    key = private_key(letters.share(letter.hosts[0], COORDINATOR))
    at = clock.now() + timedelta(days=2)
    sent = proposed(edition, alone, Choice(everybody(edition).ticked, at, publishes=True))
    work()
    assert {client.get(address).status_code for address in addresses(letter)} == {404}
    for listed in ("/", "/api/v1/letters", f"/verify?hash={edition.sha256}"):
        answer = client.get(listed)
        assert answer.status_code == 200
        assert letter.slug not in answer.text
        assert letter.title("en") not in answer.text
    assert "Embargoed until" in client.get(f"/p/{key}").text
    let_time_come(sent)
    work()
    assert len(sink.to("minister@example.org")) == 1
    db.session.expire_all()
    assert {client.get(address).status_code for address in addresses(letter)} == {200}
    assert letter.slug in client.get("/").text
