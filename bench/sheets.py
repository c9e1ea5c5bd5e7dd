"""The rows about sheets: 10,000 sign-ons from upload to list, and what a program does that checks nothing."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from time import monotonic

from sqlalchemy import insert

from bench.grounds import app_over, servers
from bench.table import Row
from campaign.core import clock
from campaign.core.db import Base, db
from campaign.jobs.tasks import sweep
from campaign.letters.models import Letter
from campaign.letters.rules import Visibility
from campaign.organisations.rules import Scope
from campaign.sheets import operations, queries
from campaign.sheets.lines import Arrival, Choices
from campaign.sheets.operations import Decided
from campaign.signing.models import Import
from campaign.signing.rules import Evidence, ImportState, SignatureStatus, Source
from tests.factories import COORDINATOR, make_letter

LINES = 10_000
LIMIT = LINES / 30  # a second
WHAT = f"a sheet of {LINES:,} sign-ons, looked through and brought in ÷ {LIMIT:.0f} lines a second"
BARE = "the same ÷ its names by bare INSERTs"
SYLLABLES = (
    "ba be bi bo du da de di ka ke ki ko la le li lu ma me mo na ni no ra re ri so su ta ti to ve za".split()
)
KINDS = (
    "Association for Human Rights,Women's Network,Centre for Legal Aid,Youth Alliance,Institute of Health,"
    "Foundation,Federation of Workers,Collective,Rights Watch,Peace Committee,Observatory,Teachers Union,"
    "Community Clinic,Development Society,Environment Council,Refugee Support,Lawyers for Justice"
).split(",")
COUNTRIES = "Peru,Kenya,Brasil,Côte d'Ivoire,Viet Nam,Deutschland,Türkiye,لبنان,Россия,UK,South Africa".split(
    ","
)


@dataclass(frozen=True)
class Sheet:
    """Invented organisations as lines of a sheet; no two sheets of a run have the same."""

    lines: Sequence[tuple[str, str, str, str]]

    @classmethod
    def invented(cls, seed: int) -> Sheet:
        """10,000 of them."""
        chance = random.Random(seed)  # noqa: S311 -- sample data

        def place() -> str:
            return "".join(chance.choices(SYLLABLES, k=chance.choice((3, 3, 4)))).title()

        names = {f"{place()} {chance.choice(KINDS)} of {place()}" for _ in range(2 * LINES)}
        some = sorted(names)[:LINES]
        return cls(
            [
                (n, chance.choice(COUNTRIES), f"Sample Person {i}", f"p{i}@example.org")
                for i, n in enumerate(some)
            ]
        )

    @property
    def content(self) -> bytes:
        """As a file."""
        stream = io.StringIO(newline="")
        csv.writer(stream).writerows([("Organisation", "Country", "Full name", "Email"), *self.lines])
        return stream.getvalue().encode()


def rows(folder: Path, repetitions: int) -> Iterator[Row]:
    """Two rows for each kind of database."""
    seeds = count()  # a worker that has read the same names before would be quicker
    with servers(folder) as found:
        for kind, server in found.items():
            limit, bare = Row(f"{kind}: {WHAT}", 1.0), Row(f"{kind}: {BARE}", None)
            with app_over(server, 25):
                for _repetition in range(repetitions):
                    sheet = Sheet.invented(next(seeds))
                    lines = ours(sheet)
                    limit.pairs.append((lines, LIMIT))
                    bare.pairs.append((lines, peer(sheet)))
            yield from (limit, bare)


def ours(sheet: Sheet) -> float:
    """Lines per second, from the file's arrival at the desk until its sign-ons are on the list."""
    letter, begun = make_letter(), monotonic()
    number = operations.keep(letter, "sheet.csv", sheet.content, COORDINATOR).id
    db.session.commit()
    sweep()
    kept = db.session.get_one(Import, number)
    letter = db.session.get_one(Letter, kept.letter_id)
    choices = Choices(Visibility.PUBLIC, Arrival.COUNT)
    operations.decide(
        kept, Decided(queries.reading_of(kept), kept.mapping, choices, {}, "they answered our form")
    )
    operations.start(kept, letter, COORDINATOR)
    db.session.commit()
    sweep()
    kept = db.session.get_one(Import, number)
    if kept.state is not ImportState.DONE:
        raise RuntimeError("the sheet was not brought in")
    db.session.commit()
    return len(sheet.lines) / (monotonic() - begun)


def peer(sheet: Sheet) -> float:
    """The same when nothing is read, checked, compared, encrypted or recorded: two INSERTs, one commit."""
    letter, now = make_letter(), clock.now()
    begun = monotonic()
    tables, scope = Base.metadata.tables, Scope.NATIONAL
    made = insert(tables["organisations"]).returning(
        tables["organisations"].c.id, sort_by_parameter_order=True
    )
    told = [{"name": name, "scope": scope, "created_at": now} for name, *_ in sheet.lines]
    ids = db.session.execute(made, told).scalars().all()
    signature = {
        "letter_id": letter.id,
        "status": SignatureStatus.INVALIDATED,
        "scope": scope,
        "visibility": Visibility.PUBLIC,
        "language": "en",
        "source": Source.IMPORT,
        "evidence": Evidence.VOUCHED,
        "flags": [],
        "signed_at": now,
    }
    lines = list(zip(sheet.lines, ids, strict=True))
    db.session.execute(
        insert(tables["signatures"]),
        [
            {**signature, "organisation_id": i, "name": n, "typed_name": n, "row_key": n, "country_text": c}
            for (n, c, *_), i in lines
        ],
    )
    db.session.commit()
    return len(lines) / (monotonic() - begun)
