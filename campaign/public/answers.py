"""Answers of the public pages: the same for everybody and asked for anew; private ones kept by nobody."""

import re

from flask import Response, make_response, render_template, request

from campaign.public.places import Place

# Anybody may keep it, nobody may show it unasked: a name that was withdrawn or hidden is gone at once.
KEEP = "public, max-age=0, must-revalidate"

# A field, and a paragraph that a stylesheet shows with its lines, keep their spaces.
_INDENT = re.compile(r"(<(textarea|pre|p)\b.*?</\2>)|\n\s+", re.DOTALL)


def slim(page: str) -> str:
    """A page without its templates' indentation: a tenth of its weight."""
    return _INDENT.sub(lambda found: found[1] or "\n", page)


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
