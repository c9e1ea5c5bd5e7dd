"""What the tests of sending begin with: looking at a preview, asking for a release, and two coordinators."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from campaign.audit.rules import OPERATOR
from campaign.core import clock
from campaign.core.db import db
from campaign.dispatch import operations
from campaign.dispatch.models import Consignment, Dispatch
from campaign.editions.models import Edition
from campaign.letters.drafts import AddresseeDraft, CopyDraft
from campaign.letters.rules import Channel
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState
from tests.doors.desk_kit import base, post
from tests.factories import make_user, sign_in

POST = AddresseeDraft("Mission of Sampleland", channel=Channel.POST, salutation="Excellency,")
COPIED = AddresseeDraft(
    "Basim Example",
    email="basim@example.org",
    salutation="Dear Minister,",
    copies=(CopyDraft("chief@example.org", "Chief"),),
)
_SEEN = re.compile(r'name="seen"[^>]* value="([0-9a-f]{64})"')


def seen(client: FlaskClient, address: str) -> str:
    """What a page shows, as its form will say."""
    page = client.get(address)
    found = _SEEN.search(page.text)
    assert found, page.text
    return found[1]


def preview_of(edition: Edition) -> str:
    """The address of an edition's preview."""
    return f"{base(edition.letter)}/editions/{edition.number}/preview"


def propose(client: FlaskClient, edition: Edition, **fields: Any) -> TestResponse:
    """Look at the preview, then send its form; everybody is ticked unless `to` says whom."""
    shown = seen(client, preview_of(edition))
    to = [a.id for a in edition.letter.addressees]
    plain = {"seen": shown, "to": to, "at": "", "zone": edition.letter.time_zone}
    return post(client, preview_of(edition).replace("/preview", "/propose"), **(plain | fields))


def page_of(sent: Dispatch) -> str:
    """The address of a release's own page."""
    return f"{base(sent.letter)}/dispatch/{sent.id}"


def approve(client: FlaskClient, sent: Dispatch) -> TestResponse:
    """Look at a release, then approve it."""
    return post(client, f"{page_of(sent)}/approve", seen=seen(client, page_of(sent)))


def releases() -> Sequence[Dispatch]:
    """All releases, oldest first."""
    return db.session.scalars(select(Dispatch).order_by(Dispatch.id)).all()


def second(app: Flask) -> FlaskClient:
    """Another coordinator's browser."""
    client = app.test_client()
    sign_in(client, make_user())
    return client


def sent_out(edition: Edition) -> list[Consignment]:
    """The edition let go by the operator, its mails in the outbox; what each recipient is owed."""
    sent = operations.release(edition, OPERATOR, at_once=True, reason="a test")
    db.session.commit()
    return sent.consignments


def let_few_bytes_be_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of more than 1,000 bytes are too large: no test has to carry megabytes."""
    for module in ("campaign.dispatch.responses", "campaign.desk.files"):
        monkeypatch.setattr(f"{module}.LARGEST_FILE", 1_000)


def became(owed: Consignment, state: MailState, answer: str = "") -> Mail:
    """Its mail stands there, as if the relay had said so."""
    assert owed.mail is not None
    owed.mail.state, owed.mail.answer, owed.mail.finished_at = state, answer, clock.now()
    db.session.commit()
    return owed.mail
