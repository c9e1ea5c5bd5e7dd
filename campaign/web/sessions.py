"""Sessions for those who sign in, and no trace of one on pages that are the same for everybody."""

from collections.abc import Iterable

from flask import Blueprint, Flask, Response, current_app, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin


class SessionsElsewhere(SecureCookieSessionInterface):
    """Sessions as always, but none on the blueprints that need none.

    Flask-Login looks into the session at each request; without this every answer would say `Vary: Cookie`.
    """

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Neither a cookie nor `Vary: Cookie` there."""
        if request.blueprint not in current_app.extensions["cookieless"]:
            super().save_session(app, session, response)


def init_app(app: Flask, cookieless: Iterable[Blueprint]) -> None:
    """Keep sessions off these blueprints."""
    app.extensions["cookieless"] = frozenset(blueprint.name for blueprint in cookieless)
    app.session_interface = SessionsElsewhere()
