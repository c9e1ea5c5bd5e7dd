"""Lists of signatories: who reads which names, what is new in list no. 2, and what corrections leave."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pypdf
import pytest
from flask import Flask
from sqlalchemy import select

from campaign.core.db import db
from campaign.core.errors import NotFound
from campaign.editions import operations, queries
from campaign.editions.compile import document
from campaign.editions.freezing import freeze
from campaign.editions.frozen import Frozen, thaw
from campaign.editions.models import Edition, EditionEntry
from campaign.editions.rules import EntryKind, for_everybody, reader_groups
from campaign.editions.tasks import RENDER
from campaign.jobs.operations import owe
from campaign.letters.drafts import AddresseeDraft, CopyDraft
from campaign.letters.models import Copy, Letter
from campaign.letters.rules import Sees, Visibility
from campaign.signing import moderation
from campaign.signing.models import Signature
from campaign.signing.rules import SignatureStatus
from campaign.tally import wording
from campaign.tally.rules import Figures
from tests.factories import ADDRESSEE, COORDINATOR, make_edition, make_letter, make_signature

ONE, TWO, THREE = (datetime(2020, 2, day, 9, tzinfo=UTC) for day in (1, 2, 3))
MOMENT = timedelta(microseconds=1)
PUBLIC, EARLY, LATE, UNNAMED = "Voice for Peace", "Early Canary", "Late Canary", "Nameless Union"
COPIES = tuple(CopyDraft(f"cc{n}@example.org", name=f"Cc {n}", printed=n == 0) for n in range(4))


def read_by_many() -> Letter:
    """Withheld names given at ONE and at THREE. The addressee and Cc 0 see both, Cc 1 the later one.

    Cc 2 is public only; Cc 3 was set to see withheld names after the last was given. The second addressee
    sees public names only.
    """
    letter = make_letter(
        addressees=(
            AddresseeDraft("Amira Example", email="amira@example.org", salutation="Dear,", copies=COPIES),
            AddresseeDraft("Bela Example", email="bela@example.org", salutation="Dear,", sees=Sees.PUBLIC),
        )
    )
    make_signature(letter, organisation=PUBLIC)
    for name, shown_at in ((EARLY, ONE), (LATE, THREE)):
        withheld = make_signature(letter, organisation=name, visibility=Visibility.ADDRESSEES)
        withheld.shown_at = shown_at
    make_signature(letter, organisation=UNNAMED, visibility=Visibility.UNNAMED)
    letter.addressees[0].sees_since = ONE
    settings = ((Sees.ALL, ONE), (Sees.ALL, ONE + MOMENT), (Sees.PUBLIC, None), (Sees.ALL, THREE + MOMENT))
    for copy, (sees, since) in zip(copies(letter), settings, strict=True):
        copy.sees, copy.sees_since = sees, since
    db.session.commit()
    return letter


def copies(letter: Letter) -> list[Copy]:
    return letter.addressees[0].copies


def names(frozen: Frozen, reader: int, addressee: int = 0) -> list[str]:
    return [s.name for s in frozen.named_for(frozen.addressees[addressee], reader)]


@pytest.mark.parametrize(
    ("since", "others", "groups"),
    [
        (None, [], [(None, [])]),
        (ONE, [], [(ONE, [])]),
        (ONE, [(1, ONE), (2, None)], [(ONE, [1]), (None, [2])]),
        (TWO, [(1, ONE), (2, THREE)], [(TWO, [2]), (ONE, [1])]),
        (None, [(1, ONE), (2, THREE + MOMENT)], [(None, [2]), (ONE, [1])]),
        (THREE + MOMENT, [(1, None)], [(None, [1])]),
    ],
)
def test_readers_who_see_the_same_share_a_file(
    since: datetime | None,
    others: list[tuple[int, datetime | None]],
    groups: list[tuple[datetime | None, list[int]]],
) -> None:
    assert reader_groups(since, others, [ONE, THREE]) == groups


def test_a_recipient_added_later_never_sees_names_given_before(app: Flask) -> None:
    letter = read_by_many()
    frozen = thaw(make_edition(letter, rendered=False))
    amira, bela = frozen.addressees
    seen = [names(frozen, amira.reader_of(copy.id) or 0) for copy in copies(letter)]
    assert seen == [[PUBLIC, EARLY, LATE], [PUBLIC, LATE], [PUBLIC], [PUBLIC]]
    assert names(frozen, 0) == seen[0]
    assert names(frozen, 0, addressee=1) == [s.name for s in frozen.named_for(None)] == [PUBLIC]
    assert [amira.reader_of(copy.id) for copy in copies(letter)] == [0, 1, 2, 2]
    assert (len(amira.readers), len(bela.readers)) == (3, 1)
    assert bela.reader_of(copies(letter)[0].id) is None
    assert {a.printed_copies for a in frozen.addressees} == {("Cc 0",), ()}


@pytest.mark.parametrize(
    ("reader", "sees", "since", "may"),
    [
        (0, Sees.ALL, ONE, True),
        (0, Sees.ALL, ONE + MOMENT, False),
        (0, Sees.PUBLIC, ONE, False),
        (0, Sees.ALL, None, False),
        (1, Sees.ALL, TWO, True),
        (1, Sees.PUBLIC, None, False),
        (2, Sees.PUBLIC, None, True),
    ],
)
@pytest.mark.usefixtures("app_sqlite")
def test_somebody_set_to_see_less_since_may_not_be_given_the_file(
    reader: int, sees: Sees, since: datetime | None, may: bool
) -> None:
    frozen = thaw(make_edition(read_by_many(), rendered=False))
    assert frozen.may_read(frozen.addressees[0], reader, sees, since) is may


def test_no_file_has_a_name_its_reader_may_not_see(app: Flask, work: Callable[[], int]) -> None:
    letter = read_by_many()
    edition = make_edition(letter, rendered=False)
    owe(RENDER, edition.id)
    work()
    allowed = {(a.id, reader): {PUBLIC} for a in letter.addressees for reader in (0, 1, 2)}
    allowed[letter.addressees[0].id, 0] |= {EARLY, LATE}
    allowed[letter.addressees[0].id, 1] |= {LATE}
    assert [(f.addressee_id, f.reader) for f in edition.files] == [
        *((letter.addressees[0].id, reader) for reader in (0, 1, 2)),
        (letter.addressees[1].id, 0),
        (None, 0),
    ]
    for file in edition.files:
        reader = pypdf.PdfReader(io.BytesIO(file.content))
        words = " ".join("".join(page.extract_text() for page in reader.pages).split())
        may = allowed.get((file.addressee_id or 0, file.reader), {PUBLIC})
        assert {name for name in (PUBLIC, EARLY, LATE, UNNAMED) if name in words} == may
        assert "4 groups from 1 country" in words
        found = queries.file_for(edition.id, file.addressee_id, "en", file.reader)
        assert found.sha256 == file.sha256
    with pytest.raises(NotFound):
        queries.file_for(edition.id, letter.addressees[0].id, "en", 3)


def test_what_everybody_may_open_has_no_withheld_name_and_no_reader(app: Flask) -> None:
    edition = make_edition(read_by_many(), rendered=False)
    opened = queries.opened(edition)
    words = edition.snapshot + " ".join(entry.payload or "" for entry in opened)
    assert PUBLIC in words
    for secret in (EARLY, LATE, UNNAMED, "Amira", "Bela", "Cc 0", "readers", "signed_at"):
        assert secret not in words
    kinds = [kind for kind, _commitment in json.loads(edition.snapshot)["entries"]]
    assert [kinds[entry.position] for entry in opened] == [entry.kind.value for entry in opened]
    closed = [kinds[n] for n in range(len(kinds)) if n not in {entry.position for entry in opened}]
    assert closed == ["addressee", "addressee", "signatory", "signatory"]


@pytest.mark.parametrize(
    ("kind", "facts", "open_"),
    [
        (EntryKind.LETTER, {}, True),
        (EntryKind.ADDRESSEE, {}, False),
        (EntryKind.SIGNATORY, {"visibility": "public"}, True),
        (EntryKind.SIGNATORY, {"visibility": "public", "signed_at": "2020-02-01T09:00:00Z"}, False),
        (EntryKind.SIGNATORY, {"visibility": "addressees"}, False),
    ],
)
def test_what_everybody_may_open(kind: EntryKind, facts: dict[str, Any], open_: bool) -> None:
    assert for_everybody(kind, facts) is open_


@pytest.mark.usefixtures("app_sqlite")
def test_public_names_stand_before_withheld_ones() -> None:
    """Their place would tell when a withheld one signed."""
    letter = read_by_many()
    make_signature(letter, organisation="After All")
    edition = make_edition(letter, rendered=False)
    assert [s.name for s in thaw(edition).signatories] == [PUBLIC, "After All", EARLY, LATE]


def as_before(edition: Edition) -> None:
    """Turn its entries into those that earlier code froze."""
    for entry in db.session.scalars(select(EditionEntry).where(EditionEntry.edition_id == edition.id)):
        facts = json.loads(entry.payload or "")
        for key in ("readers", "earlier", "shown_at", "first_in"):
            facts.pop(key, None)
        if "signed_on" in facts:
            facts["signed_at"] = facts.pop("signed_on") + "T10:00:00Z"
        entry.payload = json.dumps(facts)
    db.session.commit()


def test_an_edition_of_before_has_one_group_of_readers(app: Flask) -> None:
    letter = read_by_many()
    edition = make_edition(letter, rendered=False)
    as_before(edition)
    frozen = thaw(edition)
    amira, bela = frozen.addressees
    assert (amira.reader_of(copies(letter)[2].id), amira.reader_of(999), len(amira.readers)) == (0, 0, 1)
    assert names(frozen, 0) == [PUBLIC, EARLY, LATE]
    assert names(frozen, 0, addressee=1) == [PUBLIC]
    assert not frozen.may_read(amira, 0, Sees.PUBLIC, None)
    assert (frozen.earlier, bela.earlier, frozen.new_names(None)) == (None, None, [])
    assert [s.signed_at.hour for s in frozen.signatories] == [10, 10, 10]
    assert [order.reader for order in operations.orders(edition)] == [0, 0, 0]


def test_a_further_list_tells_each_addressee_what_is_new_to_them(app: Flask) -> None:
    """Amira was sent no. 1 and no. 2, Bela no. 1 only; somebody new was sent none."""
    letter = make_letter(
        addressees=(ADDRESSEE, AddresseeDraft("Bela Example", email="b@example.org", sees=Sees.PUBLIC))
    )
    amira, bela = letter.addressees
    make_signature(letter, organisation="First")
    first = make_edition(letter)
    make_signature(letter, organisation="Second")
    make_signature(letter, organisation="Withheld", visibility=Visibility.ADDRESSEES)
    make_edition(letter, sent={amira.id: 1, bela.id: 1})
    make_signature(letter, organisation="Third", country_code="FR")
    third = thaw(make_edition(letter, rendered=False, sent={amira.id: 2, bela.id: 1}))
    assert {s.name: s.first_in for s in third.signatories} == {
        "First": 1,
        "Second": 2,
        "Third": 3,
        "Withheld": 2,
    }
    to_amira, to_bela = third.addressees
    assert [s.name for s in third.new_names(to_amira)] == ["Third"]
    assert [s.name for s in third.new_names(to_bela)] == ["Second", "Third"]
    assert [s.name for s in third.new_names(None)] == ["Third"]
    assert (third.more(to_amira), third.more(to_bela), third.more(None)) == (1, 3, 1)
    assert to_bela.earlier is not None
    assert to_bela.earlier.frozen_at == first.frozen_at
    assert (to_bela.earlier.number, to_bela.earlier.signatories) == (1, 1)
    assert third.earlier is not None
    assert third.earlier.number == 2
    printed = document(third, to_bela, "en")
    assert printed["headline"] == "3 more groups, now 4 groups from 2 countries"
    assert str(printed["new_note"]).startswith("New since list no. 1 of ")
    marked = [name["name"] for group in printed["groups"] for name in group["names"] if name["new"]]
    assert marked == ["Second", "Third"]
    assert printed["edition"].startswith("List of signatories no. 3, as of ")


@pytest.mark.usefixtures("app_sqlite")
def test_a_first_list_has_nothing_new(app_sqlite: Flask) -> None:
    letter = make_letter()
    make_signature(letter)
    frozen = thaw(make_edition(letter, rendered=False))
    printed = document(frozen, frozen.addressees[0], "en")
    assert (printed["headline"], printed["new_note"]) == ("1 group from 1 country", None)
    assert (frozen.new_names(None), frozen.more(None)) == ([], 1)
    assert not printed["groups"][0]["names"][0]["new"]


@pytest.mark.usefixtures("app_sqlite")
def test_after_corrections_a_list_says_where_it_stands_now() -> None:
    letter = make_letter()
    kept, gone = make_signature(letter, organisation="Kept"), make_signature(letter)
    make_edition(letter)
    moderation.undo(gone, COORDINATOR)
    again = thaw(make_edition(letter, sent={letter.addressees[0].id: 1}, rendered=False))
    printed = document(again, again.addressees[0], "en")
    assert [s.id for s in again.signatories] == [kept.id]
    assert printed["headline"] == "Now 1 group from 1 country"
    assert str(printed["new_note"]).startswith("The list before this one: no. 1 of ")
    moderation.accept(gone, COORDINATOR)
    back = thaw(make_edition(letter, sent={letter.addressees[0].id: 2}, rendered=False))
    assert {s.first_in for s in back.signatories} == {1}
    assert back.new_names(None) == []
    assert back.more(None) == 1


@pytest.mark.usefixtures("app_sqlite")
def test_a_list_that_was_never_made_cannot_have_been_sent() -> None:
    letter = make_letter()
    with pytest.raises(NotFound):
        freeze(letter, COORDINATOR, {letter.addressees[0].id: 1})
    assert not queries.editions(letter.id)


def test_who_left_since_is_counted_when_the_list_names_them_in_public(app: Flask) -> None:
    letter = make_letter()
    public = [make_signature(letter) for _each in range(4)]
    withheld = make_signature(letter, visibility=Visibility.ADDRESSEES)
    edition = make_edition(letter, rendered=False)
    before = thaw(edition)
    assert queries.no_longer_counted(letter.id, before) == 0
    leave(public[0], SignatureStatus.WITHDRAWN)
    leave(public[1], SignatureStatus.INVALIDATED)
    leave(public[2], SignatureStatus.SUPERSEDED)
    leave(withheld, SignatureStatus.WITHDRAWN)
    make_signature(letter)
    assert queries.no_longer_counted(letter.id, before) == 3
    moderation.undo(public[1], COORDINATOR)
    db.session.commit()
    assert queries.no_longer_counted(letter.id, before) == 2
    assert thaw(edition) == before


def leave(signature: Signature, to: SignatureStatus) -> None:
    """As the verbs of signing do it, whichever room's verb it is."""
    signature.previous, signature.status = signature.status, to
    db.session.commit()


TEN = Figures(10, {"BH": 8, "FR": 2}, regional=0, international=0, no_country=0, withheld_country=0)


@pytest.mark.parametrize(
    ("more", "noun", "said"),
    [
        (3, "groups", "3 more groups, now 10 groups from 2 countries"),
        (1, "groups", "1 more group, now 10 groups from 2 countries"),
        (2, "organisations", "2 more organisations, now 10 organisations from 2 countries"),
        (1, "NGOs", "1 more NGO, now 10 NGOs from 2 countries"),
        (4, "unions", "4 more, now 10 unions from 2 countries"),
        (0, "groups", "Now 10 groups from 2 countries"),
        (-2, "groups", "Now 10 groups from 2 countries"),
    ],
)
@pytest.mark.usefixtures("app_sqlite")
def test_the_headline_of_a_further_list(more: int, noun: str, said: str) -> None:
    assert wording.further(more, TEN, noun) == said
