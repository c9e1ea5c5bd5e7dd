"""What the worker calls of this room: forgetting who tried to sign in."""

from campaign.accounts import throttle
from campaign.core import clock
from campaign.core.db import db


def forget() -> None:
    """Forget the tries at signing in that are older than a day."""
    throttle.forget(clock.now())
    db.session.commit()
