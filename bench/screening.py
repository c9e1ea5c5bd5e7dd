"""The rows about screening: a new sign-on against ten thousand known organisations, all on its letter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import monotonic

from bench.grounds import app_over, servers
from bench.names import names
from bench.table import Row
from campaign.core import clock
from campaign.core.db import db
from campaign.letters.models import Letter
from campaign.letters.rules import Visibility
from campaign.organisations.models import Organisation
from campaign.organisations.naming import name_row
from campaign.organisations.rules import Scope
from campaign.signing.models import Signature
from campaign.signing.rules import Evidence, SignatureStatus, Source, row_key
from campaign.signing.screening import Subject, flags_of_many
from tests.factories import make_letter

KNOWN, ASKED = 10_000, 200
LIMIT = 20.0  # a second: 50 ms for each new sign-on
WHAT = f"sign-ons screened against {KNOWN:,} organisations ÷ {LIMIT:g} a second"
GOAL = 1.0


def rows(folder: Path, repetitions: int) -> Iterator[Row]:
    """One row for each database."""
    with servers(folder) as found:
        for kind, server in found.items():
            row = Row(f"{kind}: {WHAT}", GOAL)
            with app_over(server, 9):
                letter, known = make_letter(), names(KNOWN, seed=1)
                _enter(letter, known)
                flags_of_many(letter.id, [Subject(("Warm Quay",), "BH")])  # a process keeps its index warm
                for at in range(repetitions):
                    row.pairs.append((_ours(letter.id, at), LIMIT))
            yield row


def _enter(letter: Letter, known: list[str]) -> None:
    for name in known:
        organisation = Organisation(
            name=name, scope=Scope.NATIONAL, country_code="BH", created_at=clock.now(), domains=[]
        )
        row = name_row(name, "BH")
        row.folded = f"{row.folded} {id(row)}"  # names that chance made twice
        organisation.names.append(row)
        db.session.add(_signed(letter, organisation))
    db.session.commit()


def _signed(letter: Letter, organisation: Organisation) -> Signature:
    return Signature(
        letter=letter,
        organisation=organisation,
        status=SignatureStatus.ACCEPTED,
        name=organisation.name,
        typed_name=organisation.name,
        row_key=row_key(organisation.name, "BH", None, Scope.NATIONAL),
        country_code="BH",
        scope=Scope.NATIONAL,
        visibility=Visibility.PUBLIC,
        language="en",
        source=Source.FORM,
        evidence=Evidence.MAILBOX,
        signed_at=clock.now(),
        accepted_at=clock.now(),
    )


def _ours(letter_id: int, at: int) -> float:
    asked = names(ASKED, seed=100 + at)
    began = monotonic()
    for name in asked:
        flags_of_many(letter_id, [Subject((name,), "BH")])
        db.session.rollback()  # each in a transaction of its own, as requests are
    return ASKED / (monotonic() - began)
