"""An edition read back from its entries: the facts as they were, typed, for whoever prints or mails them."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import select

from campaign.core.db import db
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

    `readers` begins with their own group. `earlier` is the list they were last sent.
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

    `earlier` is the highest list anybody was sent before this one; an addressee's own can be an older one.
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
    figures: Figures
    unnamed: int
    addressees_only: int
    texts: dict[str, FrozenText]
    hosts: tuple[FrozenHost, ...]
    addressees: tuple[FrozenAddressee, ...]
    enclosures: tuple[str, ...]
    signatories: tuple[FrozenSignatory, ...]
    erased: int
    earlier: Earlier | None

    def text(self, language: str) -> FrozenText:
        """The text in that language, or in the original's."""
        return self.texts.get(language) or self.texts[self.original_language]

    def named_for(self, addressee: FrozenAddressee | None, reader: int = 0) -> list[FrozenSignatory]:
        """The signatories a group of an addressee's readers may see by name; without one, the public."""
        since = addressee.readers[reader].since if addressee else None
        return [s for s in self.signatories if _named(s, since)]

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
        return self.figures.signatories - (before.signatories if before else 0)

    def new_names(self, addressee: FrozenAddressee | None, reader: int = 0) -> list[FrozenSignatory]:
        """Those of the names they may see that are in no list up to the one before; none in a first list."""
        before = self.earlier_of(addressee)
        if before is None:
            return []
        return [s for s in self.named_for(addressee, reader) if s.first_in > before.number]


def _named(signatory: FrozenSignatory, since: datetime | None) -> bool:
    if signatory.visibility is Visibility.ADDRESSEES:
        return may_see(since, signatory.shown_at or signatory.signed_at)
    return signatory.visibility is Visibility.PUBLIC


def thaw(edition: Edition) -> Frozen:
    """Read an edition back from its entries."""
    rows = db.session.scalars(
        select(EditionEntry).where(EditionEntry.edition_id == edition.id).order_by(EditionEntry.position)
    ).all()
    facts: dict[EntryKind, list[dict[str, Any]]] = {kind: [] for kind in EntryKind}
    for row in rows:
        if row.payload is not None:
            facts[row.kind].append(json.loads(row.payload))
    letter = facts[EntryKind.LETTER][0]
    counted = facts[EntryKind.FIGURES][0]
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
        figures=Figures(**counted["figures"]),
        unnamed=counted["unnamed"],
        addressees_only=counted["addressees_only"],
        texts={t["language"]: FrozenText(**t) for t in facts[EntryKind.TEXT]},
        hosts=tuple(FrozenHost(**h) for h in facts[EntryKind.HOST]),
        addressees=tuple(_addressee(a) for a in facts[EntryKind.ADDRESSEE]),
        enclosures=tuple(d["title"] for d in facts[EntryKind.DOCUMENT]),
        signatories=tuple(_signatory(s, edition.number) for s in facts[EntryKind.SIGNATORY]),
        erased=sum(row.payload is None for row in rows),
        earlier=earlier_from(letter.get("earlier")),
    )


def _addressee(facts: dict[str, Any]) -> FrozenAddressee:
    told = {
        "printed_copies": tuple(facts["printed_copies"]),
        "readers": _readers(facts),
        "earlier": earlier_from(facts.get("earlier")),
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
