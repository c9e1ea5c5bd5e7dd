"""What is deleted by itself, on both databases: what is due and only that, in slices, counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaign.accounts.models import LoginAttempt
from campaign.audit.models import AuditEntry
from campaign.audit.rules import OPERATOR, SIGNATORY
from campaign.care import retention, tasks
from campaign.care.erasure import MAKE_SURE, erase
from campaign.core import clock
from campaign.core.db import Base, db
from campaign.editions.models import EditionEntry
from campaign.editions.soundness import flaws
from campaign.jobs.models import Job
from campaign.letters import operations as letters
from campaign.letters.models import Letter
from campaign.letters.rules import Visibility
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState
from campaign.signing.models import Consent, Import, Representative, Sighting, Signature, SignatureLink
from campaign.signing.rules import ImportState, SignatureStatus
from config import Retention
from tests.factories import COORDINATOR, make_edition, make_letter, make_signature
from tests.rooms.care_kit import MAILBOX, NOTE, PERSON, found_in_tables, make_canary
from tests.rooms.dispatch_kit import released

DAYS = Retention(unconfirmed=14, contacts=30, network=14, logins=14, mails=30, imports=7, links=30)
S = SignatureStatus
WHATS = ("unconfirmed", "contacts", "notes", "network", "logins", "mails", "imports", "links")


def due(days_from_now: float = 0) -> dict[str, int]:
    """What would be deleted then."""
    now = clock.now() + timedelta(days=days_from_now)
    return {duty.what: retention.count(duty) for duty in retention.duties(DAYS, now)}


def deleted(days_from_now: float) -> dict[str, int]:
    """What is deleted then."""
    now, done = clock.now() + timedelta(days=days_from_now), {}
    for duty in retention.duties(DAYS, now):
        done[duty.what] = 0
        while number := retention.perform(duty):
            done[duty.what] += number
        db.session.commit()
    return done


def rows(model: type[Base]) -> int:
    """How many there are."""
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def closed(letter: Letter) -> None:
    """Closed now, and its unconfirmed sign-ons over."""
    letters.close(letter, COORDINATOR)
    for signature in db.session.scalars(select(Signature).where(Signature.status == S.UNVERIFIED)):
        signature.status = S.EXPIRED
    db.session.commit()


def test_what_nobody_confirmed_goes_after_closing(app: Flask) -> None:
    letter = make_letter()
    make_canary(letter, S.UNVERIFIED)
    standing = make_signature(letter)
    closed(letter)
    assert due(13.9)["unconfirmed"] == 0
    assert deleted(14.1)["unconfirmed"] == 1
    assert db.session.scalars(select(Signature)).all() == [standing]
    assert found_in_tables([PERSON, MAILBOX]) == []
    assert due(14.1)["unconfirmed"] == 0


def test_while_a_letter_is_open_it_waits_and_not_for_ever(app: Flask) -> None:
    deadline = clock.now() + timedelta(days=100)
    with_end, without = make_letter(deadline=deadline), make_letter()
    make_signature(with_end, S.UNVERIFIED)
    make_signature(without, S.UNVERIFIED)
    make_signature(without)
    assert (due(43)["unconfirmed"], due(45)["unconfirmed"]) == (0, 1)
    deleted(45)
    assert rows(Signature) == 2


def test_contacts_go_after_archiving_and_the_list_stays(app: Flask) -> None:
    letter, other = make_letter(), make_letter()
    signature, elsewhere = make_canary(letter, visibility=Visibility.PUBLIC), make_signature(other)
    edition = make_edition(letter)
    letters.close(letter, COORDINATOR)
    db.session.commit()
    assert due(1000)["contacts"] == 0
    letters.archive(letter, COORDINATOR)
    db.session.commit()
    assert due(29.9)["contacts"] == 0
    done = deleted(30.1)
    assert (done["contacts"], done["notes"]) == (1, 1)
    assert found_in_tables([PERSON, NOTE]) == []
    assert (signature.status, signature.erased_at) == (S.ACCEPTED, None)
    assert db.session.scalars(select(Representative)).all() == [elsewhere.representative]
    assert flaws(edition) == [] and edition.redacted_at is None
    # What was agreed to stands for as long as the name does.
    assert all(row.wording for row in db.session.scalars(select(Consent)))


def test_a_withdrawn_letter_counts_as_archived(app: Flask) -> None:
    letter = make_letter()
    make_signature(letter)
    make_signature(letter, S.UNVERIFIED)
    letters.withdraw(letter, "The harbour is open.", COORDINATOR)
    db.session.commit()
    assert letter.closed_at is not None and letter.archived_at is not None
    assert due(30.1)["contacts"] == 2


def test_traces_and_tries_are_kept_for_their_days(app: Flask) -> None:
    make_canary(make_letter())
    db.session.add(LoginAttempt(at=clock.now(), mailbox="a" * 64, network="b" * 64, succeeded=False))
    db.session.commit()
    assert (due(13.9)["network"], due(13.9)["logins"]) == (0, 0)
    done = deleted(14.1)
    assert (done["network"], done["logins"]) == (1, 1)
    assert (rows(Sighting), rows(LoginAttempt)) == (0, 0)


@pytest.mark.parametrize("state", list(MailState))
def test_mails_to_signatories_go_when_they_are_done_with(app: Flask, state: MailState) -> None:
    make_signature(make_letter(), S.UNVERIFIED)
    (mail,) = db.session.scalars(select(Mail)).all()
    waits = state in (
        MailState.QUEUED,
        MailState.CLAIMED,
        MailState.SUBMITTING,
        MailState.DEFERRED,
        MailState.HELD,
    )
    mail.state, mail.finished_at = state, None if waits else clock.now()
    db.session.commit()
    assert due(29.9)["mails"] == 0
    assert due(30.1)["mails"] == int(not waits)


def test_letters_to_addressees_stay(app: Flask) -> None:
    letter = make_letter()
    make_signature(letter)
    sent = released(make_edition(letter))
    mails = [owed.mail for owed in sent.consignments]
    for mail in mails:
        assert mail is not None
        mail.state, mail.finished_at = MailState.ACCEPTED, clock.now()
    db.session.commit()
    deleted(1000)
    assert rows(Mail) >= len(mails) > 0
    assert all(owed.mail is not None for owed in sent.consignments)


@pytest.mark.parametrize("state", list(ImportState))
def test_a_sheet_that_nobody_imported_is_given_up(app: Flask, state: ImportState) -> None:
    kept = Import(
        letter_id=make_letter().id,
        filename="sheet.csv",
        sha256="a" * 64,
        content=b"encrypted",
        mapping={},
        settings={},
        report={},
        state=state,
        created_at=clock.now(),
    )
    db.session.add(kept)
    db.session.commit()
    assert due(6.9)["imports"] == 0
    deleted(7.1)
    db.session.refresh(kept)
    assert kept.content is None
    assert kept.state is (ImportState.CANCELLED if state is ImportState.UPLOADED else state)


def test_links_go_some_time_after_they_ended(app: Flask) -> None:
    make_canary(make_letter())
    links = db.session.scalars(select(SignatureLink)).all()
    assert due(30.1)["links"] == 0  # a link lives for 30 days
    assert due(60.1)["links"] == len(links)
    links[0].revoked_at = clock.now()
    db.session.commit()
    assert due(30.1)["links"] == 1
    assert deleted(60.1)["links"] == len(links)


def test_it_works_in_slices_and_records_counts_only(
    app: Flask, work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "SLICE", 2)
    letter = make_letter()
    for _ in range(5):
        make_signature(letter, S.UNVERIFIED)
    closed(letter)
    letter.closed_at = clock.now() - timedelta(days=15)
    db.session.commit()
    committed = []
    perform = retention.perform

    def counted(duty: retention.Duty) -> int:
        number = perform(duty)
        committed.append(number)
        return number

    monkeypatch.setattr(retention, "perform", counted)
    tasks.tidy()
    assert [number for number in committed if number] == [2, 2, 1]
    (noted,) = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "retention.done"))
    assert noted.details == {"unconfirmed": 5}
    tasks.tidy()
    assert db.session.scalar(select(func.count()).where(AuditEntry.action == "retention.done")) == 1


def test_the_worker_does_it_once_a_day(app: Flask, work: Callable[[], int]) -> None:
    work()
    names = db.session.scalars(select(Job.name).where(Job.name == "campaign.care.tasks.tidy")).all()
    assert len(names) == 1


def test_an_edition_frozen_in_the_very_moment_of_an_erasure_is_found_later(app: Flask) -> None:
    letter = make_letter()
    signature = make_canary(letter, visibility=Visibility.PUBLIC)
    edition = make_edition(letter)
    entry = db.session.scalars(select(EditionEntry).where(EditionEntry.payload.contains("Quokka"))).one()
    told = (entry.salt, entry.payload)
    erase(signature, SIGNATORY)
    db.session.commit()
    (job,) = db.session.scalars(select(Job).where(Job.name == MAKE_SURE))
    assert job.arguments == [signature.id]
    entry.salt, entry.payload = told  # as a freeze that was under way would have written it
    db.session.commit()
    tasks.make_sure(signature.id)
    assert found_in_tables(["Quokka"]) == []
    assert edition.redacted_at is not None
    entry.salt, entry.payload = told
    db.session.commit()
    tasks.tidy()
    assert found_in_tables(["Quokka"]) == []


def test_the_plan_of_a_letter(app: Flask) -> None:
    letter = make_letter()
    assert retention.plan(letter, DAYS) == {"unconfirmed": None, "contacts": None}
    letter.deadline = at = datetime.fromisoformat("2030-01-01T12:00:00+00:00")
    letter.archived_at = at
    assert retention.plan(letter, DAYS) == {
        "unconfirmed": at + timedelta(days=14),
        "contacts": at + timedelta(days=30),
    }
    assert tuple(due()) == WHATS
    assert retention.note({}, OPERATOR) is None
