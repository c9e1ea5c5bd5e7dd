"""Flask-Security, fitted in.

Its tables are ours, its mails go through the outbox, its pages look like the desk.
"""

from hashlib import sha256
from typing import Any

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_security import MailUtil, Security, SQLAlchemySessionUserDatastore

from campaign.accounts.models import RoleRow, User
from campaign.accounts.rules import SHORTEST_PASSWORD
from campaign.core.db import db

LOGIN_LIMIT = "10 per 5 minutes"
limiter = Limiter(get_remote_address, headers_enabled=False)


class NoMail(MailUtil):
    """Nothing of Flask-Security's that is switched on sends mail.

    If that changes, it must owe it to the outbox.
    """

    def send_mail(self, template: str, *args: Any, **kwargs: Any) -> None:
        """Refuse loudly: a mail inside a request is never right here."""
        raise RuntimeError(f"mail {template!r} must go through the outbox")


def init_app(app: Flask) -> None:
    """Sign-in at /desk/sign-in with Argon2, throttled per network address."""
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
        "SECURITY_DEFAULT_REMEMBER_ME": False,
        "SECURITY_CSRF_IGNORE_UNAUTH_ENDPOINTS": False,
        "RATELIMIT_STORAGE_URI": settings.redis_url or "memory://",
        "RATELIMIT_SWALLOW_ERRORS": True,
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
        "SESSION_COOKIE_SECURE": settings.https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_SECURE": settings.https,
    }
    app.extensions["security_instance"] = Security(
        app, SQLAlchemySessionUserDatastore(db.session, User, RoleRow), mail_util_cls=NoMail
    )
    limiter.init_app(app)
    sign_in: Any = app.view_functions["security.login"]
    app.view_functions["security.login"] = limiter.limit(LOGIN_LIMIT, methods=["POST"])(sign_in)
