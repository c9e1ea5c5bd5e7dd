"""One place where a refusal becomes an answer: a page for people, RFC 9457 for programs."""

import logging

from flask import Flask, Response, current_app, jsonify, request
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException, SecurityError

from campaign.core.db import db
from campaign.core.errors import Conflict, Gone, InvalidInput, NotAllowed, NotFound, RoomError
from campaign.web.language import chosen, page_language, speak

log = logging.getLogger(__name__)
STATUS: dict[type[RoomError], int] = {
    InvalidInput: 422,
    NotFound: 404,
    Conflict: 409,
    NotAllowed: 403,
    Gone: 410,
}
API = "/api/"


def init_app(app: Flask) -> None:
    """Answer room errors, HTTP errors, a busy or missing database, and what nobody expected."""
    app.register_error_handler(RoomError, _room_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(IntegrityError, _collision)
    app.register_error_handler(Exception, _unexpected)


def status_of(fault: RoomError) -> int:
    """The HTTP status of a refusal."""
    return next((STATUS[kind] for kind in type(fault).__mro__ if kind in STATUS), 400)


def answer(status: int, sentence: str = "") -> Response:
    """A plain page, or a problem document for the API."""
    if tag := chosen():
        speak(tag)
    title, advice = _words(status)
    if request.path.startswith(API):
        problem = jsonify(
            {"type": "about:blank", "title": title, "status": status, "detail": sentence or advice}
        )
        problem.mimetype = "application/problem+json"
        problem.headers["Access-Control-Allow-Origin"] = "*"
    elif isinstance(request.routing_exception, SecurityError):
        # A forged Host: no address can be made, so there is no page to show, and nobody to show it to.
        problem = Response(f"{title}\n", mimetype="text/plain")
    else:
        problem = Response(_page(status=status, title=title, said=sentence or advice))
    problem.status_code = status
    return problem


def _page(**context: object) -> str:
    """A page for people, in each language where going there loses nothing that was sent.

    Rendered without Flask's context processors: one loads whoever is signed in, and the database may be away.
    """
    template = current_app.jinja_env.get_template("errors/error.html")
    choosable = request.method == "GET"
    return template.render(current_user=current_user, choosable=choosable, **page_language(), **context)


def _words(status: int) -> tuple[str, str]:
    """A title and what to do next."""
    known = {
        400: (_("That request cannot be read"), _("Please go back and try again.")),
        403: (
            _("You may not do that"),
            _("Ask somebody of your team who may, or sign in with another account."),
        ),
        404: (
            _("There is nothing here"),
            _("The address may be mistyped, or what was here is not for everybody."),
        ),
        405: (_("That cannot be done here"), _("Please go back and use the buttons of the page.")),
        409: (
            _("That is not possible now"),
            _("Something changed in the meantime. Please look at the page again."),
        ),
        410: (_("This is over"), _("It was here, and has ended.")),
        413: (_("That is too large"), _("Please send less at once.")),
        422: (_("Something is missing or wrong"), _("Please check what you typed.")),
        429: (_("Too many tries"), _("Please wait a little and try again.")),
        503: (
            _("We cannot do that at this moment"),
            _("Please try again in a few minutes. Nothing you sent before is lost."),
        ),
    }
    return known.get(
        status, (_("Something went wrong on our side"), _("It has been noted. Please try again later."))
    )


def _room_error(fault: RoomError) -> Response:
    db.session.rollback()
    return answer(status_of(fault))


def _http_error(fault: HTTPException) -> Response:
    if fault.response is not None or (fault.code or 500) < 400:
        return fault.get_response()  # type: ignore[return-value]
    response = answer(fault.code or 500)
    for name, value in fault.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _database_away(fault: OperationalError) -> Response:
    log.error("database: %s", type(fault.orig).__name__)
    db.session.rollback()
    return answer(503)


def _collision(fault: IntegrityError) -> Response:
    db.session.rollback()
    return answer(409)


def _unexpected(fault: Exception) -> Response:
    """Everything else: noted without request data, which may hold names."""
    log.exception("unexpected %s at %s %s", type(fault).__name__, request.method, request.endpoint)
    if isinstance(fault, DBAPIError) or db.session.is_active:
        db.session.rollback()
    return answer(500)
