"""Whether the process lives and whether it can work; nothing of versions or people in the answers."""

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Flask, Response, current_app, jsonify
from sqlalchemy.exc import SQLAlchemyError

from campaign.core.db import db

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return jsonify({"status": "ok"})


@health.get("/readyz")
def ready() -> tuple[Response, int]:
    """The database answers and is not behind this code."""
    try:
        behind = schema_is_behind()
    except SQLAlchemyError:
        return jsonify({"status": "unavailable", "database": "unreachable"}), 503
    if behind:
        return jsonify({"status": "unavailable", "database": "behind"}), 503
    return jsonify({"status": "ok"}), 200


def schema_is_behind() -> bool:
    """Whether migrations are missing.

    A database that is ahead is fine: that is how an upgrade without a pause looks.
    """
    script = ScriptDirectory(current_app.extensions["migrate"].directory)
    current = MigrationContext.configure(db.session.connection()).get_current_revision()
    known = {revision.revision for revision in script.walk_revisions()}
    db.session.rollback()
    return current is None or (current in known and current != script.get_current_head())


def init_app(app: Flask) -> None:
    """Add both addresses."""
    app.register_blueprint(health)
