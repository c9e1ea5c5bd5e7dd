"""Letters, figures and signatories as JSON: the public audience only, read afresh for every request."""

from typing import Any

from flask import Blueprint, Response, json, jsonify, request

from campaign.api.description import DESCRIPTION
from campaign.core import clock, markdown, spreadsheets
from campaign.core.errors import InvalidInput
from campaign.core.secrets import digest
from campaign.core.text import ascii_name
from campaign.letters.models import Letter
from campaign.letters.naming import country_name
from campaign.letters.queries import public_letter, public_letters
from campaign.organisations.rules import Scope
from campaign.outbox.writing import public_url
from campaign.signing import roll
from campaign.tally import wording
from campaign.tally.queries import figures_of, letter_figures
from campaign.tally.rules import Figures

api = Blueprint("api", __name__, url_prefix="/api/v1")
MOST_ROWS, USUAL_ROWS = 500, 100


@api.get("/letters")
def letters() -> Response:
    """All public letters with their figures."""
    found = public_letters()
    figures = figures_of([letter.id for letter in found])
    return jsonify({"letters": [_summary(letter, figures[letter.id]) for letter in found]})


@api.get("/letters/<slug>")
def letter(slug: str) -> Response:
    """One letter: figures, hosts, addressees and text."""
    found = public_letter(slug)
    figures = letter_figures(found.id)
    return _as_of_now({**_summary(found, figures), **_whole(found, figures)})


@api.get("/letters/<slug>/countries")
def by_country(slug: str) -> Response:
    """Figures by country; the numbers add up to `signatories`."""
    found = public_letter(slug)
    figures = letter_figures(found.id)
    listed = [
        {"code": code, "name": country_name(found, code, "en"), "signatories": count}
        for code, count in figures.by_country.items()
    ]
    return _as_of_now(
        {
            "signatories": figures.signatories,
            "countries": listed,
            "international": figures.international,
            "regional": figures.regional,
            "no_country": figures.no_country,
            "withheld_country": figures.withheld_country,
        }
    )


@api.get("/letters/<slug>/countries.csv")
def countries_csv(slug: str) -> Response:
    """The same as a sheet: a line for each country, then for networks and those without or withheld."""
    found = public_letter(slug)
    figures = letter_figures(found.id)
    rows: list[tuple[object, ...]] = [
        (code, country_name(found, code, "en"), count) for code, count in figures.by_country.items()
    ]
    for kind in ("international", "regional", "no_country", "withheld_country"):
        rows.append(("", kind, getattr(figures, kind)))
    content = b"".join(spreadsheets.csv_chunks(("code", "name", "signatories"), rows))
    response = Response(content, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{ascii_name(slug)}-countries.csv"'
    return response


@api.get("/letters/<slug>/signatories")
def signatories(slug: str) -> Response:
    """Public signatories, paged by key: pass `next` as `after` until it is null."""
    found = public_letter(slug)
    limit = _whole_number("limit", USUAL_ROWS, 1, MOST_ROWS)
    page = roll.page(found.id, _whole_number("after", 0, 0, 2**31 - 1), limit)
    return jsonify(
        {"signatories": [_signatory(e) for e in page], "next": page[-1].id if len(page) == limit else None}
    )


@api.get("/openapi.json")
def openapi() -> Response:
    """What this API is, as OpenAPI 3.1."""
    return jsonify(DESCRIPTION)


@api.after_request
def for_everybody(response: Response) -> Response:
    """Any site may read, and ask by ETag from a browser too; a client that has the newest answer gets 304."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "ETag"
    response.headers["Cache-Control"] = "public, max-age=0, must-revalidate"
    if request.method == "OPTIONS":  # a browser asks first, because of the one header that is not a plain one
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = "If-None-Match"
    elif response.status_code == 200:
        response.add_etag()
        response.make_conditional(request)
    return response


def _as_of_now(values: dict[str, Any]) -> Response:
    """The values and when they were read; the ETag is of the values alone, for the moment always differs."""
    response = jsonify({**values, "as_of": clock.iso(clock.now())})
    response.set_etag(digest(json.dumps(values)), weak=True)
    return response


def _summary(found: Letter, figures: Figures) -> dict[str, Any]:
    return {
        "slug": found.slug,
        "title": found.title(found.original_language),
        "status": found.status.value,
        "url": public_url(f"/letters/{found.slug}"),
        "signatories": figures.signatories,
        "countries": figures.countries,
    }


def _whole(found: Letter, figures: Figures) -> dict[str, Any]:
    language, noun = found.original_language, found.noun(found.original_language)
    text = found.text_version.markdown(language) if found.text_version else None
    values = {
        "groups": wording.groups(figures.signatories, noun),
        "countries": wording.countries(figures.countries),
    }
    return {
        "hosts": [{"name": h.name, "website": h.website, "country": h.country_code} for h in found.hosts],
        "addressees": [
            {"name": a.name, "title": a.title, "body": a.body}
            for a in found.addressees
            if a.removed_at is None
        ],
        "languages": list(found.languages),
        "deadline": clock.iso(found.deadline) if found.deadline else None,
        "text": str(markdown.fill(text, values)) if text else "",
        "notice": found.notice(language),
    }


def _signatory(entry: roll.Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "country": entry.country_code if entry.scope is Scope.NATIONAL else None,
        "scope": entry.scope.value,
        "signed_on": entry.signed_on.isoformat(),
    }


def _whole_number(name: str, usual: int, least: int, most: int) -> int:
    typed = request.args.get(name, str(usual))
    if not (typed.isascii() and typed.isdecimal() and len(typed) < 12 and least <= int(typed) <= most):
        raise InvalidInput(f"{name} is a whole number from {least} to {most}", name)
    return int(typed)
