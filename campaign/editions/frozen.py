"""An edition read back from its entries: the facts as they were, typed, for whoever prints or mails them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from campaign.core.db import db
from campaign.editions.models import Edition, EditionEntry
from campaign.editions.rules import EntryKind
from campaign.letters.rules import Order, Visibility
from campaign.organisations.rules import Scope
from campaign.signing.roll import Entry
from campaign.tally.rules import Figures


@dataclass(frozen=True, slots=True)
class FrozenAddressee:
    """An addressee as frozen; no mail address is in an edition."""

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
    """All of an edition's facts. Erased entries are simply missing; `erased` says how many."""

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
    signatories: tuple[Entry, ...]
    erased: int

    def text(self, language: str) -> FrozenText:
        """The text in that language, or in the original's."""
        return self.texts.get(language) or self.texts[self.original_language]

    def named_for(self, sees_all: bool) -> list[Entry]:
        """The signatories a reader may see by name."""
        seen = {Visibility.PUBLIC, Visibility.ADDRESSEES} if sees_all else {Visibility.PUBLIC}
        return [entry for entry in self.signatories if entry.visibility in seen]


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
        signatories=_signatories(facts[EntryKind.SIGNATORY]),
        erased=sum(row.payload is None for row in rows),
    )


def _addressee(facts: dict[str, Any]) -> FrozenAddressee:
    return FrozenAddressee(**{**facts, "printed_copies": tuple(facts["printed_copies"])})


def _signatories(facts: Sequence[dict[str, Any]]) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            id=f["id"],
            name=f["name"],
            name_other=f["name_other"],
            country_code=f["country_code"],
            scope=Scope(f["scope"]),
            visibility=Visibility(f["visibility"]),
            signed_at=datetime.fromisoformat(f["signed_at"]),
        )
        for f in facts
    )
