"""Who may pass: the desk's doors are shut to everybody who is not signed in and allowed."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask_security import auth_required, current_user

from campaign.accounts.rules import Action, may
from campaign.audit.rules import Actor, ActorKind
from campaign.core.errors import NotAllowed

P = ParamSpec("P")
R = TypeVar("R")


def allowed(action: Action) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let through only somebody signed in whose role allows the action.

    Others are sent to sign in, or answered 403.
    """

    def guard(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not may(current_user.role_set, action):
                raise NotAllowed("your role does not allow this")
            return view(*args, **kwargs)

        passed: Callable[P, R] = auth_required("session")(guarded)
        passed.guarded_by = action  # type: ignore[attr-defined]  # the route matrix reads it
        return passed

    return guard


def actor() -> Actor:
    """The coordinator who acts."""
    return Actor(ActorKind.USER, current_user.id)
