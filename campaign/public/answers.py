"""Answers of the public pages: the same for everybody and kept for a moment; private ones kept by nobody."""

from flask import Response, make_response, render_template, request

from campaign.public.places import Place

KEEP = "public, max-age=15"  # and no stale-while-revalidate: a withdrawn name must not live on in a proxy


def keep(response: Response) -> Response:
    """Let anybody keep this answer for a moment, and ask for it by its ETag afterwards."""
    response.headers["Cache-Control"] = KEEP
    response.add_etag()
    response.make_conditional(request)
    return response


def show(template: str, place: Place, **context: object) -> Response:
    """A page of a letter. A private letter's page is kept by nobody and found by no search engine."""
    response = make_response(render_template(template, place=place, letter=place.letter, **context))
    return hide(response) if place.private else keep(response)


def hide(response: Response) -> Response:
    """Keep this answer out of caches and search engines."""
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
