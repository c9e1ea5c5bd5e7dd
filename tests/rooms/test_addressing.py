"""Who an addressee or a Cc still is after an edit, and since when they are shown withheld names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask

from campaign.core.db import db
from campaign.core.errors import InvalidInput
from campaign.letters import queries
from campaign.letters.addressing import by_mailbox, by_name, by_office, is_same_reader, paired
from campaign.letters.drafting import write_down
from campaign.letters.drafts import AddresseeDraft, CopyDraft
from campaign.letters.models import Addressee, Letter
from campaign.letters.rules import Circulation, Sees, Visibility
from tests.factories import COORDINATOR, make_draft, make_letter

MONDAY = datetime(2030, 2, 4, 9, tzinfo=UTC)
DAY = timedelta(days=1)
ALL, PUBLIC = Sees.ALL, Sees.PUBLIC


@pytest.fixture(autouse=True)
def traveller() -> Iterator[time_machine.Traveller]:
    """The clock stands still on a Monday, until a test moves it."""
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


def who(
    name: str, email: str | None = None, office: str = "", sees: Sees = ALL, *copies: CopyDraft
) -> AddresseeDraft:
    """An addressee; `office` is "title, body"."""
    title, _, body = office.partition(", ")
    return AddresseeDraft(name, title=title or None, body=body or None, email=email, sees=sees, copies=copies)


def address(letter: Letter, *described: AddresseeDraft) -> list[Addressee]:
    """Write the letter down with these addressees; those it goes to now, in order, read from the database."""
    write_down(make_draft(slug=letter.slug, addressees=described), None, COORDINATOR, Circulation.PUBLIC)
    db.session.commit()
    db.session.expire_all()
    return [a for a in letter.addressees if a.removed_at is None]


CHIEF, AIDE = "Commissioner, Office One", "Deputy, Office One"
SAME_PEOPLE: list[tuple[str, list[AddresseeDraft], list[AddresseeDraft], list[int | None]]] = [
    ("the same name", [who("Amira")], [who("AMIRA", "new@example.org", CHIEF)], [0]),
    (
        "the same mailbox under a new name, however it is written",
        [who("Amira", "Office+a@Example.org")],
        [who("Basim", "office@example.org")],
        [0],
    ),
    (
        "the same office, held by somebody else with another mailbox",
        [who("Amira", "amira@example.org", CHIEF)],
        [who("Basim", "basim@example.org", "COMMISSIONER, Office  One")],
        [0],
    ),
    (
        "a body alone is no office",
        [who("Amira", "amira@example.org", ", Office One")],
        [who("Basim", "basim@example.org", ", Office One")],
        [None],
    ),
    ("a missing mailbox is nobody's", [who("Amira")], [who("Basim")], [None]),
    (
        "all of it differs",
        [who("Amira", "amira@example.org", CHIEF)],
        [who("Basim", "basim@example.org", AIDE)],
        [None],
    ),
    (
        "the name goes before the mailbox: two who swapped theirs stay themselves",
        [who("Amira", "one@example.org"), who("Basim", "two@example.org")],
        [who("Amira", "two@example.org"), who("Basim", "one@example.org")],
        [0, 1],
    ),
    (
        "the mailbox goes before the office",
        [who("Amira", "one@example.org", CHIEF), who("Basim", "two@example.org", AIDE)],
        [who("Chidi", "two@example.org", CHIEF)],
        [1],
    ),
    (
        "a shared mailbox and both names new: the first takes the first's place",
        [who("Amira", "office@example.org", CHIEF), who("Basim", "office@example.org", AIDE)],
        [who("Chidi", "office@example.org", AIDE), who("Dana", "office@example.org", CHIEF)],
        [0, 1],
    ),
    (
        "a shared mailbox and one name known: the other takes what is left",
        [who("Amira", "office@example.org"), who("Basim", "office@example.org")],
        [who("Chidi", "office@example.org"), who("Amira", "office@example.org")],
        [1, 0],
    ),
    (
        "a shared mailbox and one more than before: the last is new",
        [who("Amira", "office@example.org")],
        [who("Chidi", "office@example.org"), who("Dana", "office@example.org")],
        [0, None],
    ),
]


@pytest.mark.parametrize(
    ("before", "after", "rows"),
    [case[1:] for case in SAME_PEOPLE],
    ids=[case[0] for case in SAME_PEOPLE],
)
def test_who_is_taken_for_the_same(
    before: list[AddresseeDraft], after: list[AddresseeDraft], rows: list[int | None]
) -> None:
    found = paired(before, after, (by_name, by_mailbox, by_office))
    assert found == [None if row is None else before[row] for row in rows]


def test_a_new_office_holder_keeps_the_row_and_what_they_may_see(
    app: Flask, traveller: time_machine.Traveller
) -> None:
    letter = make_letter(addressees=(who("Amira", "amira@example.org", CHIEF),))
    (before,) = letter.addressees
    row = before.id
    traveller.shift(DAY)
    (after,) = address(letter, who("Basim", "basim@example.org", CHIEF))
    assert (after.id, after.name, after.email) == (row, "Basim", "basim@example.org")
    assert after.sees_since == MONDAY
    assert len(letter.addressees) == 1


def test_somebody_else_altogether_is_a_new_reader_and_the_old_row_stays_for_its_history(
    app: Flask, traveller: time_machine.Traveller
) -> None:
    letter = make_letter(addressees=(who("Amira", "amira@example.org", CHIEF),))
    traveller.shift(DAY)
    (after,) = address(letter, who("Basim", "basim@example.org", "Chair, Office Two"))
    assert (after.created_at, after.sees_since) == (MONDAY + DAY, MONDAY + DAY)
    assert {a.name: a.removed_at for a in letter.addressees} == {"Amira": MONDAY + DAY, "Basim": None}


KNOWN_READERS = [
    ("nothing changed", who("Amira", "a@example.org", CHIEF), who("Amira", "a@example.org", CHIEF), True),
    ("a mailbox moved", who("Amira", "a@example.org", CHIEF), who("Amira", "b@example.org", CHIEF), True),
    ("a body spelt better", who("Amira", "a@example.org", ", Ofice"), who("Amira", "a@example.org"), True),
    ("named as a person, now with a body", who("Amira"), who("Amira", "a@example.org", CHIEF), True),
    (
        "the same words at another institution's mailbox",
        who("The Ambassador", "one@example.org", ", Mission One"),
        who("The Ambassador", "two@example.org", ", Mission Two"),
        False,
    ),
    (
        "another institution, and no mailbox to know them by",
        who("The Ambassador", None, ", Mission One"),
        who("The Ambassador", None, ", Mission Two"),
        False,
    ),
]


@pytest.mark.parametrize(
    ("before", "after", "same"), [c[1:] for c in KNOWN_READERS], ids=[c[0] for c in KNOWN_READERS]
)
def test_whom_a_form_has_named(before: AddresseeDraft, after: AddresseeDraft, same: bool) -> None:
    assert is_same_reader(before, after) is same


def test_a_row_that_now_stands_for_an_institution_no_form_named_starts_anew(
    app: Flask, traveller: time_machine.Traveller
) -> None:
    letter = make_letter(addressees=(who("The Ambassador", "one@example.org", ", Mission One"),))
    row = letter.addressees[0].id
    traveller.shift(DAY)
    (after,) = address(letter, who("The Ambassador", "two@example.org", ", Mission Two"))
    assert (after.id, after.sees_since) == (row, MONDAY + DAY)


def test_since_when_somebody_sees_withheld_names(app: Flask, traveller: time_machine.Traveller) -> None:
    letter = make_letter(addressees=(who("Amira", "a@example.org", "", PUBLIC),))
    assert letter.addressees[0].sees_since is None
    seen = []
    for sees in (ALL, ALL, PUBLIC, ALL):
        traveller.shift(DAY)
        (addressee,) = address(letter, who("Amira", "a@example.org", "", sees))
        seen.append(addressee.sees_since)
    assert seen == [MONDAY + DAY, MONDAY + DAY, None, MONDAY + 4 * DAY]


def test_a_copy_sees_what_its_addressee_sees_unless_it_is_said(app: Flask) -> None:
    copies = (
        CopyDraft("a@example.org"),
        CopyDraft("b@example.org", sees=ALL),
        CopyDraft("c@example.org", sees=PUBLIC),
    )
    letter = make_letter(
        addressees=(who("Amira", None, "", ALL, *copies), who("B", None, "", PUBLIC, *copies))
    )
    seen = [[(c.sees, c.sees_since) for c in a.copies] for a in letter.addressees]
    everything, nothing = (ALL, MONDAY), (PUBLIC, None)
    assert seen == [[everything, everything, nothing], [nothing, everything, nothing]]


def test_copies_keep_their_rows_whatever_happens_around_them(
    app: Flask, traveller: time_machine.Traveller
) -> None:
    first, second = CopyDraft("a@example.org", "A", "Chief"), CopyDraft("b@example.org")
    letter = make_letter(addressees=(who("Amira", None, "", ALL, first, second),))
    rows = {c.email: c.id for c in letter.addressees[0].copies}
    traveller.shift(DAY)
    renamed = CopyDraft("A+desk@Example.org", "B", "Deputy", printed=True)
    (addressee,) = address(letter, who("Amira", None, "", ALL, CopyDraft("c@example.org"), second, renamed))
    assert [(c.position, c.email, c.name, c.sees_since) for c in addressee.copies] == [
        (0, "c@example.org", None, MONDAY + DAY),
        (1, "b@example.org", None, MONDAY),
        (2, "A+desk@Example.org", "B", MONDAY),
    ]
    assert [c.id for c in addressee.copies[1:]] == [rows["b@example.org"], rows["a@example.org"]]
    traveller.shift(DAY)
    (addressee,) = address(letter, who("Amira", None, "", ALL, second))
    assert [(c.id, c.sees_since) for c in addressee.copies] == [(rows["b@example.org"], MONDAY)]
    (addressee,) = address(letter, who("Amira", None, "", ALL, first, second))
    assert [c.sees_since for c in addressee.copies] == [MONDAY + 2 * DAY, MONDAY]


def test_a_copy_follows_its_addressee_to_the_public_list_and_back(
    app: Flask, traveller: time_machine.Traveller
) -> None:
    letter = make_letter(addressees=(who("Amira", None, "", ALL, CopyDraft("a@example.org")),))
    for sees, since in ((PUBLIC, None), (ALL, MONDAY + 2 * DAY)):
        traveller.shift(DAY)
        (addressee,) = address(letter, who("Amira", None, "", sees, CopyDraft("a@example.org")))
        assert (addressee.copies[0].sees, addressee.copies[0].sees_since) == (sees, since)


def test_a_change_of_who_sees_what_is_named_as_a_change(app: Flask) -> None:
    def changed(*copies: CopyDraft) -> list[str]:
        draft = make_draft(slug=letter.slug, addressees=(who("Amira", None, "", ALL, *copies),))
        return write_down(draft, None, COORDINATOR, Circulation.PUBLIC)[1]

    letter = make_letter(addressees=(who("Amira", None, "", ALL, CopyDraft("a@example.org")),))
    assert changed(CopyDraft("a@example.org", sees=ALL)) == []
    assert changed(CopyDraft("a@example.org", sees=PUBLIC)) == ["addressees"]


def test_the_readers_of_withheld_names(app: Flask, traveller: time_machine.Traveller) -> None:
    quiet = CopyDraft("quiet@example.org", sees=PUBLIC)
    letter = make_letter(addressees=(who("Amira", None, "", ALL, quiet), who("Gone", "gone@example.org")))
    traveller.shift(DAY)
    address(letter, who("B", None, "", PUBLIC, CopyDraft("c@example.org", sees=ALL), quiet), who("Amira"))
    found = [(r.addressee.name, r.copy and r.copy.email, r.since) for r in queries.readers(letter)]
    assert found == [("B", "c@example.org", MONDAY + DAY), ("Amira", None, MONDAY)]


def test_a_choice_that_means_nothing_is_not_offered(app: Flask) -> None:
    letter = make_letter(addressees=(who("Amira", None, "", PUBLIC),))
    assert queries.choices(letter) == (Visibility.PUBLIC, Visibility.UNNAMED)
    assert letter.offered == tuple(Visibility), "the setting stays for the day somebody sees more"
    address(letter, who("Amira", None, "", PUBLIC, CopyDraft("c@example.org", sees=ALL)))
    assert queries.choices(letter) == tuple(Visibility)


@pytest.mark.parametrize("addressees", [(), (who("Amira", None, "", PUBLIC, CopyDraft("c@example.org")),)])
def test_a_letter_whose_only_choice_means_nothing_is_refused(
    app: Flask, addressees: tuple[AddresseeDraft, ...]
) -> None:
    only = (Visibility.ADDRESSEES,)
    with pytest.raises(InvalidInput) as refusal:
        make_letter(addressees=addressees, visibilities=only)
    assert refusal.value.field == "visibilities"
    db.session.rollback()
    letter = make_letter(visibilities=only)
    assert queries.choices(letter) == only
    letter.addressees[0].sees = PUBLIC  # a letter written down before this was refused
    assert queries.choices(letter) == only
