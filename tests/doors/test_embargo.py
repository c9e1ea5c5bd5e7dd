"""Until its letters have left, a letter under embargo is nowhere to be read; then it is public."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient

from campaign.core import clock
from campaign.core.db import db
from campaign.dispatch.operations import Choice
from campaign.dispatch.rules import DispatchState
from campaign.letters import operations as letters
from campaign.letters.models import Letter
from campaign.letters.queries import private_key
from campaign.letters.rules import Circulation
from tests.factories import ADDRESSEE, COORDINATOR
from tests.rooms.dispatch_kit import everybody, let_time_come, proposed, ready, team
from tests.servers import Sink

LISTS = ("/", "/feed.atom", "/sitemap.xml", "/api/v1/letters")
ANSWERED = ("", "/embed", "/preview.png", "/signatories", "/countries", "/editions/1", "/editions/1.pdf")


def addresses(app: Flask, letter: Letter) -> list[str]:
    """Everywhere outside the desk where the letter, its list, its figures or a picture of it could be read.

    Read from the app's own routes, so that a page that is added later is looked at too.
    """
    outside = [
        (rule.endpoint, sorted(rule.arguments))
        for rule in app.url_map.iter_rules()
        if "slug" in rule.arguments
        and not rule.endpoint.startswith("desk.")
        and "GET" in (rule.methods or ())
    ]
    known = {"token": "x" * 43, "slug": letter.slug, "number": 1, "lang": "fr", "response_id": 1}
    with app.test_request_context():
        return [url_for(endpoint, **{name: known[name] for name in names}) for endpoint, names in outside]


def test_until_its_letters_have_left_nothing_of_it_can_be_read(
    app: Flask, client: FlaskClient, sink: Sink, work: Callable[[], int]
) -> None:
    edition = ready(ADDRESSEE, circulation=Circulation.PRIVATE)
    letter, (alone,) = edition.letter, team(1)
    key = private_key(letters.share(letter.hosts[0], COORDINATOR))
    at = clock.now() + timedelta(days=2)
    sent = proposed(edition, alone, Choice(everybody(edition).ticked, at, publishes=True))
    work()
    assert {client.get(address).status_code for address in addresses(app, letter)} == {404}
    for listed in (*LISTS, f"/verify?hash={edition.sha256}"):
        answer = client.get(listed)
        assert answer.status_code == 200
        assert letter.slug not in answer.text
        assert letter.title("en") not in answer.text
    assert "Embargoed until" in client.get(f"/p/{key}").text
    let_time_come(sent)
    work()
    assert len(sink.to("minister@example.org")) == 1
    db.session.expire_all()
    for page in ANSWERED:
        assert client.get(f"/letters/{letter.slug}{page}").status_code == 200, page
    for listed in LISTS:
        assert letter.slug in client.get(listed).text, listed


@pytest.mark.parametrize("state", [DispatchState.HELD, DispatchState.LEFT, DispatchState.PROPOSED])
def test_the_embargo_is_told_after_its_time_while_nothing_is_published(
    app: Flask, client: FlaskClient, state: DispatchState
) -> None:
    edition, (alone,) = ready(ADDRESSEE, circulation=Circulation.PRIVATE), team(1)
    key = private_key(letters.share(edition.letter.hosts[0], COORDINATOR))
    sent = proposed(edition, alone, Choice(everybody(edition).ticked, publishes=True))
    sent.state = state
    let_time_come(sent)
    assert "Embargoed until it is sent" in client.get(f"/p/{key}").text
