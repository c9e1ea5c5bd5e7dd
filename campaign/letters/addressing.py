"""Addressees and their copies brought up to date: who is still the same, and since when they see withheld
names.
"""

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from campaign.core import clock
from campaign.core.text import clean, fold, mailbox
from campaign.letters.drafts import AddresseeDraft, CopyDraft, Draft
from campaign.letters.models import Addressee, Copy, Letter, TextVersion
from campaign.letters.rules import Sees

_LINES = ("title", "body", "email", "honorific", "salutation", "closing", "subject", "opening", "channel")

Row = TypeVar("Row")
Described = TypeVar("Described")


class Reachable(Protocol):
    """Somebody with or without a mail address: a row, or a description of one."""

    @property
    def email(self) -> str | None: ...


class InOffice(Reachable, Protocol):
    """An addressee: a row, or a description of one."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str | None: ...
    @property
    def body(self) -> str | None: ...


def by_name(person: InOffice) -> str:
    """Their name, folded."""
    return fold(person.name)


def by_mailbox(person: Reachable) -> str | None:
    """Their mailbox, folded; None without one, which is nobody's."""
    return mailbox(person.email) if person.email else None


def by_office(person: InOffice) -> tuple[str, str] | None:
    """What they hold and where, folded; None unless both are known."""
    title, body = fold(person.title or ""), fold(person.body or "")
    return (title, body) if title and body else None


def paired(
    rows: Sequence[Row],
    described: Sequence[Described],
    keys: Sequence[Callable[[Row | Described], Hashable | None]],
) -> list[Row | None]:
    """For each description the row that stands for the same already, or None.

    Each key is tried in turn on those the keys before it left over. Where several have the same key, the
    first described gets the first row.
    """
    found: dict[int, Row] = {}
    free = list(rows)
    for key in keys:
        for place, description in enumerate(described):
            wanted = None if place in found else key(description)
            row = next((row for row in free if wanted is not None and key(row) == wanted), None)
            if row is not None:
                found[place] = row
                free.remove(row)
    return [found.get(place) for place in range(len(described))]


def is_same_reader(before: InOffice, after: InOffice) -> bool:
    """Whether those who signed knew of this reader.

    Either the mailbox is the same, or what the form called them (their institution, else their name) is
    still theirs. Somebody of the same name at another institution and mailbox was never named.
    """
    if by_mailbox(before) is not None and by_mailbox(before) == by_mailbox(after):
        return True
    return fold(before.body or before.name) in (fold(after.name), fold(after.body or ""))


def institution(person: InOffice) -> str:
    """What the form calls them: the body they hold office in, else their name."""
    return person.body or person.name


def further_bodies(letter: Letter, draft: Draft) -> list[str]:
    """The institutions, each once, that an opened letter would go to and signatories have not agreed to.

    A new office-holder of a body that it goes to already is none; and none is where the form said that the
    letter may go to further bodies.
    """
    if letter.opened_at is None or letter.further_bodies:
        return []
    current = _present(letter)
    known = set(_since_when(current))
    found = {
        fold(institution(described)): clean(institution(described))
        for row, described in zip(_rows(current, draft), draft.addressees, strict=True)
        if row is None or not is_same_reader(row, described)
    }
    return [name for folded, name in found.items() if folded not in known]


def settle_addressees(letter: Letter, draft: Draft, asking: TextVersion | None = None) -> list[str]:
    """Bring the letter's addressees up to date: ["addressees"] when anything changed, else [].

    They are known by their name, else their mailbox, else their office, so that a new office-holder keeps
    thread and history. One that falls away is marked, never deleted. `asking` is the version in which
    signatories are asked about further bodies; without it nobody need be.
    """
    now = clock.now()
    current = _present(letter)
    before, since = [_values(a) for a in current], _since_when(current)
    kept = []
    rows = _rows(current, draft)
    for position, (found, described) in enumerate(zip(rows, draft.addressees, strict=True)):
        addressee = found or Addressee(created_at=now)
        same = found is not None and is_same_reader(found, described)
        if found is None:
            letter.addressees.append(addressee)
        elif not same:
            addressee.sees_since = None
        if not same:
            place = fold(institution(described))
            addressee.since_version_id = since.get(place, asking.id if asking else None)
        _fill(addressee, described, now)
        addressee.position = position
        addressee.language = described.language or draft.original_language
        kept.append(addressee)
    for addressee in current:
        if addressee not in kept:
            addressee.removed_at = now
    return ["addressees"] if [_values(a) for a in kept] != before else []


def _present(letter: Letter) -> list[Addressee]:
    return [a for a in letter.addressees if a.removed_at is None]


def _rows(current: Sequence[Addressee], draft: Draft) -> list[Addressee | None]:
    return paired(current, draft.addressees, (by_name, by_mailbox, by_office))


def _since_when(current: Sequence[Addressee]) -> dict[str, int | None]:
    """For each institution (folded) since which version (id) signatories know of it; None: from the start."""
    since: dict[str, int | None] = {}
    for addressee in current:
        place, version = fold(institution(addressee)), addressee.since_version_id
        earlier = since.get(place, version)
        since[place] = None if version is None or earlier is None else min(version, earlier)
    return since


def _fill(addressee: Addressee, described: AddresseeDraft, now: datetime) -> None:
    addressee.name = clean(described.name)
    for line in _LINES:
        setattr(addressee, line, getattr(described, line))
    _let_see(addressee, described.sees, now)
    known = paired(addressee.copies, described.copies, (by_mailbox,))
    addressee.copies = [
        _filled(copy or Copy(), one, addressee.sees, now)
        for copy, one in zip(known, described.copies, strict=True)
    ]
    for position, copy in enumerate(addressee.copies):
        copy.position = position


def _filled(copy: Copy, described: CopyDraft, usual: Sees, now: datetime) -> Copy:
    copy.email, copy.printed = described.email, described.printed
    copy.name = clean(described.name or "") or None
    copy.title = clean(described.title or "") or None
    _let_see(copy, described.sees or usual, now)
    return copy


def _let_see(reader: Addressee | Copy, sees: Sees, now: datetime) -> None:
    """Withheld names are shown from now on, as before, or not."""
    if sees is Sees.PUBLIC:
        reader.sees_since = None
    elif reader.sees is not Sees.ALL or reader.sees_since is None:
        reader.sees_since = now
    reader.sees = sees


def _values(a: Addressee) -> tuple[object, ...]:
    copies = tuple((c.email, c.name, c.title, c.printed, c.sees) for c in a.copies)
    return (a.name, a.language, a.sees, a.sees_since, copies, *(getattr(a, line) for line in _LINES))
