"""Flask-Security, fitted in.

Its tables are ours, its mails go through the outbox, its pages look like the desk.
"""

import math
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from hashlib import sha256
from typing import Any

from babel.dates import format_timedelta
from flask import Flask, Response, make_response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_security import MailUtil, Security, SQLAlchemySessionUserDatastore, current_user

from campaign.accounts import throttle
from campaign.accounts.models import RoleRow, User
from campaign.accounts.rules import SHORTEST_PASSWORD
from campaign.core import locales
from campaign.core.db import db
from campaign.core.errors import InvalidInput
from campaign.web.callers import caller
from campaign.web.errors import answer
from campaign.web.language import language

View = Callable[[], ResponseReturnValue]
ASKING_FOR_A_PASSWORD = ("security.login", "security.verify")


class NoMail(MailUtil):
    """Nothing of Flask-Security's that is switched on sends mail.

    If that changes, it must owe it to the outbox.
    """

    def send_mail(self, template: str, *args: Any, **kwargs: Any) -> None:
        """Refuse loudly: a mail inside a request is never right here."""
        raise RuntimeError(f"mail {template!r} must go through the outbox")


def init_app(app: Flask) -> None:
    """Sign-in at /desk/sign-in with Argon2; who guesses is slowed, per account and per network."""
    settings = app.config["SETTINGS"]
    app.config |= {
        "SECURITY_PASSWORD_HASH": "argon2",
        # Made from the one key that is never rotated: another one would end all passwords.
        "SECURITY_PASSWORD_SALT": sha256(f"passwords:{settings.index_key}".encode()).hexdigest(),
        "SECURITY_PASSWORD_LENGTH_MIN": SHORTEST_PASSWORD,
        "SECURITY_LOGIN_URL": "/desk/sign-in",
        "SECURITY_LOGOUT_URL": "/desk/sign-out",
        "SECURITY_LOGOUT_METHODS": ["POST"],
        "SECURITY_POST_LOGIN_VIEW": "/desk/",
        "SECURITY_POST_LOGOUT_VIEW": "/desk/sign-in",
        "SECURITY_LOGIN_USER_TEMPLATE": "desk/sign_in.html",
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_SEND_REGISTER_EMAIL": False,
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
        "SECURITY_FLASH_MESSAGES": False,
        "SECURITY_VERIFY_URL": "/desk/verify",
        "SECURITY_STATIC_FOLDER": None,
        "SECURITY_CACHE_CONTROL": None,  # it would write "no-store=True", which no browser obeys; see headers
        "SECURITY_DEFAULT_REMEMBER_ME": False,
        "SECURITY_CSRF_IGNORE_UNAUTH_ENDPOINTS": False,
        "SESSION_COOKIE_SECURE": settings.https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_SECURE": settings.https,
    }
    app.extensions["security_instance"] = Security(
        app, SQLAlchemySessionUserDatastore(db.session, User, RoleRow), mail_util_cls=NoMail
    )
    for endpoint in ASKING_FOR_A_PASSWORD:
        view: Any = app.view_functions[endpoint]
        app.view_functions[endpoint] = _slowed(view)


def _slowed(view: View) -> View:
    """A page that asks for a password, and lets nobody try many."""

    @wraps(view)
    def guarded() -> ResponseReturnValue:
        email = _account_asked_for()
        if request.method != "POST" or email is None:
            return view()
        attempt = throttle.begin(email, caller())
        if isinstance(attempt, timedelta):
            db.session.rollback()
            return _too_soon(attempt)
        db.session.commit()  # a commit more than other pages have: see throttle.begin
        response = make_response(view())
        if response.status_code == 302 and _is_signed_in_as(email):
            throttle.succeed(attempt)
            db.session.commit()
        return response

    return guarded


def _account_asked_for() -> str | None:
    """The address whose password is asked for, as it was typed; None where nobody is asked.

    Flask-Security would also read JSON, where tries at an account would be looked for in vain.
    """
    if request.is_json:
        raise InvalidInput("please use the form to sign in")
    if request.endpoint == "security.login":
        return request.form.get("email", "")
    return str(current_user.email) if current_user.is_authenticated else None


def _is_signed_in_as(email: str) -> bool:
    mine = current_user.is_authenticated and throttle.mailbox_key(current_user.email)
    return bool(mine == throttle.mailbox_key(email))


def _too_soon(left: timedelta) -> Response:
    """429, the same whether there is such an account or not."""
    seconds = math.ceil(left.total_seconds())
    said = format_timedelta(timedelta(seconds=seconds), threshold=2, locale=locales.parse(language()))
    response = answer(429, _("There were too many tries. You can try again in %(time)s.", time=said))
    response.headers["Retry-After"] = str(seconds)
    return response
