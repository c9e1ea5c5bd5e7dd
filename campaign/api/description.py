"""The API described as OpenAPI 3.1, written by hand and checked against the answers by tests."""

from typing import Any

TEXT: dict[str, Any] = {"type": "string"}
MAYBE: dict[str, Any] = {"type": ["string", "null"]}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": sorted(properties),
        "properties": properties,
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


SUMMARY = {"slug": TEXT, "title": TEXT, "status": TEXT, "url": TEXT, "signatories": COUNT, "countries": COUNT}
HOST = _object(name=TEXT, website=MAYBE, country=MAYBE)
ADDRESSEE = _object(name=TEXT, title=MAYBE, body=MAYBE)
LETTER = _object(
    **SUMMARY,
    hosts=_list(HOST),
    addressees=_list(ADDRESSEE),
    languages=_list(TEXT),
    deadline={"type": ["string", "null"], "format": "date-time"},
    text=TEXT,
    notice=MAYBE,
    as_of=MOMENT,
)
COUNTRY = _object(code=TEXT, name=TEXT, signatories=COUNT)
BY_COUNTRY = _object(
    as_of=MOMENT,
    signatories=COUNT,
    countries=_list(COUNTRY),
    international=COUNT,
    regional=COUNT,
    no_country=COUNT,
    withheld_country=COUNT,
)
SIGNATORY = _object(name=TEXT, country=MAYBE, scope=TEXT, signed_on={"type": "string", "format": "date"})
SIGNATORIES = _object(signatories=_list(SIGNATORY), next={"type": ["integer", "null"]})
PROBLEM = _object(type=TEXT, title=TEXT, status={"type": "integer"}, detail=TEXT)
SLUG = {"name": "slug", "in": "path", "required": True, "schema": TEXT}
AFTER = {"name": "after", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}}
LIMIT = {
    "name": "limit",
    "in": "query",
    "schema": {"type": "integer", "minimum": 1, "maximum": 500, "default": 100},
}


def _get(
    summary: str, answer: dict[str, Any], *parameters: dict[str, Any], media_type: str = "application/json"
) -> dict[str, Any]:
    found = {"description": summary, "content": {media_type: {"schema": answer}}}
    refusal = {
        "description": "Why not (RFC 9457).",
        "content": {"application/problem+json": {"schema": PROBLEM}},
    }
    responses = (
        {"200": found}
        | ({"404": refusal} if parameters else {})
        | ({"422": refusal} if AFTER in parameters else {})
    )
    return {"get": {"summary": summary, "parameters": list(parameters), "responses": responses}}


DESCRIPTION: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Undersigned",
        "version": "1",
        "description": "Public open letters, figures by country and public signatories. Read-only.",
    },
    "servers": [{"url": "/api/v1"}],
    "paths": {
        "/letters": _get(
            "All public letters with their figures.", _object(letters=_list(_object(**SUMMARY)))
        ),
        "/letters/{slug}": _get("One letter.", LETTER, SLUG),
        "/letters/{slug}/countries": _get("Figures by country; they add up.", BY_COUNTRY, SLUG),
        "/letters/{slug}/countries.csv": _get(
            "The same as a sheet (RFC 4180).", TEXT, SLUG, media_type="text/csv"
        ),
        "/letters/{slug}/signatories": _get(
            "Public signatories, paged by key.", SIGNATORIES, SLUG, AFTER, LIMIT
        ),
        "/openapi.json": _get("This description.", {"type": "object"}),
    },
}
