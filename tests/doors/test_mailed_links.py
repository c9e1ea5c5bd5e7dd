"""Every link that is mailed to a signatory, followed by a program: nothing changes (promise A2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from campaign.core import clock
from campaign.core.db import Base, db
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState
from campaign.signing import confirming, looking_after, moderation
from campaign.signing.deciding import Decider
from campaign.signing.models import Signature
from campaign.signing.rules import SignatureStatus
from tests.factories import (
    COORDINATOR,
    confirmation_of,
    make_command,
    make_letter,
    make_listing,
    make_person,
    make_signature,
)
from tests.rooms.text_kit import ask, revise
from tests.servers import Sink

S = SignatureStatus
LINKS = re.compile(r'href="(/(?!static/)[^"#]*)"')
Work = Callable[[], int]


def dump() -> dict[str, list[str]]:
    """All that the database holds."""
    db.session.rollback()
    tables = Base.metadata.sorted_tables
    held = {table.name: [repr(row) for row in db.session.execute(select(table))] for table in tables}
    db.session.rollback()
    return {name: sorted(rows) for name, rows in held.items()}


def everything_is_mailed(work: Work) -> None:
    """Each kind of mail that signatories get: asked, reminded, handed on, confirmed, sent again, revised."""
    letter = make_letter()
    for status in (S.PENDING, S.ACCEPTED, S.REJECTED):
        make_signature(letter, status, mailed=True)
    standing = make_signature(letter, S.PENDING, organisation="Harbour Friends", mailed=True)
    second = make_signature(letter, S.UNVERIFIED, organisation="Harbour Friends", mailed=True)
    confirming.verify(confirmation_of(second))
    shared = make_person(email="secretary@example.org")
    for name in ("One", "Two"):
        make_signature(
            letter, S.UNVERIFIED, make_command(make_listing(organisation=name), shared), mailed=True
        )
    asked = make_command(decider=Decider("Dana", "dana@example.org"))
    make_signature(letter, S.UNVERIFIED, asked, mailed=True)
    refused = make_signature(letter, S.UNVERIFIED, mailed=True)
    confirming.refuse(confirmation_of(refused))
    replaced = make_signature(letter, S.UNVERIFIED, mailed=True)
    work()
    moderation.correct_address(replaced, "right@example.org", COORDINATOR)
    assert standing.representative is not None
    looking_after.ask_for_links(standing.representative.email or "")
    days = clock.now() - timedelta(days=3)
    db.session.execute(update(Signature).where(Signature.status == S.UNVERIFIED).values(signed_at=days))
    work()
    revise(letter)
    ask()
    now = clock.now() - timedelta(seconds=1)
    db.session.execute(update(Mail).where(Mail.state == MailState.QUEUED).values(due_at=now))
    work()


def test_following_every_mailed_link_changes_nothing(
    app: Flask, client: FlaskClient, sink: Sink, work: Work
) -> None:
    everything_is_mailed(work)
    links = {urlsplit(link).path for mail in sink.mails for link in mail.links}
    kinds = {link.split("/")[1] for link in links}
    assert kinds >= {"confirm", "signature", "reconfirm"}, kinds
    before, seen = dump(), set[str]()
    waiting = sorted(links)
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = client.get(path)
        assert answer.status_code < 500
        assert client.head(path).status_code == answer.status_code
        if path in links:  # and what its page leads to
            waiting += LINKS.findall(answer.text)
            assert client.get(f"{path}/done").status_code < 500
    assert len(seen) > 25
    after = dump()
    assert {name for name in before if before[name] != after[name]} == set()


def test_no_token_of_a_mailed_link_lies_in_the_database(app: Flask, sink: Sink, work: Work) -> None:
    everything_is_mailed(work)
    tokens = {link.rsplit("/", 1)[1] for mail in sink.mails for link in mail.links if "/letters/" not in link}
    tokens = {token for token in tokens if len(token) == 43}  # 256 bits
    assert len(tokens) > 10
    held = "\n".join(row for rows in dump().values() for row in rows)
    assert [token for token in tokens if token in held] == []
