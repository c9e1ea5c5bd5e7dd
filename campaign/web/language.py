"""Which language an answer is in, and what templates need to set it well."""

from flask import Flask, g, has_request_context, request
from flask_babel import Babel, get_locale

from campaign.core import countries, locales

INTERFACE = ("en", "fr", "ar")
babel = Babel()


def init_app(app: Flask) -> None:
    """Choose the locale per request; give templates direction, names of languages, dates and numbers."""
    app.config.setdefault("BABEL_DEFAULT_LOCALE", "en")
    babel.init_app(app, locale_selector=_select)
    app.context_processor(_context)
    app.jinja_env.filters |= {
        "date": _date,
        "moment": _moment,
        "number": _number,
        "country": _country,
        "own_name": locales.own_name,
    }


def speak(tag: str) -> None:
    """Answer this request in that language, such as a letter's.

    CLDR knows many more than our own sentences are in.
    """
    g.language = tag


def language() -> str:
    """The language of this answer, or, outside a request, the locale in force."""
    if has_request_context() and "language" in g:
        return str(g.language)
    current = get_locale()
    return str(current).replace("_", "-") if current else "en"


def _select() -> str:
    if not has_request_context():
        return "en"
    if "language" in g:
        return str(g.language).replace("-", "_")
    return request.accept_languages.best_match(INTERFACE, "en") or "en"


def _context() -> dict[str, object]:
    tag = language()
    return {"language": tag, "direction": locales.direction(tag)}


def _date(value: object) -> str:
    return locales.format_date(value, language())  # type: ignore[arg-type]


def _moment(value: object, zone: str = "UTC") -> str:
    return locales.format_moment(value, zone, language())  # type: ignore[arg-type]


def _number(value: int) -> str:
    return locales.format_number(value, language())


def _country(code: str) -> str:
    return countries.name(code, language())
