"""The names an organisation is known by: each with the forms by which it is found again.

`matched` holds what the name tells, as words of `vocabulary.py`, after a mark of the vocabulary it was read
with; a row whose mark is another is read anew when it is met, and written anew by the worker.
"""

import zlib
from functools import cache, lru_cache

from sqlalchemy import select

from campaign.core.confusables import likeness
from campaign.core.db import db
from campaign.core.text import clean, fold
from campaign.organisations.models import OrganisationName
from campaign.organisations.reading import read
from campaign.organisations.rules import NameKind
from campaign.organisations.vocabulary import data_files

LONGEST_FORM = 400
BATCH = 500


@cache
def mark() -> str:
    """What tells one vocabulary from another: eight characters, "#" first."""
    return f"#{zlib.crc32(b''.join(path.read_bytes() for path in data_files())) & 0xFFFFFFF:07x}"


@lru_cache(maxsize=20_000)
def matched_form(name: str) -> str:
    """What a name tells, in the order of the alphabet: a mark, then kind and meaning of each word."""
    told = sorted({word.concept.replace(" ", "_") for word in read(name).readings[0].telling})
    kept = mark()
    for concept in told:
        if len(kept) + len(concept) + 1 <= LONGEST_FORM:
            kept += f" {concept}"
    return kept


@lru_cache(maxsize=20_000)
def skeleton_form(name: str) -> str:
    """What a name looks like, in one piece."""
    return "".join(c for c in likeness(name) if c.isalnum())[:LONGEST_FORM]


def name_row(
    name: str, place: str, kind: NameKind = NameKind.NAME, language: str | None = None
) -> OrganisationName:
    """A name as a row, with every form of it; not yet of any organisation."""
    return OrganisationName(**name_values(name, place), kind=kind, language=language)


def name_values(name: str, place: str) -> dict[str, str]:
    """The columns of a name's row that are made of the name, and its place."""
    name = clean(name)
    return {
        "name": name,
        "folded": fold(name)[:LONGEST_FORM],
        "place": place,
        "matched": matched_form(name),
        "skeleton": skeleton_form(name),
    }


def refill(limit: int = BATCH) -> int:
    """Write the forms of names that have none, or those of another vocabulary. Returns how many it wrote."""
    behind = select(OrganisationName).where(~OrganisationName.matched.startswith(mark(), autoescape=True))
    rows = db.session.scalars(behind.order_by(OrganisationName.id).limit(limit)).all()
    for row in rows:
        row.matched, row.skeleton = matched_form(row.name), skeleton_form(row.name)
    db.session.flush()
    return len(rows)
