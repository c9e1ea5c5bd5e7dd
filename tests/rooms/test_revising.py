"""A letter's text changed after opening: which changes are versions, what they ask, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from campaign.audit.models import AuditEntry
from campaign.audit.rules import OPERATOR
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.letters import operations as letters
from campaign.letters.drafting import write_down
from campaign.letters.drafts import AddresseeDraft, Revision
from campaign.letters.models import Letter, TextVersion
from campaign.letters.rules import Change, Circulation, Silence, TextRule
from campaign.outbox.models import Mail
from tests.factories import ADDRESSEE, COORDINATOR, make_draft, make_letter, make_user

OTHER = {"en": "Another text."}
PORT = AddresseeDraft("Basim Example", title="Head", body="Port Office", email="port@example.org")
MINOR, SUBSTANTIVE = Change.MINOR, Change.SUBSTANTIVE


def write(letter: Letter, change: Change | Revision | None = None, **changes: Any) -> list[str]:
    """Bring the letter up to date with the usual description and these changes."""
    draft = make_draft(slug=letter.slug, **changes)
    _, changed = write_down(draft, change, COORDINATOR, Circulation.PUBLIC)
    db.session.commit()
    return changed


def current(letter: Letter) -> TextVersion:
    assert letter.text_version is not None
    return letter.text_version


def since(letter: Letter) -> dict[str, int | None]:
    """Each present addressee's name with the number of the version that brought them in."""
    numbers = {v.id: v.number for v in db.session.scalars(select(TextVersion))}
    present = [a for a in letter.addressees if a.removed_at is None]
    return {a.name: numbers[a.since_version_id] if a.since_version_id else None for a in present}


def test_a_substantive_change_says_what_changed_and_until_when_it_asks(app: Flask) -> None:
    letter, by = make_letter(), clock.now() + timedelta(days=3)
    assert write(letter, Revision(SUBSTANTIVE, " It asks  for more. ", by), texts=OTHER) == [
        "text (version 2)"
    ]
    version = current(letter)
    assert (version.change, version.summary, version.reconfirm_by) == (SUBSTANTIVE, "It asks for more.", by)
    acts = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "text.substantive")).all()
    assert [(a.subject_id, a.details) for a in acts] == [(version.id, {"number": 2})]


def test_without_a_date_signatories_have_a_week(app: Flask) -> None:
    letter = make_letter()
    write(letter, SUBSTANTIVE, texts=OTHER)
    by = current(letter).reconfirm_by
    assert by is not None
    assert abs(by - clock.now() - timedelta(days=7)) < timedelta(minutes=5)
    assert current(letter).summary is None


def test_a_minor_change_asks_nobody(app: Flask) -> None:
    letter = make_letter()
    write(letter, Revision(MINOR, "A slip."), texts=OTHER)
    version = current(letter)
    assert (version.change, version.summary, version.reconfirm_by) == (MINOR, "A slip.", None)


@pytest.mark.parametrize(
    ("revision", "field"),
    [
        (Revision(SUBSTANTIVE, "x" * 501), "summary"),
        (Revision(SUBSTANTIVE, "a\x07b"), "summary"),
        (Revision(MINOR, "x" * 501), "summary"),
        (Revision(SUBSTANTIVE, "More.", clock.now() + timedelta(hours=5)), "reconfirm_by"),
        (Revision(SUBSTANTIVE, "More.", clock.now() + timedelta(days=61)), "reconfirm_by"),
    ],
)
def test_what_is_badly_described_is_refused(app_sqlite: Flask, revision: Revision, field: str) -> None:
    letter = make_letter()
    with pytest.raises(InvalidInput) as refusal:
        write(letter, revision, texts=OTHER)
    assert refusal.value.field == field


def test_a_final_text_takes_corrections_only(app: Flask) -> None:
    letter = make_letter(text_rule=TextRule.FINAL)
    with pytest.raises(InvalidInput) as refusal:
        write(letter, SUBSTANTIVE, texts=OTHER)
    assert refusal.value.field == "change"
    db.session.rollback()
    assert write(letter, MINOR, texts=OTHER) == ["text (version 2)"]


def test_the_title_is_text(app: Flask) -> None:
    letter = make_letter()
    with pytest.raises(Conflict, match="--minor or --substantive"):
        write(letter, titles={"en": "Close the harbour"})
    db.session.rollback()
    assert write(letter, MINOR, titles={"en": "Open the  Harbour"}) == ["titles", "text (version 2)"]
    assert current(letter).words()["en"][0] == "Open the Harbour"


def test_a_title_from_before_titles_were_kept_is_no_change(app: Flask) -> None:
    letter = make_letter()
    current(letter).translations[0].title = None
    db.session.commit()
    assert write(letter) == []
    with pytest.raises(Conflict):
        write(letter, titles={"en": "Close the harbour"})


def test_the_title_of_a_draft_is_kept_with_its_text(app: Flask) -> None:
    letter = make_letter(opened=False)
    assert write(letter, titles={"en": "Close the harbour"}) == ["titles"]
    assert (current(letter).number, current(letter).words()["en"][0]) == (1, "Close the harbour")


def test_a_letter_that_is_over_asks_nobody(app: Flask) -> None:
    letter = make_letter()
    letters.withdraw(letter, "It is over.", COORDINATOR)
    with pytest.raises(Conflict, match="not asked any more"):
        write(letter, SUBSTANTIVE, texts=OTHER)


def test_promises_left_out_of_a_description_stay(app: Flask) -> None:
    letter = make_letter(opened=False, silence=Silence.KEPT, further_bodies=True, text_rule=TextRule.FINAL)
    assert write(letter) == []
    letters.open_letter(letter, COORDINATOR)
    assert write(letter) == []
    assert (letter.silence, letter.further_bodies, letter.text_rule) == (Silence.KEPT, True, TextRule.FINAL)
    assert write(letter, silence=Silence.OFF, further_bodies=False) == ["silence", "further_bodies"]
    with pytest.raises(InvalidInput):
        write(letter, silence=Silence.KEPT)


def test_what_silence_means_stays_once_signatories_were_told(app: Flask) -> None:
    letter = make_letter(silence=Silence.KEPT)
    write(letter, SUBSTANTIVE, texts=OTHER)
    with pytest.raises(InvalidInput) as refusal:
        write(letter, texts=OTHER, silence=Silence.OFF)
    assert refusal.value.field == "silence"


def test_a_further_body_is_a_version_that_asks(app: Flask) -> None:
    letter = make_letter()
    changed = write(letter, addressees=(ADDRESSEE, PORT))
    assert changed == ["version 2 for further bodies", "addressees"]
    version = current(letter)
    assert (version.change, version.new_bodies) == (SUBSTANTIVE, ["Port Office"])
    assert version.words() == {"en": ("Open the harbour", version.markdown("en"))}
    assert version.reconfirm_by is not None
    assert since(letter) == {"Amira Example": None, "Basim Example": 2}


def test_a_further_body_is_never_minor(app: Flask) -> None:
    letter = make_letter()
    with pytest.raises(InvalidInput) as refusal:
        write(letter, MINOR, addressees=(ADDRESSEE, PORT))
    assert refusal.value.field == "change"


@pytest.mark.parametrize(
    "changes", [{"further_bodies": True}, {"opened": False}], ids=["the form said so", "before opening"]
)
def test_where_nobody_need_be_asked_a_further_body_is_no_version(app: Flask, changes: dict[str, Any]) -> None:
    letter = make_letter(**changes)
    assert write(letter, addressees=(ADDRESSEE, PORT)) == ["addressees"]
    assert current(letter).number == 1
    assert since(letter) == {"Amira Example": None, "Basim Example": None}


def test_a_new_holder_of_an_office_is_no_further_body(app: Flask) -> None:
    known = AddresseeDraft("Chidi Example", title="Head", body="Quay Office", email="quay@example.org")
    letter = make_letter(addressees=(known,))
    successor = AddresseeDraft("Dana Example", title="Head", body="QUAY office", email="dana@example.org")
    colleague = AddresseeDraft("Eli Example", title="Deputy", body="Quay Office", email="eli@example.org")
    assert write(letter, addressees=(successor, colleague)) == ["addressees"]
    assert since(letter) == {"Dana Example": None, "Eli Example": None}


def test_a_colleague_of_a_body_that_was_asked_about_is_known_since_then_too(app: Flask) -> None:
    letter = make_letter()
    write(letter, addressees=(ADDRESSEE, PORT))
    colleague = AddresseeDraft("Eli Example", title="Deputy", body="Port Office", email="eli@example.org")
    assert write(letter, addressees=(ADDRESSEE, PORT, colleague)) == ["addressees"]
    assert since(letter) == {"Amira Example": None, "Basim Example": 2, "Eli Example": 2}


def test_somebody_else_of_the_same_name_is_a_further_body(app: Flask) -> None:
    letter = make_letter(
        addressees=(AddresseeDraft("Amira Example", body="Quay Office", email="a@example.org"),)
    )
    namesake = AddresseeDraft("Amira Example", body="Port Office", email="b@example.org")
    write(letter, addressees=(namesake,))
    assert (current(letter).new_bodies, since(letter)) == (["Port Office"], {"Amira Example": 2})


def test_an_operators_question_is_told_to_all_coordinators(app: Flask) -> None:
    letter, user = make_letter(), make_user()
    write_down(make_draft(slug=letter.slug, texts=OTHER), SUBSTANTIVE, OPERATOR, Circulation.PUBLIC)
    db.session.commit()
    told = db.session.scalars(select(Mail).where(Mail.kind == "operator_acted")).all()
    assert [mail.recipient for mail in told] == [user.email]
