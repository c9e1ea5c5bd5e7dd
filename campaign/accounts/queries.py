"""Finding accounts."""

from collections.abc import Sequence

from sqlalchemy import func, select

from campaign.accounts.models import User
from campaign.core.db import db


def user_by_email(email: str) -> User | None:
    """The account with that address, letter case ignored."""
    return db.session.scalar(select(User).where(func.lower(User.email) == email.strip().lower()))


def active_users() -> Sequence[User]:
    """Everybody who can sign in, by id."""
    return db.session.scalars(select(User).where(User.active.is_(True)).order_by(User.id)).all()
