"""A frozen edition among edits of everything else, and changes that somebody makes by SQL behind our back."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import String, inspect, select, update
from sqlalchemy.exc import SQLAlchemyError, StatementError

import config
from campaign import create_app
from campaign.audit.models import AuditEntry
from campaign.audit.operations import chain
from campaign.audit.queries import verify
from campaign.core.db import Base, db
from campaign.editions.frozen import thaw
from campaign.editions.models import Edition, EditionEntry, EditionFile
from campaign.editions.rules import commitment, sha256
from campaign.editions.soundness import flaws
from campaign.letters.rules import Visibility
from tests.factories import make_edition, make_letter, make_signature
from tests.faults.found import Found
from tests.servers import PostgresServer, SqliteServer

KEPT = (Edition, EditionEntry, EditionFile, AuditEntry)
LETTERS = "abcdefghijklmnopqrstuvwxyz"
Change = Callable[[random.Random], None]


@contextmanager
def app_over(server: SqliteServer | PostgresServer, settings: dict[str, str]) -> Iterator[Flask]:
    """An app over a new database, which is gone afterwards; the block stands in its context."""
    url = server.create()
    app = create_app(config.read({**settings, "DATABASE_URL": url}))
    try:
        with app.app_context():
            upgrade()
            yield app
            db.session.remove()
            db.engine.dispose()
    finally:
        server.drop(url)


def signed_edition(signatories: int = 12) -> Edition:
    """An edition with its files, of a letter that some sign by name and some not; the record is chained."""
    letter = make_letter()
    for number, visibility in zip(range(signatories), list(Visibility) * signatories, strict=False):
        make_signature(letter, organisation=f"Voice {number}", visibility=visibility)
    edition = make_edition(letter)
    while chain():
        db.session.commit()
    return edition


# Everything else is edited, renamed and erased -----------------------------------------------------


def edit_everything(edition: Edition, seed: int) -> Found:
    """Each text of each row outside the edition is replaced, then each row erased that can be."""
    chance, found = random.Random(seed), Found("", seed)
    before, hash_ = thaw(edition), edition.sha256
    changed = sum(_replaced(row, chance) for row in _others())
    found.expect(thaw(_again(edition)) == before, "an edit shows in the edition")
    erased = sum(_erased(row) for row in _others())
    edition = _again(edition)
    found.expect((edition.sha256, sha256(edition.snapshot)) == (hash_, hash_), "the hash is another")
    found.expect(thaw(edition) == before, "an erasure shows in the edition")
    found.faults += flaws(edition)
    found.expect(changed > 50 and erased > 10, f"only {changed} values edited, {erased} rows erased")
    found.tried = f"{changed} values edited, {erased} rows erased: same SHA-256"
    return found


def _others() -> list[Any]:
    classes = [mapper.class_ for mapper in Base.registry.mappers if mapper.class_ not in KEPT]
    return [row for class_ in classes for row in db.session.scalars(select(class_)).all()]


def _again(edition: Edition) -> Edition:
    return db.session.get_one(Edition, edition.id, populate_existing=True)


def _replaced(row: Any, chance: random.Random) -> int:
    """How many of a row's texts the database let us replace."""
    texts = [c.key for c in inspect(type(row)).columns if isinstance(c.type, String) and not c.primary_key]
    return sum(_taken(lambda name=name: setattr(row, name, _word(chance))) for name in texts)  # type: ignore[misc]


def _erased(row: Any) -> int:
    """1 when the database let us erase a row; one that went with another is no more."""
    key = inspect(row).identity
    there = db.session.get(type(row), key, populate_existing=True) if key else None
    return int(there is not None and _taken(lambda: db.session.delete(there)))


def _taken(change: Callable[[], None]) -> bool:
    """Whether the database takes a change; what it refuses is undone."""
    try:
        change()
        db.session.commit()
    except (SQLAlchemyError, StatementError, ValueError, LookupError):
        db.session.rollback()
        return False
    return True


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(LETTERS, k=12))


# Somebody changes the store behind our back --------------------------------------------------------


def tamper_with_edition(edition: Edition, times: int, seed: int) -> Found:
    """Random changes to entries, snapshot, hash and files: each is named."""
    changes: list[Change] = [
        lambda c: _rewrite(_any_entry(edition, c), c, "payload"),
        lambda c: _set(_any_entry(edition, c), salt=c.randbytes(16)),
        lambda c: _set(_any_entry(edition, c), salt=None),
        lambda c: _rewrite(_any_entry(edition, c), c, "commitment"),
        lambda c: _forge(_any_entry(edition, c)),
        lambda c: _swap(*c.sample(_entries(edition), 2)),
        lambda c: db.session.delete(_any_entry(edition, c)),
        lambda c: _rewrite(edition, c, "snapshot"),
        lambda c: _rewrite(edition, c, "sha256"),
        lambda c: _set(edition, number=edition.number + c.randint(1, 9)),
        lambda c: _rewrite_whole(edition, c),
        lambda c: _rewrite(c.choice(edition.files), c, "content"),
    ]
    found = _tampered(changes, lambda: bool(flaws(_again(edition))), times, seed)
    found.tried = f"{times:,} changes to an edition"
    return found


def tamper_with_record(times: int, seed: int) -> Found:
    """Random changes to the chained record: each breaks the chain. Only its newest row has none behind it."""
    rows = db.session.scalars(select(AuditEntry).order_by(AuditEntry.sequence)).all()
    earlier = rows[:-1]
    changes: list[Change] = [
        *(lambda c, n=name: _rewrite(c.choice(rows), c, n) for name in ("action", "subject_kind", "chain")),
        *(
            lambda c, n=name: _set(c.choice(rows), **{n: c.randint(10**6, 10**9)})
            for name in ("subject_id", "actor_id", "letter_id")
        ),
        lambda c: _set(c.choice(rows), details={"number": c.randint(10**6, 10**9)}),
        lambda c: _set(c.choice(earlier), sequence=None),
        lambda c: db.session.delete(c.choice(earlier)),
        lambda c: _exchange(*c.sample(rows, 2)),
    ]
    found = _tampered(changes, lambda: verify().broken_at is not None, times, seed)
    found.tried = f"{times:,} to a record of {len(rows)} acts"
    return found


def _tampered(changes: Sequence[Change], is_named: Callable[[], bool], times: int, seed: int) -> Found:
    """Each change alone: made, looked for, and undone."""
    chance, found = random.Random(seed), Found("", seed)
    found.expect(not is_named(), "something is named before anything was changed")
    for number in range(times):
        kind = number % len(changes)
        changes[kind](chance)
        db.session.flush()
        db.session.expire_all()
        found.expect(is_named(), f"change {number}, of kind {kind}, is not named")
        db.session.rollback()
    return found


def _entries(edition: Edition) -> list[EditionEntry]:
    rows = select(EditionEntry).where(EditionEntry.edition_id == edition.id)
    return list(db.session.scalars(rows.order_by(EditionEntry.position)).all())


def _any_entry(edition: Edition, chance: random.Random) -> EditionEntry:
    return chance.choice(_entries(edition))


def _set(row: Any, **values: Any) -> None:
    db.session.execute(update(type(row)).where(type(row).id == row.id).values(**values))


def _rewrite(row: Any, chance: random.Random, name: str) -> None:
    """Another character at a random place."""
    value = getattr(row, name)
    place = chance.randrange(len(value))
    if isinstance(value, bytes):
        _set(row, **{name: value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]})
    else:
        other = chance.choice([letter for letter in LETTERS if letter != value[place]])
        _set(row, **{name: value[:place] + other + value[place + 1 :]})


def _forge(entry: EditionEntry) -> None:
    """Another payload, with the commitment to match."""
    payload = json.dumps({**json.loads(entry.payload or "{}"), "forged": True})
    _set(entry, payload=payload, commitment=commitment(entry.salt or b"", payload))


def _swap(one: EditionEntry, other: EditionEntry) -> None:
    places = one.position, other.position
    for entry, place in ((one, -1), (other, places[0]), (one, places[1])):
        _set(entry, position=place)


def _rewrite_whole(edition: Edition, chance: random.Random) -> None:
    """An entry left out, and snapshot and hash made anew to match: only the record of acts knows better."""
    entry = _entries(edition)[-1]
    facts = json.loads(edition.snapshot)
    facts["entries"].pop()
    again = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    db.session.delete(entry)
    _set(edition, snapshot=again, sha256=sha256(again))


def _exchange(one: AuditEntry, other: AuditEntry) -> None:
    """Two acts change places."""
    places = one.sequence, other.sequence
    for entry, place in ((one, None), (other, places[0]), (one, places[1])):
        _set(entry, sequence=place)
