"""Finding accounts."""

from collections.abc import Sequence

from sqlalchemy import func, select

from campaign.accounts.models import User
from campaign.accounts.rules import Action, may
from campaign.core.db import db


def user_by_email(email: str) -> User | None:
    """The account with that address, letter case ignored."""
    return db.session.scalar(select(User).where(func.lower(User.email) == email.strip().lower()))


def active_users() -> Sequence[User]:
    """Everybody who can sign in, by id."""
    return db.session.scalars(select(User).where(User.active.is_(True)).order_by(User.id)).all()


def releasers() -> list[int]:
    """The ids of everybody who can sign in and may release a letter: one of them asks, another approves."""
    return [user.id for user in active_users() if may(user.role_set, Action.RELEASE)]
