"""A changed letter and its signatories: who is asked, what an answer does, and what silence means."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, Gone, InvalidInput
from campaign.letters import operations as letters
from campaign.letters.drafts import AddresseeDraft
from campaign.letters.models import Letter
from campaign.letters.rules import Circulation, Silence, Visibility
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState
from campaign.signing import asking, confirming, consenting, queries, reconfirming, tasks
from campaign.signing import operations as signing
from campaign.signing.links import make_link
from campaign.signing.models import Consent
from campaign.signing.rules import LinkPurpose, Purpose, SignatureStatus
from campaign.signing.versions import Given, given_to
from tests.factories import (
    COORDINATOR,
    ROUTES,
    TEXT,
    confirmation_of,
    make_command,
    make_letter,
    make_signature,
)
from tests.rooms.text_kit import (
    OTHER,
    acts,
    agree,
    ask,
    by_phone,
    correct,
    count,
    mailed,
    questions_to,
    revise,
    written,
    yes,
)

_S = SignatureStatus
MONDAY = datetime(2030, 2, 4, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PORT = AddresseeDraft("Basim Example", body="Port Office", email="port@example.org")


@pytest.fixture(autouse=True)
def traveller() -> Iterator[time_machine.Traveller]:
    """The clock stands still on a Monday, until a test moves it."""
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


def test_every_live_signature_is_asked_once_and_no_other(app: Flask) -> None:
    letter = make_letter()
    made = {status: make_signature(letter, status) for status in ROUTES}
    by_phone(letter)
    version = revise(letter)
    assert ask() == 4
    asked = {status for status, signature in made.items() if questions_to(signature)}
    assert asked == {_S.PENDING, _S.HELD, _S.QUERIED, _S.ACCEPTED}
    emails = [made[s].representative.email for s in asked]  # type: ignore[union-attr]
    assert mailed() == sorted(map(str, emails))
    assert ask() == 0
    assert acts("signatures.asked") == [{"number": version.number, "new": 4}]


def test_many_are_asked_in_slices_and_a_stop_in_between_repeats_none(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "SLICE", 2)
    letter = make_letter()
    for _ in range(5):
        make_signature(letter)
    revise(letter)
    assert [tasks.keep_asking() for _ in range(4)] == [2, 2, 1, 0]
    assert len(set(mailed())) == len(mailed()) == 5
    with pytest.raises(RuntimeError):
        _stopped_while_asking(letter, monkeypatch)
    assert len(mailed()) == 5


def _stopped_while_asking(letter: Letter, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker dies in the middle of a slice: its transaction is gone with it."""
    make_signature(letter, _S.ACCEPTED)
    revise(letter, texts={"en": "Once more."})

    def die(*_args: object, **_more: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(asking, "record", die)
    try:
        tasks.keep_asking()
    finally:
        db.session.rollback()


def test_a_coordinators_reminder_leaves_out_whose_newest_mail_came_back(
    app: Flask, traveller: time_machine.Traveller
) -> None:
    letter = make_letter()
    silent, lost, reached = (make_signature(letter) for _ in range(3))
    version = revise(letter)
    ask()
    for signature, state in ((lost, MailState.BOUNCED), (reached, MailState.REFUSED)):
        (link,) = questions_to(signature)
        for mail in db.session.scalars(select(Mail).where(Mail.builder == asking.QUESTION)):
            mail.state = state if mail.arguments == [link.id] else mail.state
    make_link(reached, LinkPurpose.RECONFIRM, text_version_id=version.id)  # a newer mail is under way
    db.session.commit()
    assert list(db.session.scalars(asking.came_back(version))) == [lost.id]
    traveller.shift(2 * DAY)
    assert asking.remind_all(version, COORDINATOR) == 1
    assert asking.remind_again(version, clock.now(), COORDINATOR) == 2
    assert [len(questions_to(s)) for s in (silent, lost, reached)] == [2, 1, 3]


def test_the_mail_says_what_changed_until_when_and_what_silence_means(app: Flask) -> None:
    letter = make_letter(
        titles={"en": "Open the harbour", "ar": "افتحوا الميناء"},
        texts={"en": TEXT, "ar": "نطلب فتح الميناء."},
    )
    english = make_signature(letter)
    arabic = make_signature(letter, command=make_command(language="ar"))
    texts = {"en": OTHER["en"], "ar": "نطلب إغلاق الميناء."}
    revise(letter, "It asks for <the opposite>.", texts=texts, titles=letter.titles)
    ask()
    mails = {
        m.locale: written(m) for m in db.session.scalars(select(Mail).where(Mail.builder == asking.QUESTION))
    }
    text = " ".join(mails["en"].text.split())
    for words in (
        "It asks for <the opposite>.",
        "Before: We, [how many have signed] from [how many countries], ask you to open",
        "ask you to close the harbour.",
        "11 February 2030",
        "taken off the list",
        f"/letters/{letter.slug}/history",
    ):
        assert words in text, words
    assert "It asks for &lt;the opposite&gt;." in mails["en"].html
    assert "/reconfirm/" in mails["en"].text.strip().splitlines()[-1]
    assert "نطلب إغلاق الميناء." in mails["ar"].text
    assert 'dir="rtl"' in mails["ar"].html
    assert english.language != arabic.language


def test_a_question_that_was_answered_or_replaced_is_not_mailed_any_more(app: Flask) -> None:
    letter = make_letter()
    signature, gone = make_signature(letter), make_signature(letter)
    revise(letter)
    ask()
    first, second = db.session.scalars(select(Mail).where(Mail.builder == asking.QUESTION).order_by(Mail.id))
    signing.withdraw(gone, COORDINATOR)
    assert written(second) is None
    assert written(first) is not None
    agree(signature)
    assert written(first) is None


def test_a_yes_is_kept_with_its_words_and_moves_no_figure(
    app: Flask, traveller: time_machine.Traveller
) -> None:
    letter = make_letter()
    signature = make_signature(letter, visibility=Visibility.ADDRESSEES)
    first = letter.text_version_id
    version = revise(letter)
    ask()
    traveller.shift(HOUR)
    for _ in range(2):
        agree(signature)
    assert (signature.text_version_id, signature.agreed_version_id) == (first, version.id)
    assert (signature.status, count(letter), signature.shown_at) == (_S.ACCEPTED, 1, clock.now())
    said = db.session.scalars(select(Consent).where(Consent.purpose == Purpose.RECONFIRMATION)).one()
    assert (said.wording, said.language, said.text_version_id) == ("We still sign.", "en", version.id)
    assert (said.readers, said.given_at) == (["Minister"], clock.now())
    assert given_to(signature) == Given(1, "en", agreed=2)
    assert len(acts("signature.agreed")) == 1


def test_a_no_takes_the_signature_off(app: Flask) -> None:
    letter = make_letter()
    signature = make_signature(letter)
    revise(letter)
    ask()
    reconfirming.refuse(questions_to(signature)[-1], signature)
    assert (signature.status, count(letter)) == (_S.WITHDRAWN, 0)
    with pytest.raises(Gone):
        agree(signature)


def test_a_no_takes_back_what_was_agreed_to(app: Flask) -> None:
    letter = make_letter()
    signature = make_signature(letter)
    consenting.want_updates(signature, True, "Write to me.", "en")
    revise(letter)
    ask()
    reconfirming.refuse(questions_to(signature)[-1], signature)
    db.session.commit()
    assert not consenting.wants_updates(signature.id)
    standing = [row.purpose for row in queries.consents(signature.id) if row.withdrawn_at is None]
    assert standing == [Purpose.ATTESTATION]


def test_a_yes_to_an_older_page_is_not_one_to_the_newest(app: Flask) -> None:
    letter = make_letter()
    signature = make_signature(letter)
    revise(letter)
    ask()
    stale = yes(letter)
    revise(letter, texts={"en": "Once more."})
    with pytest.raises(Conflict):
        reconfirming.agree(questions_to(signature)[-1], signature, stale)


def test_a_signature_given_to_the_new_text_is_not_asked(app: Flask) -> None:
    letter = make_letter()
    revise(letter)
    correct(letter, texts={"en": OTHER["en"] + " Please."})
    signature = make_signature(letter)
    assert ask() == 0
    assert given_to(signature) == Given(3, "en")


def test_a_slip_corrected_asks_nobody_and_a_yes_is_to_the_text_as_it_reads(app: Flask) -> None:
    letter = make_letter()
    signature = make_signature(letter)
    correct(letter, texts={"en": TEXT + " Please."})
    assert ask() == 0
    revise(letter)
    third = correct(letter, texts={"en": OTHER["en"] + " Please."})
    assert ask() == 1
    agree(signature)
    assert signature.agreed_version_id == third.id


def test_who_has_not_answered_is_reminded_once_before_the_date(
    app: Flask, traveller: time_machine.Traveller
) -> None:
    letter = make_letter()
    silent, agreed = make_signature(letter), make_signature(letter)
    revise(letter)
    ask()
    agree(agreed)
    traveller.shift(5 * DAY - HOUR)
    ask()
    assert mailed(asking.REMINDER) == []
    traveller.shift(HOUR)
    ask()
    ask()
    assert mailed(asking.REMINDER) == [silent.representative.email]  # type: ignore[union-attr]
    assert len(questions_to(silent)) == 2


def test_a_coordinator_reminds_again_within_bounds(app: Flask, traveller: time_machine.Traveller) -> None:
    letter = make_letter(silence=Silence.KEPT)
    signature, version = make_signature(letter), revise(letter)
    ask()
    for _ in range(6):
        tasks.remind_again(version.id)
        tasks.remind_again(version.id)
        traveller.shift(DAY)
    assert len(questions_to(signature)) == 4


def test_whoever_confirms_stands_under_what_the_page_showed(app: Flask) -> None:
    letter = make_letter()
    shown, unshown = make_signature(letter, _S.UNVERIFIED), make_signature(letter, _S.UNVERIFIED)
    version = revise(letter)
    confirming.verify(confirmation_of(shown), seen=version.id)
    confirming.verify(confirmation_of(unshown))
    db.session.commit()
    assert ask() == 1
    assert (len(questions_to(shown)), len(questions_to(unshown))) == (0, 1)
    assert given_to(shown) == Given(1, "en", agreed=2)


@pytest.mark.parametrize(("note", "fault"), [(" ", InvalidInput), ("x" * 600, InvalidInput)])
def test_an_answer_is_noted_with_a_note(app_sqlite: Flask, note: str, fault: type[Exception]) -> None:
    letter = make_letter()
    signature = by_phone(letter)
    revise(letter)
    with pytest.raises(fault):
        reconfirming.note_agreement(signature, note, COORDINATOR)


def test_nothing_is_noted_where_nothing_is_asked(app: Flask) -> None:
    letter = make_letter()
    signature = by_phone(letter)
    with pytest.raises(Conflict):
        reconfirming.note_agreement(signature, "they rang", COORDINATOR)


def test_a_letter_that_is_over_takes_no_answer_and_asks_nobody(app: Flask) -> None:
    letter = make_letter(circulation=Circulation.PRIVATE)
    signature = make_signature(letter)
    revise(letter)
    letters.withdraw(letter, "It is over.", COORDINATOR)
    db.session.commit()
    assert ask() == 0
    with pytest.raises(Gone):
        reconfirming.require_answerable(signature)
