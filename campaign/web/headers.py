"""What every answer carries, and which hosts and sizes are served at all."""

from wsgiref.headers import Headers

from flask import Flask, Response, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix

from campaign.core.db import Mode, reset_mode, set_mode

CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FILE_POLICY = "default-src 'none'; frame-ancestors 'none'"
LASTING = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
SAFE = ("GET", "HEAD", "OPTIONS")
LARGEST_BODY = 8 * 1024 * 1024
LARGEST_FORM = 512 * 1024
MOST_FIELDS = 2_000


def init_app(app: Flask) -> None:
    """Guard hosts and sizes, give safe methods a transaction that cannot write, and add the headers."""
    settings = app.config["SETTINGS"]
    app.config |= {
        "MAX_CONTENT_LENGTH": LARGEST_BODY,
        "MAX_FORM_MEMORY_SIZE": LARGEST_FORM,
        "MAX_FORM_PARTS": MOST_FIELDS,
        "TRUSTED_HOSTS": list(settings.trusted_hosts),
    }
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        # Who called is read in campaign.web.callers: ProxyFix takes a quotation mark in the list for quoting.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=0, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    app.before_request(_choose_mode)
    app.teardown_request(_end_mode)
    app.after_request(_add_headers)


def _choose_mode() -> None:
    """GET and HEAD never change anything: the database itself refuses to write in their transactions."""
    request.environ["campaign.mode"] = set_mode(Mode.READ if request.method in SAFE else Mode.WRITE)


def _end_mode(error: BaseException | None) -> None:
    token = request.environ.pop("campaign.mode", None)
    if token is not None:
        reset_mode(token)


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    if "frame-ancestors *" not in headers["Content-Security-Policy"]:  # old browsers know only this one
        headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Cache-Control", "private, no-store")
    if current_app.config["SETTINGS"].https:
        headers.setdefault(*LASTING)
    return response


def of_file(headers: Headers, *, https: bool) -> None:
    """What style sheets, fonts and pictures carry: they lead nowhere and ask for nothing, so it is little."""
    headers["Content-Security-Policy"] = FILE_POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    if https:
        headers[LASTING[0]] = LASTING[1]
