"""Roles and what each may do."""

from enum import StrEnum


class Role(StrEnum):
    """A person's role on the whole platform."""

    ADMIN = "admin"
    COORDINATOR = "coordinator"


class Action(StrEnum):
    """What a door asks about before it lets somebody through."""

    WRITE_LETTERS = "write letters"
    MODERATE = "moderate"
    SEE_CONTACTS = "see contacts"
    RELEASE = "release"
    MANAGE_ACCOUNTS = "manage accounts"


_MAY: dict[Role, frozenset[Action]] = {
    Role.ADMIN: frozenset(Action),
    Role.COORDINATOR: frozenset(Action) - {Action.MANAGE_ACCOUNTS},
}
SHORTEST_PASSWORD = 12


def may(roles: frozenset[Role], action: Action) -> bool:
    """Whether any of the roles allows the action."""
    return any(action in _MAY[role] for role in roles)
