"""Making accounts."""

import secrets

from flask_security import hash_password
from sqlalchemy import select

from campaign.accounts.models import RoleRow, User
from campaign.accounts.queries import user_by_email
from campaign.accounts.rules import SHORTEST_PASSWORD, Role
from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput


def create(email: str, password: str, role: Role, actor: Actor) -> User:
    """A new account. Raises InvalidInput for a short password, Conflict when the address has an account."""
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidInput(
            "the password needs at least %(least)d characters", "password", least=SHORTEST_PASSWORD
        )
    if user_by_email(email):
        raise Conflict("there is an account with that address already")
    user = User(
        email=email.strip().lower(),
        password=hash_password(password),
        active=True,
        fs_uniquifier=secrets.token_hex(32),
        created_at=clock.now(),
        roles=[_role(role)],
    )
    db.session.add(user)
    db.session.flush()  # the audit row needs the id
    record(actor, "account.created", "user", user.id, None, role=role.value)
    return user


def speak_to(user: User, locale: str, actor: Actor) -> None:
    """The desk, and mails to this account, are in that language (BCP 47) from now on."""
    if user.locale == locale:
        return
    user.locale = locale
    record(actor, "account.language", "user", user.id, None, language=locale)


def _role(role: Role) -> RoleRow:
    found = db.session.scalar(select(RoleRow).where(RoleRow.name == role.value))
    return found or RoleRow(name=role.value)
