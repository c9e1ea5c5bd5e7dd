"""The worker's part in the record."""

from campaign.audit import operations
from campaign.core.db import db


def chain() -> int:
    """Chain what was committed since. Returns how many rows."""
    done = operations.chain()
    db.session.commit()
    return done
