"""Letters on both databases: written down new and again, their states, and who can find them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from campaign.audit.models import AuditEntry
from campaign.audit.rules import OPERATOR
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput, NotFound
from campaign.letters import operations as letters
from campaign.letters import queries
from campaign.letters.drafting import write_down
from campaign.letters.drafts import AddresseeDraft, CopyDraft, DocumentDraft, Draft, HostDraft
from campaign.letters.models import Addressee, Letter, PrivateLink
from campaign.letters.rules import Change, Circulation, LetterStatus
from campaign.outbox.models import Mail
from tests.factories import ADDRESSEE, COORDINATOR, HOST, make_draft, make_letter, make_user

DAY = timedelta(days=1)


def write(letter: Letter, change: Change | None = None, **changes: object) -> list[str]:
    """Bring a letter up to date; what changed."""
    _, changed = write_down(make_draft(slug=letter.slug, **changes), change, COORDINATOR, Circulation.PUBLIC)
    db.session.commit()
    return changed


def test_a_new_letter(app: Flask) -> None:
    letter, changed = write_down(make_draft(), None, COORDINATOR, Circulation.PRIVATE)
    db.session.commit()
    assert changed == ["created"]
    assert (letter.status, letter.circulation) == (LetterStatus.DRAFT, Circulation.PRIVATE)
    assert letter.text_version is not None
    assert (letter.text_version.number, letter.text_version.change) == (1, Change.FIRST)
    assert db.session.scalars(select(AuditEntry.action)).all() == ["letter.created"]


def test_the_same_description_again_changes_nothing(app: Flask) -> None:
    letter = make_letter()
    acts = len(db.session.scalars(select(AuditEntry)).all())
    assert write(letter) == []
    assert len(db.session.scalars(select(AuditEntry)).all()) == acts


def test_what_changed_is_named(app: Flask) -> None:
    letter = make_letter(opened=False)
    changed = write(letter, place="Geneva", hosts=(HOST, HostDraft("Quay Network")), addressees=())
    assert changed == ["place", "hosts", "addressees"]
    content = DocumentDraft("annex.pdf", "Annex", b"%PDF-1.7", "application/pdf")
    assert "documents" in write(letter, place="Geneva", documents=(content,))
    assert [d.title for d in letter.documents] == ["Annex"]


@pytest.mark.parametrize("minutes", [5, 60])
def test_how_long_a_release_can_be_taken_back_is_set_with_the_letter(app: Flask, minutes: int) -> None:
    letter = make_letter()
    assert letter.release_delay == 15
    assert write(letter, release_delay=minutes) == ["release_delay"]
    assert letter.release_delay == minutes


def test_the_text_of_an_open_letter_needs_a_word_on_what_changed(app: Flask) -> None:
    letter = make_letter()
    with pytest.raises(Conflict, match="--minor or --substantive"):
        write(letter, texts={"en": "Another text."})
    db.session.rollback()
    assert write(letter, Change.SUBSTANTIVE, texts={"en": "Another text."}) == ["text (version 2)"]
    first, second = queries.text_versions(letter.id)
    assert (first.markdown("en") or "").startswith("We, {groups}")
    assert (second.markdown("en"), second.change) == ("Another text.", Change.SUBSTANTIVE)
    assert letter.text_version_id == second.id


def test_the_text_of_a_draft_changes_freely(app: Flask) -> None:
    letter = make_letter(opened=False)
    assert write(letter, texts={"en": "Another.", "fr": "Un autre."}) == ["text (version 2)"]
    assert letter.languages == ("en", "fr")
    assert letter.text_version is not None
    assert letter.text_version.change is Change.MINOR


def test_a_removed_addressee_keeps_its_row(app: Flask) -> None:
    second = AddresseeDraft("Basim Example", email="b@example.org", copies=(CopyDraft("c@example.org"),))
    letter = make_letter(opened=False, addressees=(ADDRESSEE, second))
    assert write(letter, addressees=(ADDRESSEE,)) == ["addressees"]
    rows = {a.name: a.removed_at is None for a in db.session.scalars(select(Addressee))}
    assert rows == {"Amira Example": True, "Basim Example": False}
    assert write(letter, addressees=(ADDRESSEE, second)) == ["addressees"]
    assert len(db.session.scalars(select(Addressee)).all()) == 3


def test_an_addressee_is_changed_in_place(app: Flask) -> None:
    letter = make_letter(opened=False)
    before = letter.addressees[0].id
    changed = AddresseeDraft("Amira EXAMPLE", email="new@example.org", copies=(CopyDraft("c@example.org"),))
    assert write(letter, addressees=(changed,)) == ["addressees"]
    (after,) = letter.addressees
    assert (after.id, after.email, after.copies[0].email) == (before, "new@example.org", "c@example.org")


def test_a_host_keeps_its_own_link(app: Flask) -> None:
    letter = make_letter(opened=False)
    code = letter.hosts[0].code
    write(letter, hosts=(HostDraft("Quay Network"), HOST))
    assert [h.name for h in letter.hosts] == ["Quay Network", "Harbour Rights Watch"]
    assert letter.hosts[1].code == code
    assert queries.host_by_code(letter, code) is letter.hosts[1]
    assert queries.host_by_code(letter, None) is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"slug": "Not A Slug"}, "slug"),
        ({"slug": "a" * 81}, "slug"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"titles": {"fr": "Sans original"}}, "title"),
        ({"titles": {"en": "x" * 301}}, "title"),
        ({"place": "a\x07"}, "title"),
        ({"hosts": ()}, "hosts"),
        ({"hosts": (HostDraft(" "),)}, "hosts"),
        ({"hosts": (HOST, HostDraft("HARBOUR rights, watch"))}, "hosts"),
        ({"hosts": (HostDraft("A", country_code="ZZ"),)}, "hosts"),
        ({"visibilities": ()}, "visibilities"),
        ({"texts": {"zz-nowhere": "x"}}, "language"),
        ({"texts": {"en": "x" * 60_001}}, "text"),
        ({"texts": {"en": "a\x00b"}}, "text"),
        ({"addressees": (AddresseeDraft(""),)}, "addressees"),
        ({"addressees": (AddresseeDraft("A", copies=(CopyDraft("c@example.org", "x" * 201),)),)}, "name"),
        ({"addressees": (AddresseeDraft("A", copies=(CopyDraft("c@example.org", "a\x07b"),)),)}, "name"),
        ({"release_delay": 4}, "release_delay"),
        ({"release_delay": 61}, "release_delay"),
    ],
)
def test_descriptions_that_are_refused(app_sqlite: Flask, change: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        write_down(make_draft(**change), None, COORDINATOR, Circulation.PUBLIC)
    assert refusal.value.field == field


def test_a_letter_without_text_host_or_future_does_not_open(app: Flask) -> None:
    with pytest.raises(Conflict):
        letters.open_letter(make_letter(opened=False, texts={}), COORDINATOR)
    over = make_letter(opened=False, deadline=clock.now() - DAY)
    with pytest.raises(Conflict, match="deadline"):
        letters.open_letter(over, COORDINATOR)
    letters.extend(over, clock.now() + DAY, COORDINATOR)
    letters.open_letter(over, COORDINATOR)
    assert over.status is LetterStatus.OPEN


def test_opening_closing_and_opening_again(app: Flask) -> None:
    letter = make_letter()
    opened = letter.opened_at
    letters.close(letter, COORDINATOR)
    assert letter.closed_at is not None
    letters.open_letter(letter, COORDINATOR)
    assert (letter.opened_at, letter.closed_at) == (opened, None)
    letters.close(letter, COORDINATOR)
    letters.archive(letter, COORDINATOR)
    with pytest.raises(Conflict):
        letters.open_letter(letter, COORDINATOR)


def test_pausing(app: Flask) -> None:
    letter = make_letter(opened=False)
    with pytest.raises(Conflict):
        letters.pause(letter, True, COORDINATOR)
    letters.open_letter(letter, COORDINATOR)
    letters.pause(letter, True, COORDINATOR)
    assert letter.paused


def test_extending(app: Flask) -> None:
    first = datetime(2090, 1, 1, tzinfo=UTC)
    letter = make_letter(deadline=first)
    for wrong in (first, clock.now() - DAY):
        with pytest.raises(InvalidInput):
            letters.extend(letter, wrong, COORDINATOR)
    for days in (1, 2):
        letters.extend(letter, first + days * DAY, COORDINATOR)
    assert (letter.deadline, letter.extended_from) == (first + 2 * DAY, first)
    letters.withdraw(letter, "It was a mistake.", COORDINATOR)
    with pytest.raises(Conflict):
        letters.extend(letter, first + 3 * DAY, COORDINATOR)


@pytest.mark.parametrize("sentence", ["", "  ", "x" * 501, "a\x07b"])
def test_a_withdrawal_needs_a_sentence(app_sqlite: Flask, sentence: str) -> None:
    letter = make_letter()
    with pytest.raises(InvalidInput):
        letters.withdraw(letter, sentence, COORDINATOR)
    assert letter.status is LetterStatus.OPEN


def test_who_finds_which_letter(app: Flask) -> None:
    draft, public = make_letter(opened=False), make_letter()
    private = make_letter(circulation=Circulation.PRIVATE)
    withdrawn = make_letter()
    letters.withdraw(withdrawn, "It was a mistake.", COORDINATOR)
    db.session.commit()
    assert [letter.id for letter in queries.public_letters()] == [public.id]
    assert queries.public_letter(withdrawn.slug).withdrawn_sentence == "It was a mistake."
    for hidden in (draft, private):
        with pytest.raises(NotFound):
            queries.public_letter(hidden.slug)
        assert queries.letter_by_slug(hidden.slug) is hidden
    with pytest.raises(NotFound):
        queries.letter_by_slug("nowhere")
    assert len(queries.all_letters()) == 4


def test_private_links_are_made_replaced_and_revoked(app: Flask) -> None:
    letter = make_letter(circulation=Circulation.PRIVATE)
    (host,) = letter.hosts
    first = letters.share(host, COORDINATOR)
    db.session.commit()
    key = queries.private_key(first)
    assert queries.private_letter(key).host is host
    second = letters.share(host, COORDINATOR)
    db.session.commit()
    with pytest.raises(NotFound):
        queries.private_letter(key)
    assert queries.private_letter(queries.private_key(second)).letter is letter
    letters.revoke(second, COORDINATOR)
    with pytest.raises(NotFound):
        queries.private_letter(queries.private_key(second))
    stored = " ".join(f"{link.nonce} {link.digest}" for link in db.session.scalars(select(PrivateLink)))
    assert key not in stored


def test_a_private_link_shows_no_draft(app: Flask) -> None:
    letter = make_letter(opened=False, circulation=Circulation.PRIVATE)
    link = letters.share(letter.hosts[0], COORDINATOR)
    with pytest.raises(NotFound):
        queries.private_letter(queries.private_key(link))


def test_publishing(app: Flask) -> None:
    letter = make_letter(circulation=Circulation.PRIVATE)
    letters.publish(letter, COORDINATOR)
    db.session.commit()
    assert queries.public_letter(letter.slug) is letter
    with pytest.raises(Conflict):
        letters.publish(letter, COORDINATOR)


def test_all_coordinators_are_told_what_an_operator_did(app: Flask) -> None:
    users = {make_user().email, make_user().email}
    asleep = make_user()
    asleep.active = False
    letter = make_letter()
    db.session.commit()
    assert not db.session.scalars(select(Mail)).all()
    letters.close(letter, OPERATOR)
    db.session.commit()
    assert {mail.recipient for mail in db.session.scalars(select(Mail))} == users


def test_a_draft_is_frozen() -> None:
    draft: Draft = make_draft()
    with pytest.raises(AttributeError):
        draft.slug = "another"  # type: ignore[misc]


def test_a_third_link_leaves_the_first_revoked_when_it_was(app: Flask) -> None:
    host = make_letter(circulation=Circulation.PRIVATE).hosts[0]
    first, second = letters.share(host, COORDINATOR), letters.share(host, COORDINATOR)
    ended = first.revoked_at
    third = letters.share(host, COORDINATOR)
    db.session.commit()
    assert (first.revoked_at, second.revoked_at is None, third.revoked_at) == (ended, False, None)
