"""An edition read back from its entries: the facts as they were, typed, for whoever prints or mails them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import select

from campaign.core.countries import Names
from campaign.core.db import db
from campaign.editions.agreeing import Agreed, agreed_from
from campaign.editions.earlier import Earlier, earlier_from
from campaign.editions.models import Edition, EditionEntry
from campaign.editions.rules import EntryKind, may_see
from campaign.letters.rules import Order, Sees, Visibility
from campaign.organisations.rules import Scope
from campaign.signing.roll import Entry
from campaign.tally.rules import Figures

_ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FrozenReader:
    """Those of an addressee's readers who see the same names, and so get the same file.

    `copies` are ids of Cc; `since` is from when a withheld name had to be given to be theirs, None: they see
    public ones only. An edition of before readers were told apart has one group, of `all_copies`.
    """

    copies: tuple[int, ...]
    since: datetime | None
    all_copies: bool = False


@dataclass(frozen=True, slots=True)
class FrozenSignatory(Entry):
    """A signatory as frozen; `first_in` is the number of the earliest edition it stood in.

    `shown_at`, of a withheld name, is when its signatory read who would see it. The hour of signing is not
    kept: `signed_at` is midnight.
    """

    shown_at: datetime | None = None
    first_in: int = 0


@dataclass(frozen=True, slots=True)
class FrozenAddressee:
    """An addressee as frozen; no mail address is in an edition.

    `readers` begins with their own group. `earlier` is the list they were last sent. `agreed` is the part of
    the signatories that is theirs to know, where the others have not agreed to this addressee.
    """

    id: int
    name: str
    title: str | None
    body: str | None
    language: str
    honorific: str | None
    salutation: str | None
    closing: str | None
    subject: str | None
    opening: str | None
    sees: str
    printed_copies: tuple[str, ...]
    readers: tuple[FrozenReader, ...]
    earlier: Earlier | None
    agreed: Agreed | None = None

    def reader_of(self, copy_id: int) -> int | None:
        """The number of a Cc's group, which is that of their file; None when they are not in this edition."""
        groups = enumerate(self.readers)
        return next((n for n, group in groups if group.all_copies or copy_id in group.copies), None)


@dataclass(frozen=True, slots=True)
class FrozenHost:
    """A host as frozen."""

    name: str
    website: str | None
    signed_by: str | None
    signed_title: str | None


@dataclass(frozen=True, slots=True)
class FrozenText:
    """Text, title, noun and notice in one language."""

    language: str
    title: str
    noun: str
    markdown: str
    reviewed: bool
    notice: str | None


@dataclass(frozen=True, slots=True)
class Frozen:
    """All of an edition's facts. Erased entries are simply missing; `erased` says how many.

    `withdrawn` are the erased signatories: how many stood there by name for everybody, and how many for
    readers of withheld names only. `earlier` is the highest list anybody was sent before this one; an
    addressee's own can be an older one. `unanswered` of the signatories stand under an older text than
    `text_version`, which is of `text_changed_at`, or of the letter's opening.
    """

    number: int
    frozen_at: datetime
    sha256: str
    slug: str
    public: bool
    original_language: str
    date: date | None
    place: str | None
    reference: str | None
    time_zone: str
    order: Order
    country_names: Names
    figures: Figures
    unnamed: int
    addressees_only: int
    unanswered: int
    text_version: int | None
    text_changed_at: datetime | None
    texts: dict[str, FrozenText]
    hosts: tuple[FrozenHost, ...]
    addressees: tuple[FrozenAddressee, ...]
    enclosures: tuple[str, ...]
    signatories: tuple[FrozenSignatory, ...]
    erased: int
    withdrawn: tuple[int, int]
    earlier: Earlier | None

    def text(self, language: str) -> FrozenText:
        """The text in that language, or in the original's."""
        return self.texts.get(language) or self.texts[self.original_language]

    def named_for(self, addressee: FrozenAddressee | None, reader: int = 0) -> list[FrozenSignatory]:
        """The signatories a group of an addressee's readers may see by name; without one, the public."""
        return [s for s in self.signatories if self.is_named(s, addressee, reader)]

    def is_named(self, one: FrozenSignatory, addressee: FrozenAddressee | None, reader: int = 0) -> bool:
        """Whether that group's list names one of the signatories; without an addressee, the public list."""
        if addressee and addressee.agreed and one.id not in addressee.agreed.signatories:
            return False
        return _named(one, addressee.readers[reader].since if addressee else None)

    def figures_for(self, addressee: FrozenAddressee | None) -> Figures:
        """What is counted in an addressee's letter: of a further body, those who agreed to it."""
        return addressee.agreed.figures if addressee and addressee.agreed else self.figures

    def unanswered_for(self, addressee: FrozenAddressee | None) -> int:
        """How many of these stand under an older text."""
        return addressee.agreed.unanswered if addressee and addressee.agreed else self.unanswered

    def withdrawn_for(self, addressee: FrozenAddressee | None, reader: int = 0) -> int:
        """How many names of that group's list were erased since; without an addressee, of the public list.

        When a withheld name was given went with it: a group that saw some of these is told of all.
        """
        public, withheld = self.withdrawn
        gone = public + (withheld if addressee and addressee.readers[reader].since else 0)
        if addressee and addressee.agreed:
            return min(gone, len(addressee.agreed.signatories - {one.id for one in self.signatories}))
        return gone

    def may_read(self, addressee: FrozenAddressee, reader: int, sees: Sees, since: datetime | None) -> bool:
        """Whether somebody who is set so now may still be given that group's file.

        Asked before sending: since freezing they may have been set to see less, or an id may have passed to
        another Cc.
        """
        now = since if sees is Sees.ALL else None
        return all(_named(signatory, now) for signatory in self.named_for(addressee, reader))

    def earlier_of(self, addressee: FrozenAddressee | None) -> Earlier | None:
        """The list an addressee, or without one the public, had before."""
        return addressee.earlier if addressee else self.earlier

    def more(self, addressee: FrozenAddressee | None) -> int:
        """How many more signatories are counted than in the list before; fewer after corrections: below 0."""
        before = self.earlier_of(addressee)
        return self.figures_for(addressee).signatories - (before.signatories if before else 0)

    def new_names(self, addressee: FrozenAddressee | None, reader: int = 0) -> list[FrozenSignatory]:
        """Those of the names they may see that are in no list up to the one before; none in a first list."""
        before = self.earlier_of(addressee)
        if before is None:
            return []
        if addressee and addressee.agreed and addressee.agreed.new is not None:
            return [s for s in self.named_for(addressee, reader) if s.id in addressee.agreed.new]
        return [s for s in self.named_for(addressee, reader) if s.first_in > before.number]


def _named(signatory: FrozenSignatory, since: datetime | None) -> bool:
    if signatory.visibility is Visibility.ADDRESSEES:
        return may_see(since, signatory.shown_at or signatory.signed_at)
    return signatory.visibility is Visibility.PUBLIC


def thaw(edition: Edition) -> Frozen:
    """Read an edition back from its entries."""
    rows = _entries(edition)
    facts: dict[EntryKind, list[dict[str, Any]]] = {kind: [] for kind in EntryKind}
    for row in rows:
        if row.payload is not None:
            facts[row.kind].append(json.loads(row.payload))
    letter = facts[EntryKind.LETTER][0]
    counted = facts[EntryKind.FIGURES][0]
    signatories = tuple(_signatory(s, edition.number) for s in facts[EntryKind.SIGNATORY])
    gone = sum(row.payload is None for row in rows if row.kind is EntryKind.SIGNATORY)
    return Frozen(
        number=edition.number,
        frozen_at=edition.frozen_at,
        sha256=edition.sha256,
        slug=letter["slug"],
        public=letter["circulation"] == "public",
        original_language=letter["original_language"],
        date=date.fromisoformat(letter["date"]) if letter["date"] else None,
        place=letter["place"],
        reference=letter["reference"],
        time_zone=letter["time_zone"],
        order=Order(letter["order"]),
        country_names=letter.get("country_names", {}),
        figures=Figures(**counted["figures"]),
        unnamed=counted["unnamed"],
        addressees_only=counted["addressees_only"],
        unanswered=counted.get("unanswered", 0),
        text_version=letter.get("text_version"),
        text_changed_at=_moment(letter.get("text_changed_at")),
        texts={t["language"]: FrozenText(**t) for t in facts[EntryKind.TEXT]},
        hosts=tuple(FrozenHost(**h) for h in facts[EntryKind.HOST]),
        addressees=tuple(_addressee(a) for a in facts[EntryKind.ADDRESSEE]),
        enclosures=tuple(d["title"] for d in facts[EntryKind.DOCUMENT]),
        signatories=signatories,
        erased=sum(row.payload is None for row in rows),
        withdrawn=_withdrawn(gone, counted["addressees_only"], signatories),
        earlier=earlier_from(letter.get("earlier")),
    )


def _withdrawn(gone: int, withheld: int, left: tuple[FrozenSignatory, ...]) -> tuple[int, int]:
    """Of so many erased signatories, how many were public and how many of the `withheld` there were."""
    still = sum(signatory.visibility is Visibility.ADDRESSEES for signatory in left)
    of_those = min(gone, max(0, withheld - still))
    return gone - of_those, of_those


def _entries(edition: Edition) -> Sequence[EditionEntry]:
    rows = select(EditionEntry).where(EditionEntry.edition_id == edition.id)
    return db.session.scalars(rows.order_by(EditionEntry.position)).all()


def _addressee(facts: dict[str, Any]) -> FrozenAddressee:
    told = {
        "printed_copies": tuple(facts["printed_copies"]),
        "readers": _readers(facts),
        "earlier": earlier_from(facts.get("earlier")),
        "agreed": agreed_from(facts.get("agreed")),
    }
    return FrozenAddressee(**{**facts, **told})


def _readers(facts: dict[str, Any]) -> tuple[FrozenReader, ...]:
    if "readers" not in facts:
        return (FrozenReader((), _ALWAYS if facts["sees"] == Sees.ALL else None, all_copies=True),)
    return tuple(FrozenReader(tuple(g["copies"]), _moment(g["since"])) for g in facts["readers"])


def _signatory(facts: dict[str, Any], number: int) -> FrozenSignatory:
    """Older editions have the second of signing, and neither of the last two."""
    return FrozenSignatory(
        id=facts["id"],
        name=facts["name"],
        name_other=facts["name_other"],
        country_code=facts["country_code"],
        scope=Scope(facts["scope"]),
        visibility=Visibility(facts["visibility"]),
        signed_at=_signed_at(facts),
        shown_at=_moment(facts.get("shown_at")),
        first_in=facts.get("first_in", number),
    )


def _signed_at(facts: dict[str, Any]) -> datetime:
    if "signed_at" in facts:
        return datetime.fromisoformat(facts["signed_at"])
    return datetime.combine(date.fromisoformat(facts["signed_on"]), time.min, UTC)


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
