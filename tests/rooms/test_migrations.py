"""The schema that migrations make is what the models mean; up and down, with data, on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import Enum, func, inspect, select, text

import config
from campaign import create_app
from campaign.audit.models import AuditEntry
from campaign.core.db import Base, db
from campaign.letters.models import Letter
from campaign.signing.models import Signature
from campaign.web.health import schema_is_behind
from tests.factories import make_edition, make_letter, make_signature


@pytest.fixture
def bare(bare_database_url: str, environment: dict[str, str]) -> Iterator[Flask]:
    """An app over a database without any table."""
    app = create_app(config.read({**environment, "DATABASE_URL": bare_database_url}))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def tables() -> set[str]:
    """Those the database has."""
    db.session.remove()
    return set(inspect(db.engine).get_table_names())


def revisions() -> list[str]:
    """From the first to the last."""
    script = ScriptDirectory(str(config.ROOT / "migrations"))
    return [revision.revision for revision in script.walk_revisions()][::-1]


def test_up_down_and_up_again_with_data(bare: Flask) -> None:
    assert schema_is_behind()
    upgrade()
    assert not schema_is_behind()
    assert tables() >= set(Base.metadata.tables)
    letter = make_letter()
    make_signature(letter)
    make_edition(letter)
    identifier = letter.id
    db.session.remove()
    upgrade()  # nothing to do, and nothing lost
    assert db.session.get_one(Letter, identifier).languages == ("en",)
    db.session.remove()
    for revision in revisions()[-2::-1]:
        downgrade(revision=revision)
    db.session.remove()
    assert schema_is_behind()
    assert (db.session.scalar(select(func.count()).select_from(AuditEntry)) or 0) > 0
    db.session.remove()
    downgrade(revision="base")
    assert tables() == {"alembic_version"}
    upgrade()
    assert not schema_is_behind()
    make_signature(make_letter())


def test_a_rebuilt_table_takes_no_rows_with_it(bare: Flask) -> None:
    upgrade()
    identifier = make_signature(make_letter()).id
    db.session.remove()
    downgrade(revision="0006")  # both ways rebuild letters, which signatures hang on by a cascade
    kept = select(func.count()).select_from(Signature.__table__)
    assert db.session.execute(kept).scalar_one() == 1
    db.session.remove()
    upgrade()
    assert db.session.get(Signature, identifier) is not None


def test_a_database_that_is_ahead_is_fine(bare: Flask) -> None:
    upgrade()
    db.session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    db.session.commit()
    assert not schema_is_behind()


def test_the_models_say_what_the_migrations_made(app: Flask) -> None:
    context = MigrationContext.configure(db.session.connection(), opts={"compare_type": True})
    assert compare_metadata(context, Base.metadata) == []


def _checks() -> dict[str, str]:
    """The CHECKs that are really in the database, by name; their words with quotes and casts left out."""
    found = {}
    inspector = inspect(db.session.connection())
    for table in Base.metadata.tables:
        for check in inspector.get_check_constraints(table):
            found[str(check["name"])] = str(check["sqltext"])
    return found


def test_every_enumeration_is_checked_by_the_database(app: Flask) -> None:
    real = _checks()
    compared = 0
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, Enum):
                words = set(re.findall(r"'([^']*)'", real[f"ck_{table.name}_{column.type.name}"]))
                assert words == set(column.type.enums), (table.name, column.name)
                compared += 1
    assert compared > 15
    assert "ck_signatures_live_is_identified" in real


def test_unique_indexes_over_some_rows_are_there(app: Flask) -> None:
    inspector = inspect(db.session.connection())
    for table, name in (
        ("signatures", "uq_signatures_letter_id_organisation_id_live"),
        ("consignments", "uq_consignments_edition_id_addressee_id_envelope"),
    ):
        index = next(i for i in inspector.get_indexes(table) if i["name"] == name)
        assert index["unique"]
        assert {"sqlite_where", "postgresql_where"} & set(index["dialect_options"])


def test_revisions_form_one_line_of_numbered_sentences() -> None:
    script = ScriptDirectory(str(config.ROOT / "migrations"))
    assert len(script.get_heads()) == 1
    assert revisions() == sorted(revisions())
    names = [path.stem for path in (config.ROOT / "migrations" / "versions").glob("*.py")]
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+", name) for name in names), names


def test_the_command_says_when_the_database_is_ready(command: Callable[..., object], app: Flask) -> None:
    result = command("db", "current")
    assert getattr(result, "exit_code", None) == 0
