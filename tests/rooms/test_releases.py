"""Letting a letter go, on both databases: a preview, a second person or a delay, and no edit since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaign.audit.models import AuditEntry
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from campaign.dispatch import operations, preview, queries
from campaign.dispatch.fingerprint import fingerprint
from campaign.dispatch.models import Dispatch
from campaign.dispatch.operations import Choice
from campaign.dispatch.rules import Check, DispatchState, Progress
from campaign.dispatch.writing import Errand
from campaign.letters import operations as letters
from campaign.letters.drafting import write_down
from campaign.letters.drafts import AddresseeDraft
from campaign.letters.models import Letter
from campaign.letters.rules import Change, Circulation
from campaign.outbox.models import Mail
from tests.factories import ADDRESSEE, COORDINATOR, TEXT, make_draft, make_edition, make_user
from tests.rooms.dispatch_kit import (
    BY_HAND,
    COPIED,
    addressees,
    everybody,
    let_mails_be_due,
    let_time_come,
    proposed,
    ready,
    team,
)
from tests.servers import Sink

Work = Callable[[], int]


def acts() -> list[str]:
    """What is on record about releases, in order."""
    rows = select(AuditEntry.action).where(AuditEntry.action.like("dispatch.%")).order_by(AuditEntry.id)
    return list(db.session.scalars(rows))


def letters_in(sink: Sink) -> int:
    """How many mails went to addressees; news for the team is not among them."""
    return sum(not mail.rcpt_tos[0].startswith("user") for mail in sink.mails)


def test_a_second_person_lets_it_go(app: Flask, sink: Sink, work: Work) -> None:
    edition, (one, other) = ready(), team(2)
    sent = proposed(edition, one)
    assert sent.state is DispatchState.PROPOSED
    work()
    assert letters_in(sink) == 0
    assert {queries.progress(owed) for owed in sent.consignments} == {Progress.PROPOSED}
    with pytest.raises(NotAllowed):
        operations.approve(sent, fingerprint(edition), one)
    operations.approve(sent, fingerprint(edition), other)
    work()
    assert letters_in(sink) == 4
    assert (sent.state, sent.released_by, sent.proposed_by) == (DispatchState.LEFT, other.id, one.id)
    assert acts() == ["dispatch.proposed", "dispatch.released", "dispatch.left"]
    with pytest.raises(Conflict, match="waits for nobody"):
        operations.approve(sent, fingerprint(edition), other)


def test_the_team_is_told_what_waits_for_it(app: Flask, sink: Sink, work: Work) -> None:
    edition, (one, other, third) = ready(), team(3)
    sent = proposed(edition, one)
    work()
    asked = [mail for mail in sink.mails if "waits for a second person" in " ".join(mail.text.split())]
    assert len(asked) == 2
    operations.approve(sent, fingerprint(edition), other)
    work()
    told = [mail for mail in sink.mails if "A second person approved" in " ".join(mail.text.split())]
    assert len(told) == 2
    assert {mail.rcpt_tos[0] for mail in asked} != {mail.rcpt_tos[0] for mail in told}
    assert third.id


def test_who_is_alone_gets_time_to_take_it_back(app: Flask, sink: Sink, work: Work) -> None:
    edition, (alone,) = ready(release_delay=5), team(1)
    sent = proposed(edition, alone)
    assert sent.state is DispatchState.RELEASED
    assert sent.leaves_at is not None
    assert timedelta(minutes=4) < sent.leaves_at - clock.now() <= timedelta(minutes=5)
    work()
    assert letters_in(sink) == 0
    let_time_come(sent)
    work()
    assert letters_in(sink) == 4


def test_nothing_is_released_unseen(app: Flask) -> None:
    edition, (alone,) = ready(), team(1)
    for seen in ("", "0" * 64):
        with pytest.raises(Conflict, match="look at the preview"):
            operations.propose(edition, everybody(edition), seen, alone)
    with pytest.raises(InvalidInput, match="at least one"):
        operations.propose(edition, Choice(frozenset()), fingerprint(edition), alone)
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Dispatch)) == 0


def another_holder(letter: Letter) -> None:
    """Somebody else holds the office now."""
    letter.addressees[0].name, letter.addressees[0].salutation = "Wanda Example", "Dear Ms Example,"


def another_text(letter: Letter) -> None:
    """The letter is written anew."""
    draft = make_draft(slug=letter.slug, texts={"en": TEXT + " Please."}, addressees=(ADDRESSEE, COPIED))
    write_down(draft, Change.MINOR, COORDINATOR, Circulation.PUBLIC)


def another_copy(letter: Letter) -> None:
    """A Cc is somebody else's."""
    letter.addressees[1].copies[0].email = "elsewhere@example.org"


def another_host(letter: Letter) -> None:
    """Replies go elsewhere."""
    letter.hosts[0].contact = "elsewhere@example.org"


def another_reference(letter: Letter) -> None:
    """The letter's head says something else."""
    letter.reference = "ANOTHER/1"


def another_notice(letter: Letter) -> None:
    """Something is said of the letter that was not said before."""
    letter.notices = {"en": "This is said now."}


EDITS = [another_holder, another_text, another_copy, another_host, another_reference, another_notice]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_an_edit_before_approval_sends_the_second_person_back_to_the_preview(
    app: Flask, edit: Callable[[Letter], None]
) -> None:
    edition, (one, other) = ready(), team(2)
    sent, seen = proposed(edition, one), fingerprint(edition)
    edit(edition.letter)
    db.session.commit()
    for looked_at in (seen, fingerprint(edition)):
        with pytest.raises(Conflict, match="look at the preview"):
            operations.approve(sent, looked_at, other)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_an_edit_after_approval_voids_it(
    app: Flask, sink: Sink, work: Work, edit: Callable[[Letter], None]
) -> None:
    edition, (one, other) = ready(), team(2)
    at = clock.now() + timedelta(hours=2)
    sent = proposed(edition, one, Choice(everybody(edition).ticked, at))
    operations.approve(sent, fingerprint(edition), other)
    assert sent.leaves_at == at
    edit(edition.letter)
    let_time_come(sent)
    work()
    assert (letters_in(sink), sent.state) == (0, DispatchState.PROPOSED)
    assert acts()[-1] == "dispatch.voided"
    assert (
        sum("changed after its release was approved" in " ".join(mail.text.split()) for mail in sink.mails)
        == 2
    )
    operations.renew(sent, fingerprint(edition), one)
    assert sent.leaves_at is None, "a time that is over is forgotten"
    operations.approve(sent, fingerprint(edition), other)
    work()
    assert letters_in(sink) == 4


def test_signing_goes_on_and_voids_nothing(app: Flask, sink: Sink, work: Work) -> None:
    edition, (one, other) = ready(), team(2)
    sent = proposed(edition, one)
    letters.extend(edition.letter, clock.now() + timedelta(days=3), COORDINATOR)
    letters.close(edition.letter, COORDINATOR)
    operations.approve(sent, fingerprint(edition), other)
    work()
    assert letters_in(sink) == 4


def test_a_letter_that_was_withdrawn_meanwhile_does_not_leave(app: Flask, sink: Sink, work: Work) -> None:
    edition, (one, other) = ready(), team(2)
    sent = proposed(edition, one, Choice(everybody(edition).ticked, clock.now() + timedelta(hours=1)))
    operations.approve(sent, fingerprint(edition), other)
    letters.withdraw(edition.letter, "It was settled.", COORDINATOR)
    let_time_come(sent)
    work()
    assert (letters_in(sink), sent.state) == (0, DispatchState.CANCELLED)
    assert acts()[-1] == "dispatch.stopped"


def test_a_withdrawn_letter_is_not_tried_again(app: Flask, sink: Sink, work: Work) -> None:
    edition, (alone,) = ready(ADDRESSEE), team(1)
    sink.refuse["minister@example.org"] = "451 Later"
    sent = proposed(edition, alone)
    let_time_come(sent)
    work()
    letters.withdraw(edition.letter, "It was settled.", COORDINATOR)
    sink.refuse.clear()
    let_mails_be_due()
    work()
    assert letters_in(sink) == 0
    assert [queries.progress(owed) for owed in sent.consignments] == [Progress.CANCELLED]


def test_only_those_ticked_get_it(app: Flask, sink: Sink, work: Work) -> None:
    edition, (alone,) = ready(), team(1)
    first, second = addressees(edition)
    sent = proposed(edition, alone, Choice(frozenset({second.id})))
    let_time_come(sent)
    work()
    got = sorted(mail.rcpt_tos[0] for mail in sink.mails if not mail.rcpt_tos[0].startswith("user"))
    assert got == ["aide@example.org", "basim@example.org", "office@example.org"]
    shown = preview.preview(Errand(edition))
    assert [plan.addressee.id for plan in shown.open] == [first.id]
    with pytest.raises(Conflict, match="already"):
        operations.propose(edition, everybody(edition), fingerprint(edition), alone)


@pytest.mark.parametrize(
    ("minutes", "message"), [(-10, "is over"), (60 * 24 * 400, "more than a year")], ids=["past", "far"]
)
def test_a_time_that_cannot_be_is_refused(app: Flask, minutes: int, message: str) -> None:
    edition, (alone,) = ready(), team(1)
    choice = Choice(everybody(edition).ticked, clock.now() + timedelta(minutes=minutes))
    with pytest.raises(InvalidInput, match=message):
        operations.propose(edition, choice, fingerprint(edition), alone)


def test_a_proposal_can_be_taken_back_and_made_anew(app: Flask) -> None:
    edition, (one, other) = ready(), team(2)
    sent = proposed(edition, one)
    with pytest.raises(Conflict, match="already"):
        operations.propose(edition, everybody(edition), fingerprint(edition), other)
    db.session.rollback()
    assert operations.cancel(sent, other) == 4
    db.session.commit()
    with pytest.raises(Conflict):
        operations.renew(sent, fingerprint(edition), one)
    assert proposed(edition, other).state is DispatchState.PROPOSED


def test_a_missing_salutation_stops_it_at_the_desk_and_not_the_operator(app: Flask) -> None:
    edition, (alone,) = ready(AddresseeDraft("Dana Example", email="dana@example.org")), team(1)
    with pytest.raises(Conflict, match="impossible"):
        operations.propose(edition, everybody(edition), fingerprint(edition), alone)
    assert operations.release(edition, COORDINATOR).state is DispatchState.RELEASED


def test_words_go_before_a_list_and_are_looked_at(app: Flask) -> None:
    edition, (alone,) = ready(), team(1)
    ticked = everybody(edition).ticked
    for words in ("x" * 5001, "a\x07b"):
        with pytest.raises(InvalidInput):
            operations.propose(edition, Choice(ticked, covering=words), fingerprint(edition), alone)
    sent = proposed(edition, alone, Choice(ticked, covering="  Please read this first. "))
    assert sent.covering == "Please read this first."


def test_a_held_release_waits_until_somebody_has_compared(app: Flask, sink: Sink, work: Work) -> None:
    edition, (alone,) = ready(), team(1)
    sent = proposed(edition, alone)
    sent.state = DispatchState.HELD
    let_time_come(sent)
    work()
    assert letters_in(sink) == 0
    assert {queries.progress(owed) for owed in sent.consignments} == {Progress.HELD}
    operations.renew(sent, fingerprint(edition), alone)
    assert sent.state is DispatchState.RELEASED
    let_time_come(sent)
    work()
    assert letters_in(sink) == 4


def test_a_trial_goes_to_whoever_asked_and_counts_for_nothing(app: Flask, sink: Sink, work: Work) -> None:
    edition, user = ready(), make_user()
    addressee = addressees(edition)[1]
    operations.send_trial(edition, addressee.id, 0, user, COORDINATOR)
    work()
    (mail,) = sink.mails
    assert mail.rcpt_tos == [user.email]
    assert mail.message["Subject"].startswith("[Trial] Joint open letter")
    assert [a.addr_spec for a in mail.message["To"].addresses] == [user.email]
    assert mail.message["Cc"] is None
    assert next(mail.message.iter_attachments()).get_content().startswith(b"%PDF")
    assert queries.owed(edition.id) == set()
    assert queries.envelopes(edition.letter_id) == []
    assert acts() == ["dispatch.tried"]


def test_a_trial_of_what_is_not_there_is_no_mail(app: Flask, sink: Sink, work: Work) -> None:
    edition, user = ready(), make_user()
    operations.send_trial(edition, addressees(edition)[0].id, 7, user, COORDINATOR)
    work()
    assert sink.mails == []
    unprinted = make_edition(edition.letter, rendered=False)
    with pytest.raises(Conflict, match="no files"):
        operations.send_trial(unprinted, addressees(edition)[0].id, 0, user, COORDINATOR)


def test_what_is_edited_is_found_before_release(app: Flask) -> None:
    edition = ready()
    another_holder(edition.letter)
    edition.letter.addressees[1].copies = []
    db.session.commit()
    newcomer = AddresseeDraft("Nadia Example", email="nadia@example.org", salutation="Dear Nadia,")
    draft = make_draft(slug=edition.letter.slug, addressees=(*_as_written(edition.letter), newcomer))
    write_down(draft, None, COORDINATOR, Circulation.PUBLIC)
    db.session.commit()
    found = {finding.check: finding.about for finding in preview.preview(Errand(edition)).findings}
    assert found[Check.CHANGED] == "Wanda Example"
    assert found[Check.NOT_INSIDE] == "Nadia Example"


def _as_written(letter: Letter) -> tuple[AddresseeDraft, ...]:
    return tuple(
        AddresseeDraft(a.name, title=a.title, email=a.email, salutation=a.salutation)
        for a in letter.addressees
    )


def test_a_task_waits_for_its_time_too(app: Flask, work: Work) -> None:
    edition, (alone,) = ready(BY_HAND), team(1)
    sent = proposed(edition, alone)
    (task,) = sent.consignments
    assert queries.progress(task) is Progress.WAITING
    let_time_come(sent)
    work()
    assert queries.progress(task) is Progress.TO_DO
    assert db.session.scalar(select(func.count()).select_from(Mail).where(Mail.kind == "letter")) == 0


def test_other_letters_releases_are_not_found(app: Flask) -> None:
    edition, (alone,) = ready(), team(1)
    sent = proposed(edition, alone)
    assert queries.dispatch(edition.letter_id, sent.id, lock=True) is sent
    with pytest.raises(NotFound):
        queries.dispatch(edition.letter_id + 1, sent.id)
