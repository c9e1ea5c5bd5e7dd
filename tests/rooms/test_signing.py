"""Signing on both databases: from the form to the list, and the figures after each decision."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select, update

from campaign.audit.models import AuditEntry
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, Gone, InvalidInput, NotFound
from campaign.letters import operations as letters
from campaign.letters.models import Letter
from campaign.letters.rules import Acceptance, Visibility
from campaign.organisations.models import Organisation
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState
from campaign.signing import confirming, following, moderation, queries, queues, tasks
from campaign.signing import operations as signing
from campaign.signing.models import Confirmation, Consent, Signature
from campaign.signing.reconcile import differences
from campaign.signing.rules import Evidence, Purpose, SignatureStatus
from campaign.tally.queries import letter_figures
from tests.factories import (
    COORDINATOR,
    confirmation_of,
    make_command,
    make_letter,
    make_listing,
    make_person,
    make_signature,
    token_of,
)
from tests.rooms.following_kit import expire, remind

S = SignatureStatus
DEADLINE = datetime(2020, 3, 1, 12, 0, tzinfo=UTC)


def count(letter: Letter) -> int:
    """The public figure, which is what the list says."""
    db.session.flush()
    assert differences(letter.id) == {}
    return letter_figures(letter.id).signatories


def test_a_form_becomes_an_unverified_signature_that_owes_a_mail(app: Flask) -> None:
    letter = make_letter()
    command = make_command(make_listing(organisation="  Voice\u200b for  Peace "), language="ar")
    signature = signing.sign(letter, command)
    assert signature is not None
    db.session.commit()
    assert (signature.status, signature.name, signature.typed_name) == (
        S.UNVERIFIED,
        "Voice for Peace",
        "Voice for Peace",
    )
    assert (signature.organisation_id, signature.text_version_id) == (None, letter.text_version_id)
    assert count(letter) == 0
    mail = db.session.scalars(select(Mail)).one()
    assert (mail.kind, mail.locale, mail.recipient) == ("confirmation", "ar", command.person.email)
    assert mail.arguments == [confirmation_of(signature).id]
    said = {c.purpose: (c.wording, c.language) for c in db.session.scalars(select(Consent))}
    assert said == {Purpose.ATTESTATION: ("I may sign.", "ar"), Purpose.CONSENT: ("I agree.", "ar")}


def test_the_same_form_twice_is_one_signature(app: Flask) -> None:
    letter, command = make_letter(), make_command()
    assert signing.sign(letter, command) is not None
    db.session.commit()
    assert signing.sign(letter, command) is None
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(Signature)) == 1
    assert db.session.scalar(select(func.count()).select_from(Mail)) == 1


@pytest.mark.parametrize(
    ("missing", "field"), [(Purpose.ATTESTATION, "authorised"), (Purpose.CONSENT, "consent")]
)
def test_both_statements_need_a_yes(app: Flask, missing: Purpose, field: str) -> None:
    wordings = {p: "Yes." for p in (Purpose.ATTESTATION, Purpose.CONSENT) if p is not missing}
    with pytest.raises(InvalidInput) as refusal:
        signing.sign(make_letter(), make_command(wordings=wordings))
    assert refusal.value.field == field


def test_without_a_mailbox_nothing_can_be_confirmed(app: Flask) -> None:
    with pytest.raises(InvalidInput) as refusal:
        signing.sign(make_letter(), make_command(person=make_person(email=None)))
    assert refusal.value.field == "email"


def test_a_role_that_is_too_long_is_refused(app: Flask) -> None:
    with pytest.raises(InvalidInput) as refusal:
        signing.sign(make_letter(), make_command(person=make_person(role="x" * 121)))
    assert refusal.value.field == "role"


def test_a_closed_or_paused_letter_takes_no_signature(app: Flask) -> None:
    letter = make_letter()
    letters.pause(letter, True, COORDINATOR)
    with pytest.raises(Conflict):
        signing.sign(letter, make_command())
    letters.pause(letter, False, COORDINATOR)
    letters.close(letter, COORDINATOR)
    with pytest.raises(Gone):
        signing.sign(letter, make_command())


def test_verifying_identifies_the_organisation_and_asks_the_desk(app: Flask) -> None:
    letter = make_letter()
    signature = make_signature(letter, S.UNVERIFIED, organisation="Voice for Peace")
    confirming.verify(queries.confirmation(token_of(signature)))
    db.session.commit()
    assert (signature.status, signature.evidence) == (S.PENDING, Evidence.MAILBOX)
    assert signature.confirmed_at is not None
    assert signature.organisation is not None
    assert signature.organisation.name == "Voice for Peace"
    assert count(letter) == 0
    assert [s.id for s in queues.waiting(letter.id).rows] == [signature.id]


def test_verifying_twice_changes_nothing(app: Flask) -> None:
    signature = make_signature(make_letter(), S.UNVERIFIED)
    confirmation = confirmation_of(signature)
    confirming.verify(confirmation)
    db.session.commit()
    moment = signature.confirmed_at
    assert confirming.verify(confirmation).id == signature.id
    db.session.commit()
    assert (signature.status, signature.confirmed_at) == (S.PENDING, moment)


def test_an_organisation_stands_on_several_letters(app: Flask) -> None:
    first, second = (make_signature(make_letter(), organisation="Voice for Peace") for _ in range(2))
    assert first.organisation_id == second.organisation_id
    assert db.session.scalar(select(func.count()).select_from(Organisation)) == 1


def test_a_strangers_typing_blocks_nobody(app: Flask) -> None:
    letter = make_letter()
    make_signature(letter, S.UNVERIFIED, organisation="Voice for Peace")
    assert make_signature(letter, S.PENDING, organisation="Voice for Peace").status is S.PENDING


def test_the_signatory_spells_its_name_before_confirming(app: Flask) -> None:
    signature = make_signature(make_letter(), S.UNVERIFIED, organisation="Voise for Peace")
    confirming.verify(confirmation_of(signature), " Voice for Peace ")
    db.session.commit()
    assert (signature.name, signature.typed_name) == ("Voice for Peace", "Voise for Peace")
    assert signature.row_key.startswith("voice for peace@")
    other = make_signature(make_letter(), S.UNVERIFIED)
    with pytest.raises(InvalidInput):
        confirming.verify(confirmation_of(other), "x" * 201)


def test_a_letter_that_accepts_by_itself(app: Flask) -> None:
    letter = make_letter(acceptance=Acceptance.AUTOMATIC)
    signature = make_signature(letter, S.UNVERIFIED)
    confirming.verify(confirmation_of(signature))
    db.session.commit()
    assert (signature.status, count(letter)) == (S.ACCEPTED, 1)
    act = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "signature.accepted")).one()
    assert act.actor_kind.value == "setting"


@pytest.mark.parametrize(("hours", "counts"), [(-1, True), (1, True), (47.9, True), (48.1, False)])
@pytest.mark.parametrize("closed", [False, True])
def test_a_confirmation_counts_for_48_hours_after_the_deadline(
    app: Flask, hours: float, counts: bool, closed: bool
) -> None:
    with time_machine.travel(DEADLINE - timedelta(days=1), tick=False) as clocks:
        letter = make_letter(deadline=DEADLINE)
        signature = make_signature(letter, S.UNVERIFIED)
        if closed:
            letters.close(letter, COORDINATOR)
        clocks.move_to(DEADLINE + timedelta(hours=hours))
        if counts:
            assert confirming.verify(confirmation_of(signature)).status is S.PENDING
        else:
            with pytest.raises(Gone):
                confirming.verify(confirmation_of(signature))


def test_what_nobody_can_confirm_any_more_expires(app: Flask) -> None:
    with time_machine.travel(DEADLINE - timedelta(days=1), tick=False) as clocks:
        letter = make_letter(deadline=DEADLINE)
        signature = make_signature(letter, S.UNVERIFIED)
        clocks.move_to(DEADLINE + timedelta(hours=47))
        assert expire(clock.now()) == 0
        clocks.move_to(DEADLINE + timedelta(hours=49))
        assert expire(clock.now()) == 1
        assert signature.status is S.EXPIRED
        with pytest.raises(Gone):
            confirming.verify(confirmation_of(signature))


def test_who_confirms_while_others_expire_has_confirmed(app: Flask) -> None:
    with time_machine.travel(DEADLINE - timedelta(days=1), tick=False) as clocks:
        letter = make_letter(deadline=DEADLINE)
        first, second = (make_signature(letter, S.UNVERIFIED) for _ in range(2))
        clocks.move_to(DEADLINE + timedelta(hours=49))
        (ids,) = following.overdue(clock.now())
        assert ids == [first.id, second.id]
        confirmed = update(Signature).where(Signature.id == first.id).values(status=S.SUPERSEDED)
        db.session.execute(confirmed, execution_options={"synchronize_session": False})
        assert following.expire(ids) == 1
        db.session.expire_all()
        assert (first.status, second.status) == (S.SUPERSEDED, S.EXPIRED)


@pytest.mark.parametrize("work", ["remind", "expire"])
def test_a_worker_that_stops_loses_a_slice_and_nobody_is_reminded_twice(
    app: Flask, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    with time_machine.travel(DEADLINE - timedelta(days=10), tick=False) as clocks:
        letter = make_letter(deadline=DEADLINE)
        monkeypatch.setattr(following, "SLICE", 2)
        rows = [make_signature(letter, S.UNVERIFIED) for _ in range(5)]
        clocks.move_to(DEADLINE + (timedelta(days=-7) if work == "remind" else timedelta(days=7)))
        plain, called = getattr(following, work), []

        def stop_in_the_second(*arguments: object) -> int:
            called.append(plain(*arguments))
            if len(called) == 2:
                raise KeyboardInterrupt
            return called[-1]

        monkeypatch.setattr(following, work, stop_in_the_second)
        with pytest.raises(KeyboardInterrupt):
            tasks.follow_up()
        db.session.rollback()
        assert called == [2, 2]
        assert [s.reminded_at is not None or s.status is S.EXPIRED for s in rows] == [True] * 2 + [False] * 3
        tasks.follow_up()
        assert called == [2, 2, 2, 1]
        reminded = db.session.scalars(select(Mail.recipient).where(Mail.kind == "reminder")).all()
        addresses = [s.representative.email for s in rows if s.representative]
        assert sorted(reminded) == sorted(addresses if work == "remind" else [])


def test_reminders_are_owed_once_each(app: Flask) -> None:
    with time_machine.travel(DEADLINE - timedelta(days=10), tick=False) as clocks:
        signature = make_signature(make_letter(deadline=DEADLINE), S.UNVERIFIED)
        owed = []
        for before_deadline in (9, 8, 7, 1, 0.5, -0.1):
            clocks.move_to(DEADLINE - timedelta(days=before_deadline))
            owed.append(remind(clock.now()))
            db.session.commit()
            for mail in db.session.scalars(select(Mail).where(Mail.state == MailState.QUEUED)):
                mail.state, mail.finished_at = MailState.ACCEPTED, clock.now()
    assert owed == [0, 1, 0, 1, 0, 0]
    kinds = [mail.kind for mail in db.session.scalars(select(Mail).order_by(Mail.id))]
    assert kinds == ["confirmation", "reminder", "reminder"]
    asked = select(func.count()).where(Confirmation.signature_id == signature.id)
    assert db.session.scalar(asked) == 1


def test_a_replaced_link_is_gone_and_the_new_one_works(app: Flask) -> None:
    signature = make_signature(make_letter(), S.UNVERIFIED)
    old = confirmation_of(signature)
    moderation.correct_address(signature, "right@example.org", COORDINATOR)
    db.session.commit()
    with pytest.raises(Gone, match="newer link"):
        confirming.verify(old)
    db.session.rollback()
    confirming.verify(confirmation_of(signature))
    assert signature.status is S.PENDING
    newest = db.session.scalars(select(Mail).order_by(Mail.id.desc())).first()
    assert newest is not None
    assert newest.recipient == "right@example.org"
    with pytest.raises(Conflict):
        moderation.send_again(signature, COORDINATOR)


def test_a_second_link_to_the_same_sign_on_works_too(app: Flask) -> None:
    signature = make_signature(make_letter(), S.UNVERIFIED)
    first = confirmation_of(signature)
    moderation.send_again(signature, COORDINATOR)
    db.session.commit()
    confirming.verify(first)
    db.session.commit()
    with pytest.raises(Gone):
        confirming.verify(confirmation_of(signature))


@pytest.mark.parametrize("visibility", [Visibility.ADDRESSEES, Visibility.UNNAMED])
def test_those_not_public_are_counted_without_their_country(app: Flask, visibility: Visibility) -> None:
    letter = make_letter()
    make_signature(letter, visibility=visibility)
    shown = letter_figures(letter.id)
    assert (shown.signatories, shown.withheld_country, shown.countries) == (1, 1, 0)


def test_a_signature_is_found_on_its_own_letter_only(app: Flask) -> None:
    signature = make_signature(make_letter())
    with pytest.raises(NotFound):
        queries.signature(make_letter().id, signature.id)
    with pytest.raises(NotFound):
        queries.confirmation("a token nobody was sent")
    assert [s.id for s in queries.decided(signature.letter_id)] == [signature.id]
    assert queries.totals(signature.letter_id) == {S.ACCEPTED: 1}
    assert not queues.unconfirmed(signature.letter_id).rows
