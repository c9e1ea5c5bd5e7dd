"""From where sign-ons come: what is noted of it, what is over a limit, and what the lists say."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event, func, select

from campaign.audit.models import AuditEntry
from campaign.core import clock
from campaign.core.db import db
from campaign.core.networks import Caller, read_address
from campaign.letters.models import Letter
from campaign.letters.rules import Acceptance
from campaign.outbox.models import Mail
from campaign.signing import confirming, limits
from campaign.signing import operations as signing
from campaign.signing.models import AccessRule, Limit, Sighting, Signature
from campaign.signing.rules import AccessKind, Flag, LimitPer, SignatureStatus, Verdict
from tests.factories import confirmation_of, make_command, make_letter, make_person

NOW = datetime(2020, 2, 1, 12, 0, tzinfo=UTC)
NETWORK, DOMAIN = AccessKind.NETWORK, AccessKind.DOMAIN


@pytest.fixture(autouse=True)
def noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as now:
        yield now


def caller(address: str = "192.0.2.7") -> Caller:
    return Caller(read_address(address))


def sign(
    letter: Letter, address: str | None = "192.0.2.7", email: str | None = None, **more: bool
) -> Signature:
    """A sign-on from an address; from no network at all for None."""
    person = make_person(email=email) if email else make_person()
    found = signing.sign(
        letter, make_command(person=person, caller=caller(address) if address else None, **more)
    )
    assert found is not None
    return found


def limit(per: LimitPer, span: int, most: int, letter: Letter | None = None) -> None:
    db.session.add(
        Limit(letter_id=letter.id if letter else None, per=per, span=span, most=most, changed_at=clock.now())
    )


def listed(verdict: Verdict, kind: AccessKind, pattern: str, letter: Letter | None = None) -> None:
    db.session.add(
        AccessRule(
            letter_id=letter.id if letter else None,
            verdict=verdict,
            kind=kind,
            pattern=pattern,
            created_at=clock.now(),
        )
    )


def waits(signature: Signature) -> timedelta:
    """How much later its confirmation mail leaves."""
    mail = db.session.scalars(
        select(Mail).where(Mail.letter_id == signature.letter_id).order_by(Mail.id.desc())
    )
    return next(iter(mail)).due_at - NOW


def test_a_sign_on_is_noted_by_keyed_hashes_alone(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    letter = make_letter()
    first, second = sign(letter, "2001:db8:5:6::7", "ana@example.org"), sign(letter, "2001:db8:5:9::1")
    db.session.commit()
    one, other = db.session.scalars(select(Sighting).order_by(Sighting.id)).all()
    assert (one.signature_id, one.letter_id, one.at) == (first.id, letter.id, NOW)
    assert first.representative is not None
    assert one.mailbox == first.representative.email_index
    assert one.wide == other.wide
    assert len({one.address, one.near, one.wide, other.address, other.near}) == 5
    for row in (one, other):
        kept = [row.address, row.near, row.wide, row.mailbox]
        assert all(len(value) == 64 and int(value, 16) for value in kept if value)
    said = caplog.text + str([e.details for e in db.session.scalars(select(AuditEntry))])
    assert "2001:db8" not in said
    assert one.near not in said
    assert second.flags == []


def test_the_same_address_under_another_key_hashes_differently(app: Flask) -> None:
    before = limits.keys_of(caller(), None)
    app.extensions["keyring"] = replace(app.extensions["keyring"], index_key=b"another key")
    after = limits.keys_of(caller(), None)
    assert before != after
    assert before.address != before.near


def test_addresses_of_one_network_count_together_and_what_is_over_is_slowed_and_looked_at(app: Flask) -> None:
    letter = make_letter()
    limit(LimitPer.NETWORK, 600, 3)
    found = [sign(letter, f"192.0.2.{n}") for n in range(5)]
    assert [s.flags for s in found] == [[], [], [], [Flag.LIMIT], [Flag.LIMIT]]
    assert waits(found[-1]) == timedelta(seconds=2 * 600 / 3)
    assert sign(letter, "198.51.100.1").flags == []
    assert waits(found[-1]) == timedelta(0)
    assert all(s.status is SignatureStatus.UNVERIFIED for s in found)


def test_a_wide_network_of_ipv6_has_a_limit_of_its_own(app: Flask) -> None:
    letter = make_letter()
    limit(LimitPer.NETWORK, 600, 2)
    flags = [sign(letter, f"2001:db8:5:{n}::1").flags for n in range(9)]
    assert flags == [[]] * 8 + [[Flag.LIMIT]]
    assert sign(letter, "2001:db8:6::1").flags == []


def test_a_limit_is_over_when_its_span_is(app: Flask, noon: time_machine.Traveller) -> None:
    letter = make_letter()
    limit(LimitPer.NETWORK, 600, 1)
    limit(LimitPer.NETWORK, 86_400, 2)
    assert [sign(letter).flags for _ in range(2)] == [[], [Flag.LIMIT]]
    noon.shift(601)
    assert sign(letter).flags == [Flag.LIMIT]  # the burst is forgotten, the day is not
    noon.shift(86_400)
    assert sign(letter).flags == []


def test_limits_by_letter_and_by_mailbox(app: Flask) -> None:
    letter, other = make_letter(), make_letter()
    limit(LimitPer.LETTER, 600, 2, letter)
    limit(LimitPer.MAILBOX, 600, 1)
    assert sign(letter, "192.0.2.1", "ana@example.org").flags == []
    assert sign(letter, "198.51.100.1", "Ana+again@example.org").flags == [Flag.LIMIT]
    assert sign(other, "192.0.2.1", "ana@example.org").flags == []
    assert sign(letter, "203.0.113.1").flags == [Flag.LIMIT]  # the letter's third
    assert sign(other, "203.0.113.1").flags == []


def test_what_came_by_other_ways_is_not_counted(app: Flask) -> None:
    letter = make_letter()
    limit(LimitPer.LETTER, 600, 1)
    assert [sign(letter, None).flags for _ in range(3)] == [[], [], []]
    assert db.session.scalar(select(func.count()).select_from(Sighting)) == 0


def test_callers_without_an_address_are_one_network(app: Flask) -> None:
    letter = make_letter()
    limit(LimitPer.NETWORK, 600, 1)
    assert [sign(letter, "garbage").flags for _ in range(2)] == [[], [Flag.LIMIT]]


@pytest.mark.parametrize(
    ("verdict", "kind", "pattern", "flags", "status"),
    [
        (Verdict.DENY, NETWORK, "192.0.2.0/24", [Flag.DENIED], SignatureStatus.HELD),
        (Verdict.DENY, DOMAIN, "*.example.org", [Flag.DENIED], SignatureStatus.HELD),
        (Verdict.ALLOW, NETWORK, "192.0.2.0/24", [], SignatureStatus.ACCEPTED),
        (Verdict.ALLOW, DOMAIN, "mail.example.org", [], SignatureStatus.ACCEPTED),
        (Verdict.ALLOW, DOMAIN, "example.org", [Flag.LIMIT], SignatureStatus.PENDING),
    ],
)
def test_the_lists_of_a_letter_that_accepts_by_itself(
    app: Flask, verdict: Verdict, kind: AccessKind, pattern: str, flags: list[str], status: SignatureStatus
) -> None:
    letter = make_letter(acceptance=Acceptance.AUTOMATIC)
    limit(LimitPer.MAILBOX, 600, 100)
    limit(LimitPer.NETWORK, 600, 1)
    listed(verdict, kind, pattern, letter)
    if verdict is Verdict.ALLOW:
        sign(letter)
    found = sign(letter, email="ana@mail.example.org")
    assert found.flags == flags
    confirming.verify(confirmation_of(found))
    assert found.status is status
    elsewhere = sign(make_letter(), email="ana@mail.example.org")
    assert elsewhere.flags == []


def test_what_fills_in_the_trap_is_held_after_its_confirmation(app: Flask) -> None:
    letter = make_letter(acceptance=Acceptance.AUTOMATIC)
    found = sign(letter, trapped=True)
    assert found.flags == [Flag.HONEYPOT]
    assert waits(found) == timedelta(0)
    confirming.verify(confirmation_of(found))
    assert found.status is SignatureStatus.HELD


def test_a_conference_behind_one_address_is_never_refused(app: Flask, noon: time_machine.Traveller) -> None:
    letter = make_letter(acceptance=Acceptance.AUTOMATIC)
    limit(LimitPer.NETWORK, 3600, 30, letter)
    found = []
    for _ in range(90):
        found.append(sign(letter, "198.51.100.200"))
        noon.shift(40)
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(Signature)) == 90
    assert db.session.scalar(select(func.count()).select_from(Mail)) == 90
    assert [s.flags for s in found] == [[]] * 30 + [[Flag.LIMIT]] * 60
    latest = db.session.scalar(select(func.max(Mail.due_at)))
    assert latest is not None
    assert latest <= clock.now() + timedelta(hours=1)
    for signature in found[28:32]:
        confirming.verify(confirmation_of(signature))
    assert [s.status for s in found[28:32]] == [SignatureStatus.ACCEPTED] * 2 + [SignatureStatus.PENDING] * 2


@pytest.mark.usefixtures("app_sqlite")
def test_counting_reads_an_index(app: Flask) -> None:
    letter = make_letter()
    keys = limits.keys_of(caller("2001:db8::1"), "a" * 64)
    asked: list[tuple[str, object]] = []

    def note(connection: object, cursor: object, statement: str, parameters: object, *rest: object) -> None:
        if "FROM sightings" in statement:
            asked.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    assert list(limits.beyond(letter.id, keys, NOW)) == []
    event.remove(db.engine, "before_cursor_execute", note)
    plans = [
        str(db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all())  # type: ignore[arg-type]
        for statement, parameters in asked
    ]
    assert len(plans) == 8
    for name in ("letter_id", "near", "wide", "mailbox"):
        assert sum(f"ix_sightings_{name}_at" in plan for plan in plans) == 2
