"""Answers of the public pages: the same for everybody and asked for anew; private ones kept by nobody."""

import re

from flask import Response, make_response, render_template, request

from campaign.public.places import Place

# Anybody may keep it, nobody may show it unasked: a name that was withdrawn or hidden is gone at once.
KEEP = "public, max-age=0, must-revalidate"

# A field, and a paragraph that a stylesheet shows with its lines, keep their spaces.
_KEPT = re.compile(r"(<(textarea|pre|p)\b.*?</\2>)", re.DOTALL)
_INDENT = re.compile(r"\n\s+")
# Between blocks a line's end is shown by nobody. List items are left out: they may stand in a row.
_BLOCKS = "body|dd|div|dl|dt|fieldset|form|head|legend|link|main|meta|option|select|title"
_LINES_END = re.compile(rf"(</?(?:{_BLOCKS})\b[^<>]*>)\n(?=<)|\n(?=</?(?:{_BLOCKS})\b)")


def slim(page: str) -> str:
    """A page without its templates' indentation and lines: more than a tenth of its weight."""
    parts = _KEPT.split(page)  # what lies between, what is kept, its tag, and so on
    return "".join(part if n % 3 else _slimmed(part) for n, part in enumerate(parts) if n % 3 != 2)


def _slimmed(part: str) -> str:
    return _LINES_END.sub(r"\1", _INDENT.sub("\n", part))


def keep(response: Response) -> Response:
    """Let anybody keep this answer, and ask each time by its ETag whether it is still the newest."""
    response.headers["Cache-Control"] = KEEP
    response.add_etag()
    response.make_conditional(request)
    return response


def show(template: str, place: Place, **context: object) -> Response:
    """A page of a letter. A private letter's page is kept by nobody and found by no search engine."""
    page = render_template(template, place=place, letter=place.letter, **context)
    response = make_response(slim(page))
    return hide(response) if place.private else keep(response)


def hide(response: Response) -> Response:
    """Keep this answer out of caches and search engines, and its address, which may be a key, to itself.

    `strict-origin` and not `no-referrer`, under which browsers do not name the origin of a form either.
    """
    response.headers["Referrer-Policy"] = "strict-origin"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
