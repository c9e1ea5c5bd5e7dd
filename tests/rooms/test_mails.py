"""What the mails to signatories and coordinators say, as a real mail server receives them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from campaign.accounts import operations as accounts
from campaign.accounts.rules import Role
from campaign.audit.rules import OPERATOR
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.letters import operations as letters
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState
from campaign.signing import confirming, moderation, queries
from campaign.signing.models import Signature
from campaign.signing.rules import SignatureStatus
from tests.factories import (
    COORDINATOR,
    PASSWORD,
    make_command,
    make_letter,
    make_listing,
    make_person,
    make_signature,
    make_user,
    token_of,
)
from tests.servers import Sink

DEADLINE = datetime(2090, 1, 1, tzinfo=UTC)


def test_the_confirmation_holds_one_link_that_confirms(
    app: Flask, sink: Sink, work: Callable[[], int]
) -> None:
    letter = make_letter(deadline=DEADLINE, notices={"en": "Demonstration only."})
    command = make_command(make_listing(organisation="Voice for Peace"), make_person(email="v@example.org"))
    signature = make_signature(letter, SignatureStatus.UNVERIFIED, command)
    work()
    (mail,) = sink.to("v@example.org")
    (link,) = [link for link in mail.links if "/confirm/" in link]
    assert link == f"http://localhost/confirm/{token_of(signature)}"
    assert queries.confirmation(link.rsplit("/", 1)[1]).signature is signature
    for words in ("Voice for Peace", "Open the harbour", "Demonstration only."):
        assert words in mail.text
    assert mail.message["Auto-Submitted"] == "auto-generated"
    html = mail.message.get_body(("html",))
    assert html is not None
    assert link in html.get_content()


def test_in_another_language_and_direction(app: Flask, sink: Sink, work: Callable[[], int]) -> None:
    letter = make_letter(titles={"en": "Open the harbour", "ar": "افتحوا الميناء"})
    make_signature(letter, SignatureStatus.UNVERIFIED, make_command(language="ar"))
    work()
    html = sink.mails[0].message.get_body(("html",))
    assert html is not None
    assert 'dir="rtl"' in html.get_content()
    assert "افتحوا الميناء" in sink.mails[0].text


def test_a_mail_that_came_too_late_is_dropped(app: Flask, sink: Sink, work: Callable[[], int]) -> None:
    letter = make_letter()
    confirmed, replaced = (make_signature(letter, SignatureStatus.UNVERIFIED) for _ in range(2))
    confirming.verify(queries.confirmation(token_of(confirmed)))
    moderation.correct_address(replaced, "right@example.org", COORDINATOR)
    work()
    mails = [(m.kind, m.state) for m in db.session.scalars(select(Mail).order_by(Mail.id))]
    assert mails == [
        ("confirmation", MailState.CANCELLED),
        ("confirmation", MailState.CANCELLED),
        ("confirmed", MailState.ACCEPTED),
        ("confirmation", MailState.ACCEPTED),
    ]
    assert len(sink.to("right@example.org")) == 1


def test_a_reminder_after_two_days(app: Flask, sink: Sink, work: Callable[[], int]) -> None:
    signature = make_signature(make_letter(), SignatureStatus.UNVERIFIED)
    db.session.execute(update(Signature).values(signed_at=clock.now() - timedelta(days=3)))
    work()
    assert [mail.kind for mail in db.session.scalars(select(Mail).order_by(Mail.id))] == [
        "confirmation",
        "reminder",
    ]
    assert len(sink.mails) == 2
    assert sink.mails[1].links[0].endswith(token_of(signature))
    assert sink.mails[0].links == sink.mails[1].links


def test_coordinators_are_told_what_an_operator_did(app: Flask, sink: Sink, work: Callable[[], int]) -> None:
    user = make_user()
    letter = make_letter()
    letters.close(letter, OPERATOR)
    work()
    (mail,) = sink.to(user.email)
    assert "closed" in mail.text
    assert mail.links == [f"http://localhost/desk/letters/{letter.slug}"]


def test_accounts(app: Flask) -> None:
    user = accounts.create(" Coordinator@Example.org ", PASSWORD, Role.ADMIN, OPERATOR)
    db.session.commit()
    assert (user.email, user.role_set) == ("coordinator@example.org", {Role.ADMIN})
    assert user.password is not None
    assert user.password.startswith("$argon2id$")
    with pytest.raises(Conflict):
        accounts.create("COORDINATOR@example.org", PASSWORD, Role.ADMIN, OPERATOR)
    with pytest.raises(InvalidInput):
        accounts.create("another@example.org", "x" * 11, Role.ADMIN, OPERATOR)
