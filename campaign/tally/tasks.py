"""The worker's part: folding changes into totals."""

from campaign.core.db import db
from campaign.tally import operations


def fold() -> int:
    """Fold what is pending. Returns how many cells or changes were folded."""
    done = operations.fold()
    db.session.commit()
    return done
