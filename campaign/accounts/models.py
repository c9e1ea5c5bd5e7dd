"""The tables of accounts, in the shape Flask-Security expects."""

from datetime import datetime

from flask_security import RoleMixin, UserMixin
from sqlalchemy import Boolean, Column, ForeignKey, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaign.accounts.rules import Role
from campaign.core.db import Base

user_roles = Table(
    "user_roles",
    Base.metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
)


class RoleRow(Base, RoleMixin):
    """A role by name; the names are `rules.Role`."""

    __tablename__ = "roles"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    permissions: Mapped[str | None] = mapped_column(String(200))  # type: ignore[assignment]


class User(Base, UserMixin):
    """Somebody who signs in at the desk. Changing `fs_uniquifier` ends all of that person's sessions."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(255), unique=True)
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(Boolean(create_constraint=False), default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    locale: Mapped[str] = mapped_column(String(20), default="en", server_default="en")
    created_at: Mapped[datetime]
    roles: Mapped[list[RoleRow]] = relationship(  # type: ignore[assignment]  # the mixin wants its own class
        secondary=user_roles, lazy="selectin"
    )

    @property
    def role_set(self) -> frozenset[Role]:
        """The roles as the rules know them."""
        return frozenset(Role(role.name) for role in self.roles)


class LoginAttempt(Base):
    """A try at signing in, so that guessing is slowed on every web host alike. Both keys are keyed hashes."""

    __tablename__ = "login_attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    mailbox: Mapped[str] = mapped_column(String(64), index=True)
    network: Mapped[str] = mapped_column(String(64), index=True)
    succeeded: Mapped[bool]
