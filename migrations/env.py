"""How migrations run: explicit transactions, one migrating process at a time, no endless wait for locks."""

from alembic import context
from flask import current_app
from sqlalchemy import text

MIGRATE_LOCK = 0x4D49_4752  # advisory lock number: "MIGR"
migrate = current_app.extensions["migrate"]


def run() -> None:
    """Upgrade or downgrade over the app's own engine."""
    engine = migrate.db.engine
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET lock_timeout = '10s'"))
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": MIGRATE_LOCK})
            connection.commit()
        elif connection.dialect.name == "sqlite":
            # Batch migrations rebuild tables; SQLite would cascade the drop of the old one. The pragma does
            # nothing inside a transaction, and SQLAlchemy would begin one: hence the driver's own connection.
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection, target_metadata=migrate.db.metadata, **migrate.configure_args
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
        if connection.dialect.name == "sqlite":
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")
        else:
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": MIGRATE_LOCK})
            connection.commit()


run()
