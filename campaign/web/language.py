"""Which language an answer is in, and what templates need to set it well."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask, current_app, g, has_request_context, request, url_for
from flask_babel import Babel, get_locale, refresh
from markupsafe import Markup

from campaign.core import locales

INTERFACE = locales.INTERFACE
babel = Babel()


def init_app(app: Flask) -> None:
    """Choose the locale per request; give templates direction, names of languages, dates and numbers."""
    app.config.setdefault("BABEL_DEFAULT_LOCALE", "en")
    babel.init_app(app, locale_selector=_select)
    app.context_processor(page_language)
    app.jinja_env.globals |= {"site": site, "kept": kept, "alternates": alternates, "tongue": tongue}
    app.jinja_env.filters |= {
        "date": _date,
        "moment": _moment,
        "number": _number,
        "listed": _listed,
        "own_name": locales.own_name,
        "direction": locales.direction,
    }


def speak(tag: str) -> None:
    """Answer this request in that language, such as a letter's; in English where our sentences are not in it.

    The letter's own words are then marked as theirs (`tongue`).
    """
    refresh()  # what was said before may have been in another
    g.language = locales.spoken(tag)


def tongue(tag: str, around: str = "") -> Markup:
    """The attributes of words in that language, such as a letter's title; none where it is that of the words
    around them, which are the page's unless another is named.
    """
    tag = tag.replace("_", "-")
    if tag == (around.replace("_", "-") or language()):
        return Markup()
    return Markup(' lang="{}" dir="{}"').format(tag, locales.direction(tag))


def language() -> str:
    """The language of this answer, or, outside a request, the locale in force."""
    if has_request_context() and "language" in g:
        return str(g.language)
    current = get_locale()
    return str(current).replace("_", "-") if current else "en"


def site(endpoint: str, **values: Any) -> str:
    """The address of a page that is no letter's, in the language of the page that leads there."""
    spoken = language().partition("-")[0]
    if spoken in INTERFACE:
        values["lang"] = spoken
    return url_for(endpoint, **values)


def chosen() -> str | None:
    """The language that the address asks for, if it is one of ours."""
    tag = request.args.get("lang")
    return tag if tag in INTERFACE else None


def kept(endpoint: str, **values: Any) -> str:
    """The address of a page that speaks a signature's language; another that was chosen goes along."""
    return url_for(endpoint, lang=chosen(), **values)


def alternates() -> list[tuple[str, str]]:
    """This page, which is no letter's, in each language of the interface: tag and whole address."""
    base = current_app.config["SETTINGS"].public_url.rstrip("/")
    return [(tag, base + _here(tag)) for tag in INTERFACE]


def _here(tag: str) -> str:
    """This page in another language, with all else that was asked."""
    # Put together by hand: `url_for` would take some of a stranger's arguments for its own.
    return f"{quote(request.path)}?{urlencode({**request.args, 'lang': tag})}"


def _select() -> str:
    if not has_request_context():
        return "en"
    if "language" in g:
        return str(g.language).replace("-", "_")
    return chosen() or request.accept_languages.best_match(INTERFACE, "en") or "en"


def page_language() -> dict[str, object]:
    """What every page is told of its language."""
    tag = language()
    return {
        "language": tag,
        "direction": locales.direction(tag),
        "comma": locales.comma(tag),
        "interface": INTERFACE,
    }


def _date(value: object) -> str:
    return locales.format_date(value, language())  # type: ignore[arg-type]


def _listed(names: Iterable[str]) -> str:
    return locales.listing([*names], language())


def _moment(value: object, zone: str = "UTC") -> str:
    return locales.format_moment(value, zone, language())  # type: ignore[arg-type]


def _number(value: int) -> str:
    return locales.format_number(value, language())
