"""The worker's part: the forms by which names are found, written where they are missing or out of date."""

from campaign.core.db import db
from campaign.organisations.naming import BATCH, refill


def fill_in_names() -> None:
    """In short transactions, so that nobody waits long for a row."""
    while True:
        written = refill()
        db.session.commit()
        if written < BATCH:
            return
