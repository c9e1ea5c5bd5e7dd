"""The rows about long lists: pages of a letter with 100,000 signatories, to those of one with 1,000."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import insert, select, text

from bench.grounds import app_over, servers
from bench.table import Row
from campaign.core import clock
from campaign.core.db import db
from campaign.letters.models import Letter
from campaign.letters.rules import Visibility
from campaign.organisations.models import Organisation
from campaign.organisations.rules import Scope
from campaign.signing.models import Signature
from campaign.signing.rules import Evidence, SignatureStatus, Source, row_key
from campaign.tally.models import Total
from tests.factories import make_letter

LONG, SHORT, AT_ONCE = 100_000, 1_000, 5_000
PLACES = ("BH", "FR", "KE", "PE", "PH", "PY", "TD", "TN", "UA", "VN")
KINDS = ("Harbour Watch", "Union of Ferns", "Quay Friends", "Mosses Together", "Reed Circle")
WORD = "ferns"
# What is opened, and how high the ratio shall be: a page by key is as soon there, however long the list is. A
# search looks through all names, and the chart of pace through all days.
PAGES = (
    ("the letter", "", 0.95),
    ("the first page of the list", "/signatories?by=name", 0.5),
    ("a page in the middle", "/signatories?by=name&after={middle}", 0.5),
    ("one country", "/signatories?country=KE", None),
    ("a search", f"/signatories?q={WORD}", None),
    ("map and figures", "/countries", None),
)


def rows(folder: Path, repetitions: int) -> Iterator[Row]:
    """A row for each page and database."""
    with servers(folder) as found:
        for kind, server in found.items():
            with app_over(server, 9) as (app, _settings):
                client, (long, short) = app.test_client(), (_filled(count) for count in (LONG, SHORT))
                for name, path, goal in PAGES:
                    row = Row(f"{kind}: {name}, {LONG:,} signatories ÷ {SHORT:,}", goal)
                    for _ in range(repetitions):
                        row.pairs.append((_rate(client, long, path), _rate(client, short, path)))
                    yield row


def _filled(count: int) -> tuple[str, int]:
    """A letter with so many signatories: where it is, and the signature in the middle of its list."""
    letter = make_letter(slug=f"list-of-{count}")
    places = [PLACES[n % len(PLACES)] for n in range(count)]
    for start in range(0, count, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, count))
        found = [_organisation(n, places[n]) for n in numbers]
        known = db.session.scalars(insert(Organisation).returning(Organisation.id), found).all()
        signed = [_signed(letter, of, **one) for of, one in zip(known, found, strict=True)]
        db.session.execute(insert(Signature), signed)
    for code, there in Counter(places).items():
        cell = {"country_code": code, "scope": Scope.NATIONAL, "visibility": Visibility.PUBLIC}
        db.session.add(Total(letter_id=letter.id, signatures=there, **cell))
    db.session.execute(text("ANALYZE"))  # as a database does by itself after a while
    db.session.commit()
    middle = select(Signature.id).where(Signature.letter_id == letter.id).order_by(Signature.row_key)
    return f"/letters/{letter.slug}", db.session.scalars(middle.offset(count // 2).limit(1)).one()


def _organisation(number: int, place: str) -> dict[str, Any]:
    name = f"{KINDS[number % len(KINDS)]} {number}"
    return {"name": name, "scope": Scope.NATIONAL, "country_code": place, "created_at": clock.now()}


def _signed(letter: Letter, organisation: int, **listed: Any) -> dict[str, Any]:
    name, place, now = listed["name"], listed["country_code"], listed.pop("created_at")
    return {
        **listed,
        "letter_id": letter.id,
        "organisation_id": organisation,
        "status": SignatureStatus.ACCEPTED,
        "typed_name": name,
        "row_key": row_key(name, place, None, Scope.NATIONAL),
        "visibility": Visibility.PUBLIC,
        "language": "en",
        "source": Source.FORM,
        "evidence": Evidence.MAILBOX,
        "signed_at": now,
        "accepted_at": now,
    }


def _rate(client: FlaskClient, letter: tuple[str, int], path: str) -> float:
    """How many times a second the page can be had."""
    address = letter[0] + path.format(middle=letter[1])
    client.get(address)  # what is read once for a process is read now
    began, times = monotonic(), 5
    for _ in range(times):
        answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")
    return times / (monotonic() - began)
