"""The mails with a signatory's own link: after the confirmation, from a coordinator, and on asking for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from campaign.audit.rules import SIGNATORY
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, Gone, InvalidInput, NotFound
from campaign.letters.models import Letter
from campaign.letters.rules import Acceptance
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState
from campaign.signing import moderation, operations
from campaign.signing.links import LIFETIME, find_link, link_token, make_link
from campaign.signing.looking_after import ask_for_links, send_link
from campaign.signing.models import Consent, Signature, SignatureLink
from campaign.signing.moderation import AddCommand
from campaign.signing.rules import LinkPurpose, Purpose, SignatureStatus, Source
from tests.factories import (
    COORDINATOR,
    make_command,
    make_letter,
    make_listing,
    make_person,
    make_signature,
)
from tests.servers import Received, Sink

SAMI = "sami@example.org"
Work = Callable[[], int]


def signed(
    letter: Letter, address: str = SAMI, status: SignatureStatus = SignatureStatus.PENDING, **listing: Any
) -> Signature:
    """A signature that was given with this address."""
    command = make_command(make_listing(**listing), make_person(email=address))
    return make_signature(letter, status, command, mailed=True)


def entered(letter: Letter, address: str | None) -> Signature:
    """One that a coordinator typed from a mail."""
    command = AddCommand(make_listing(), make_person(email=address), Source.MAIL, "", True)
    return moderation.add(letter, command, COORDINATOR)


def own_pages(mail: Received) -> list[str]:
    """The addresses of signatories' own pages in a mail."""
    return [link for link in mail.links if "/signature/" in link]


def of_links(sink: Sink, address: str = SAMI) -> list[Received]:
    """The mails of links that arrived there."""
    return [mail for mail in sink.to(address) if mail.message["Subject"].startswith("The link")]


def held_by(page: str) -> Signature:
    """The signature behind a mailed address."""
    return find_link(page.rsplit("/", 1)[1], LinkPurpose.MANAGE).signature


@pytest.mark.parametrize(
    ("acceptance", "words"),
    [(Acceptance.MODERATED, "It waits for the hosts"), (Acceptance.AUTOMATIC, "It is counted.")],
)
def test_whoever_confirms_is_sent_the_link_and_told_how_it_stands(
    app: Flask, sink: Sink, work: Work, acceptance: Acceptance, words: str
) -> None:
    signature = signed(make_letter(acceptance=acceptance), organisation="Harbour Friends")
    work()
    (mail,) = sink.to(SAMI)
    assert mail.message["Subject"] == "Your signature is confirmed: Open the harbour"
    assert words in mail.text
    assert "Harbour Friends" in mail.text
    assert mail.links[-1] == own_pages(mail)[0]
    assert "http://localhost/signature" in mail.links
    assert held_by(own_pages(mail)[0]) is signature


def test_how_it_stands_is_read_when_the_mail_leaves(app: Flask, sink: Sink, work: Work) -> None:
    operations.withdraw(signed(make_letter()), SIGNATORY)
    work()
    assert "It was withdrawn." in sink.to(SAMI)[0].text


def test_nothing_at_rest_is_a_usable_link(app: Flask) -> None:
    signed(make_letter())
    link = db.session.scalars(select(SignatureLink)).one()
    mailed = link_token(link)
    assert len(mailed) == 43
    kept = [str(value) for value in vars(link).values()]
    assert mailed not in kept
    assert find_link(mailed, LinkPurpose.MANAGE) is link
    with pytest.raises(NotFound):
        find_link(mailed, LinkPurpose.RECONFIRM)
    with pytest.raises(NotFound):
        find_link(link.digest or "", LinkPurpose.MANAGE)
    with time_machine.travel(clock.now() + LIFETIME, tick=False), pytest.raises(Gone):
        find_link(mailed, LinkPurpose.MANAGE)


def test_a_revoked_link_is_not_mailed(app: Flask, sink: Sink, work: Work) -> None:
    signed(make_letter())
    db.session.scalars(select(SignatureLink)).one().revoked_at = clock.now()
    work()
    assert sink.to(SAMI) == []


def test_one_mail_lists_every_signature_of_the_mailbox(app: Flask, sink: Sink, work: Work) -> None:
    first = signed(make_letter(titles={"en": "Open the harbour"}), organisation="Harbour Friends")
    second = signed(make_letter(titles={"en": "Close the mine"}), organisation="Mine Watch")
    work()
    ask_for_links("SAMI+news@example.org")
    work()
    (mail,) = of_links(sink)
    assert mail.message["Subject"] == "The links to your 2 signatures"
    assert [held_by(page) for page in own_pages(mail)] == [first, second]
    for words in ("Harbour Friends", "Mine Watch", "Open the harbour", "Close the mine", "Bahrain"):
        assert words in mail.text
    # The links of the first mails still stand, so they are sent again.
    assert db.session.scalar(select(func.count()).select_from(SignatureLink)) == 2


def test_a_link_that_ends_soon_is_replaced(app: Flask, sink: Sink, work: Work) -> None:
    signature = signed(make_letter())
    work()
    old = db.session.scalars(select(SignatureLink)).one()
    old.expires_at = clock.now() + timedelta(days=6)
    ask_for_links(SAMI)
    work()
    (page,) = own_pages(of_links(sink)[0])
    assert held_by(page) is signature
    assert not page.endswith(link_token(old))


def test_the_mail_goes_to_the_address_that_signed_never_to_the_one_typed(
    app: Flask, sink: Sink, work: Work
) -> None:
    mine = signed(make_letter(), "sami@example.org")
    tagged = signed(make_letter(), "sami+letters@example.org")
    work()
    sink.mails.clear()
    ask_for_links("sami+attacker@example.org")
    work()
    assert sink.to("sami+attacker@example.org") == []
    assert [held_by(page) for page in own_pages(sink.to("sami@example.org")[0])] == [mine]
    assert [held_by(page) for page in own_pages(sink.to("sami+letters@example.org")[0])] == [tagged]


@pytest.mark.parametrize("status", [SignatureStatus.UNVERIFIED, SignatureStatus.EXPIRED])
def test_who_never_proved_a_mailbox_has_no_link(
    app: Flask, sink: Sink, work: Work, status: SignatureStatus
) -> None:
    signature = signed(make_letter(), status=status)
    work()
    sink.mails.clear()
    ask_for_links(SAMI)
    work()
    assert sink.mails == []
    with pytest.raises(Conflict):
        send_link(signature, COORDINATOR)


def test_an_address_typed_by_a_stranger_and_vouched_for_can_not_ask(
    app: Flask, sink: Sink, work: Work
) -> None:
    signature = signed(make_letter(), "stranger@example.org", SignatureStatus.UNVERIFIED)
    moderation.accept_on_evidence(signature, "They told us by phone", COORDINATOR)
    work()
    ask_for_links("stranger@example.org")
    work()
    assert of_links(sink, "stranger@example.org") == []
    send_link(signature, COORDINATOR)
    work()
    assert [held_by(page) for page in own_pages(of_links(sink, "stranger@example.org")[0])] == [signature]


def test_one_that_came_by_other_ways_has_a_link_when_somebody_asks(
    app: Flask, sink: Sink, work: Work
) -> None:
    signature = entered(make_letter(), SAMI)
    work()
    assert sink.to(SAMI) == []
    send_link(signature, COORDINATOR)
    work()
    assert [held_by(page) for page in own_pages(of_links(sink)[0])] == [signature]
    with pytest.raises(InvalidInput):
        send_link(entered(make_letter(), None), COORDINATOR)


def test_an_unknown_address_leaves_nothing_but_that_somebody_asked(app: Flask) -> None:
    ask_for_links("nobody@example.org")
    db.session.commit()
    assert db.session.scalars(select(Mail)).all() == []


def test_a_mailbox_is_asked_for_by_strangers_three_times_in_six_hours(
    app: Flask, sink: Sink, work: Work
) -> None:
    signed(make_letter())
    for _ in range(12):
        ask_for_links(SAMI)
        work()
    assert len(of_links(sink)) == 3
    waiting = db.session.scalars(select(Mail).where(Mail.state == MailState.QUEUED)).all()
    assert len(waiting) == 1


def test_what_was_agreed_to_ends_with_the_signature(app: Flask) -> None:
    signature = signed(make_letter())
    operations.withdraw(signature, SIGNATORY)
    db.session.commit()
    ended = {c.purpose: c.withdrawn_at for c in db.session.scalars(select(Consent))}
    assert ended == {Purpose.ATTESTATION: None, Purpose.CONSENT: signature.withdrawn_at}


def test_links_of_one_signature_do_not_open_another(app: Flask) -> None:
    one, other = signed(make_letter()), signed(make_letter())
    link = make_link(one, LinkPurpose.MANAGE)
    assert find_link(link_token(link), LinkPurpose.MANAGE).signature is one
    assert link_token(link) != link_token(make_link(other, LinkPurpose.MANAGE))
