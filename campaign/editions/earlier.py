"""What earlier editions of a letter said, for a further list that tells what is new."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import NotFound
from campaign.editions.models import Edition, EditionEntry
from campaign.editions.rules import EntryKind


@dataclass(frozen=True, slots=True)
class Earlier:
    """The list somebody had before: its number, how many signatories it counted, when it was frozen."""

    number: int
    signatories: int
    frozen_at: datetime

    def facts(self) -> dict[str, Any]:
        """As an entry of a snapshot carries it."""
        return {
            "number": self.number,
            "signatories": self.signatories,
            "frozen_at": clock.iso(self.frozen_at),
        }


def earlier_from(facts: dict[str, Any] | None) -> Earlier | None:
    """An earlier list from an entry."""
    if facts is None:
        return None
    return Earlier(facts["number"], facts["signatories"], datetime.fromisoformat(facts["frozen_at"]))


def earlier_lists(letter_id: int, numbers: Collection[int]) -> dict[int, Earlier]:
    """Editions of a letter by number, as later ones speak of them. Raises NotFound when one is missing."""
    rows = db.session.execute(
        select(Edition.number, Edition.frozen_at, EditionEntry.payload)
        .join(EditionEntry, EditionEntry.edition_id == Edition.id)
        .where(
            Edition.letter_id == letter_id,
            Edition.number.in_(numbers),
            EditionEntry.kind == EntryKind.FIGURES,
            EditionEntry.payload.is_not(None),
        )
    )
    found = {
        number: Earlier(number, json.loads(payload or "")["figures"]["signatories"], frozen_at)
        for number, frozen_at, payload in rows
    }
    if missing := set(numbers) - set(found):
        raise NotFound("there is no edition %(number)d of this letter", number=min(missing))
    return found


def earlier_addressees(letter_id: int, sent: Mapping[int, int]) -> dict[int, dict[str, Any]]:
    """What an addressee (id) was in the edition (number) they were last sent."""
    rows = db.session.execute(
        select(Edition.number, EditionEntry.payload)
        .join(EditionEntry, EditionEntry.edition_id == Edition.id)
        .where(
            Edition.letter_id == letter_id,
            Edition.number.in_(set(sent.values())),
            EditionEntry.kind == EntryKind.ADDRESSEE,
            EditionEntry.payload.is_not(None),
        )
    )
    found = ((number, json.loads(payload or "")) for number, payload in rows)
    return {facts["id"]: facts for number, facts in found if sent.get(facts["id"]) == number}


def first_numbers(letter_id: int) -> dict[int, int]:
    """For each signature (id) that stands in an edition of the letter, the number of the earliest one."""
    rows = db.session.execute(
        select(Edition.number, EditionEntry.payload)
        .join(EditionEntry, EditionEntry.edition_id == Edition.id)
        .where(
            Edition.letter_id == letter_id,
            EditionEntry.kind == EntryKind.SIGNATORY,
            EditionEntry.payload.is_not(None),
        )
        .order_by(Edition.number)
        .execution_options(yield_per=1000)
    )
    first: dict[int, int] = {}
    for number, payload in rows:
        first.setdefault(json.loads(payload or "")["id"], number)
    return first
