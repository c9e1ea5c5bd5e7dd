"""The API: shapes as described, sums that add up, pages to the end, and nothing that is not public."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from campaign.api.description import DESCRIPTION
from campaign.core import clock
from campaign.letters import operations as letters
from campaign.letters.models import Letter
from campaign.letters.rules import Circulation, Visibility
from campaign.organisations.rules import Scope
from campaign.signing.rules import SignatureStatus
from tests.factories import COORDINATOR, make_draft, make_letter, make_signature, make_signatures

ROOT = "/api/v1"
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "null": (type(None),),
}
SLUG, AFTER, LIMIT = "{slug}", "after", "limit"
one_database = pytest.mark.usefixtures("app_sqlite")


def faults(schema: Mapping[str, Any], value: object, at: str = "$") -> list[str]:
    """Where a value is not as its schema says: the part of JSON Schema that the description uses."""
    wanted = schema.get("type", [])
    kinds = [wanted] if isinstance(wanted, str) else wanted
    unknown = set(schema) - {
        "type",
        "required",
        "properties",
        "additionalProperties",
        "items",
        "minimum",
        "format",
    }
    assert not unknown, f"this check does not know {unknown}"
    if isinstance(value, bool) or not isinstance(value, tuple(t for k in kinds for t in TYPES[k])):
        return [f"{at}: {value!r} is no {wanted}"]
    if isinstance(value, dict):
        return _object_faults(schema, value, at)
    if isinstance(value, list):
        return [f for n, item in enumerate(value) for f in faults(schema["items"], item, f"{at}[{n}]")]
    return _plain_faults(schema, value, at)


def _object_faults(schema: Mapping[str, Any], value: dict[str, Any], at: str) -> list[str]:
    known: Mapping[str, Any] = schema.get("properties", {})
    missing = [f"{at}.{name} is missing" for name in schema.get("required", ()) if name not in value]
    strange = [f"{at}.{name} is not described" for name in value if known and name not in known]
    return (
        missing + strange + [f for n in known if n in value for f in faults(known[n], value[n], f"{at}.{n}")]
    )


def _plain_faults(schema: Mapping[str, Any], value: object, at: str) -> list[str]:
    if isinstance(value, int) and value < schema.get("minimum", value):
        return [f"{at}: {value} is too small"]
    if not isinstance(value, str) or "format" not in schema:
        return []
    read = {"date": date.fromisoformat, "date-time": datetime.fromisoformat}[schema["format"]]
    try:
        moment = read(value)
    except ValueError:
        return [f"{at}: {value!r} is no {schema['format']}"]
    naive = isinstance(moment, datetime) and moment.tzinfo is None
    return [f"{at}: {value} has no offset"] if naive else []


def ask(client: FlaskClient, path: str, slug: str = "", status: int = 200, **query: object) -> Any:
    """Ask for a described path; the answer, as its description says it is."""
    response = client.get(ROOT + path.replace(SLUG, slug), query_string=query)
    assert response.status_code == status, response.text
    (media, content), *_ = DESCRIPTION["paths"][path]["get"]["responses"][str(status)]["content"].items()
    assert response.mimetype == media
    assert faults(content["schema"], response.json) == []
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    return response.json


def whole_list(client: FlaskClient, slug: str, limit: int) -> list[dict[str, Any]]:
    """Every signatory, by following `next` to the end."""
    found: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        page = ask(client, f"/letters/{SLUG}/signatories", slug, after=after, limit=limit)
        assert len(page["signatories"]) <= limit
        found += page["signatories"]
        after = page["next"]
    return found


def signed_letter() -> Letter:
    """Ten that count, in every cell; and some that do not."""
    letter = make_letter(addressees=())
    make_signatures(letter, ["BH", "BH", "FR"])
    make_signature(letter, country_code="XK", organisation="Kosova Rivers")
    make_signature(letter, scope=Scope.REGIONAL, organisation="Regional Rivers")
    make_signature(letter, scope=Scope.INTERNATIONAL, organisation="World Rivers")
    make_signature(letter, scope=Scope.INTERNATIONAL, country_code="PE", organisation="Rivers of Lima")
    make_signature(letter, country_code="PE", visibility=Visibility.UNNAMED, organisation="Hidden One")
    make_signature(letter, country_code="FR", visibility=Visibility.ADDRESSEES, organisation="Hidden Two")
    make_signature(letter, scope=Scope.REGIONAL, visibility=Visibility.UNNAMED, organisation="Hidden Three")
    for status in set(SignatureStatus) - {SignatureStatus.ACCEPTED}:
        make_signature(letter, status, organisation=f"Not counted, {status}")
    return letter


def test_figures_and_lists_add_up(client: FlaskClient) -> None:
    slug = signed_letter().slug
    letter, by = ask(client, f"/letters/{SLUG}", slug), ask(client, f"/letters/{SLUG}/countries", slug)
    counted = {c["code"]: c["signatories"] for c in by["countries"]}
    assert counted == {"BH": 2, "FR": 1, "XK": 1}
    rest = {name: by[name] for name in ("international", "regional", "no_country", "withheld_country")}
    assert rest == {"international": 2, "regional": 1, "no_country": 0, "withheld_country": 3}
    assert sum(counted.values()) + sum(rest.values()) == by["signatories"] == letter["signatories"] == 10
    assert letter["countries"] == len(counted)
    assert [c["name"] for c in by["countries"]] == ["Bahrain", "France", "Kosovo"]
    listed = whole_list(client, slug, 500)
    assert len(listed) == by["signatories"] - by["withheld_country"]
    assert not any("Hidden" in s["name"] or "Not counted" in s["name"] for s in listed)
    networks = {s["name"]: (s["country"], s["scope"]) for s in listed if s["scope"] != "national"}
    assert networks == {
        "Regional Rivers": (None, "regional"),
        "World Rivers": (None, "international"),
        "Rivers of Lima": (None, "international"),
    }


def test_a_withdrawal_is_seen_at_once(client: FlaskClient) -> None:
    letter = make_letter()
    slug = letter.slug
    make_signatures(letter, ["BH", "FR"])
    assert ask(client, f"/letters/{SLUG}", slug)["signatories"] == 2
    make_signature(letter, SignatureStatus.WITHDRAWN, country_code="DE")
    assert ask(client, f"/letters/{SLUG}/countries", slug)["signatories"] == 2


@one_database
def test_all_letters_and_one(client: FlaskClient) -> None:
    open_one, closed, withdrawn = make_letter(), make_letter(), make_letter()
    letters.close(closed, COORDINATOR)
    letters.withdraw(withdrawn, "It was overtaken by events.", COORDINATOR)
    make_signatures(open_one, ["BH"])
    statuses = {open_one.slug: "open", closed.slug: "closed"}
    gone = withdrawn.slug
    listed = ask(client, "/letters")["letters"]
    assert {found["slug"]: found["status"] for found in listed} == statuses
    for summary in listed:
        one = ask(client, f"/letters/{SLUG}", summary["slug"])
        assert {name: one[name] for name in summary} == summary
        assert summary["url"] == f"http://localhost/letters/{summary['slug']}"
    assert ask(client, f"/letters/{SLUG}", gone)["status"] == "withdrawn", "it keeps its address"


@one_database
def test_a_letter_tells_what_is_public_of_it(client: FlaskClient) -> None:
    slug = make_letter().slug
    answer = ask(client, f"/letters/{SLUG}", slug)
    assert answer["hosts"] == [
        {"name": "Harbour Rights Watch", "website": "https://harbour.example.org", "country": None}
    ]
    assert answer["addressees"] == [{"name": "Amira Example", "title": "Minister", "body": None}]
    assert answer["languages"] == ["en"]
    assert answer["deadline"] is None
    assert "We, 0 groups from 0 countries, ask you" in answer["text"]
    assert "@" not in client.get(f"{ROOT}/letters/{slug}").text


@one_database
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_pages_hold_everybody_once_in_order(client: FlaskClient, limit: int) -> None:
    letter = make_letter()
    names = [s.name for s in make_signatures(letter, ["BH", "FR", "PE", "DE", "KE", "VN", "MA"])]
    assert [s["name"] for s in whole_list(client, letter.slug, limit)] == names


@one_database
def test_a_long_list_comes_in_pages_of_a_hundred(client: FlaskClient) -> None:
    letter = make_letter()
    slug = letter.slug
    make_signatures(letter, ["BH"] * 101)
    page = ask(client, f"/letters/{SLUG}/signatories", slug)
    assert len(page["signatories"]) == 100
    last = ask(client, f"/letters/{SLUG}/signatories", slug, after=page["next"])
    assert (len(last["signatories"]), last["next"]) == (1, None)


@one_database
@pytest.mark.parametrize("path", ["", "/countries", "/signatories"])
def test_drafts_private_and_unknown_letters_are_not_there(client: FlaskClient, path: str) -> None:
    draft, private = make_letter(opened=False), make_letter(circulation=Circulation.PRIVATE)
    slugs = [draft.slug, private.slug, "no-such-letter", make_draft().slug]
    answers = [ask(client, f"/letters/{SLUG}{path}", slug, status=404) for slug in slugs]
    assert all(answer == answers[0] for answer in answers), "nobody learns which of them exist"
    assert answers[0]["status"] == 404
    assert ask(client, "/letters") == {"letters": []}


@one_database
@pytest.mark.parametrize("name", [AFTER, LIMIT])
@pytest.mark.parametrize(
    "value", ["", "-1", "1.5", "x", "٣", "1e3", " 1", "9" * 400, "\x00", "0x10", "2147483648"]
)
def test_what_is_no_number_is_refused(client: FlaskClient, name: str, value: str) -> None:
    slug = make_letter().slug
    problem = ask(client, f"/letters/{SLUG}/signatories", slug, status=422, **{name: value})
    assert (problem["status"], problem["type"]) == (422, "about:blank")


@one_database
@pytest.mark.parametrize("limit", ["0", "501"])
def test_limits_have_limits(client: FlaskClient, limit: str) -> None:
    slug = make_letter().slug
    ask(client, f"/letters/{SLUG}/signatories", slug, status=422, limit=limit)
    for fine in (1, 500):
        ask(client, f"/letters/{SLUG}/signatories", slug, limit=fine)


@one_database
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(after="0", limit="500")
@example(after=str(2**31 - 1), limit="1")
@given(
    after=st.one_of(st.integers(-5, 2**70).map(str), st.text(max_size=15)),
    limit=st.one_of(st.integers(-5, 1000).map(str), st.text(max_size=15)),
)
def test_any_key_and_limit_is_answered(client: FlaskClient, after: str, limit: str) -> None:
    slug = "any-key"
    if client.get(f"{ROOT}/letters/{slug}").status_code == 404:
        make_signatures(make_letter(slug=slug), ["BH", "FR", "PE"])
    response = client.get(f"{ROOT}/letters/{slug}/signatories", query_string={AFTER: after, LIMIT: limit})
    plain = all(number.isascii() and number.isdecimal() for number in (after, limit))
    fine = plain and int(after) < 2**31 and 1 <= int(limit) <= 500
    assert response.status_code == (200 if fine else 422)
    ask(client, f"/letters/{SLUG}/signatories", slug, response.status_code, after=after, limit=limit)


def known_by(response: TestResponse) -> dict[str, str]:
    return {"If-None-Match": response.headers["ETag"]}


@one_database
def test_who_has_the_newest_answer_gets_304(client: FlaskClient) -> None:
    letter = make_letter()
    address = f"{ROOT}/letters/{letter.slug}/signatories"
    first = client.get(address)
    again = client.get(address, headers=known_by(first))
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Access-Control-Allow-Origin"] == "*"
    make_signatures(letter, ["BH"])
    changed = client.get(address, headers=known_by(first))
    assert changed.status_code == 200
    assert len(changed.json["signatories"]) == 1  # type: ignore[index]


@one_database
@pytest.mark.parametrize("path", ["", "/countries"])
def test_the_moment_an_answer_was_read_does_not_make_it_another(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    letter = make_letter()
    address = f"{ROOT}/letters/{letter.slug}{path}"
    first = client.get(address)
    later = clock.now() + timedelta(minutes=1)
    monkeypatch.setattr("campaign.api.letters.clock.now", lambda: later)
    assert client.get(address).json["as_of"] != first.json["as_of"]  # type: ignore[index]
    assert client.get(address, headers=known_by(first)).status_code == 304
    make_signatures(letter, ["BH"])
    assert client.get(address, headers=known_by(first)).status_code == 200


@one_database
def test_a_browser_elsewhere_may_ask_whether_its_answer_is_the_newest(client: FlaskClient) -> None:
    asked = {"Origin": "https://elsewhere.example.org", "Access-Control-Request-Headers": "if-none-match"}
    first = client.options(f"{ROOT}/letters", headers=asked)
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    assert first.headers["Access-Control-Allow-Headers"] == "If-None-Match"
    assert client.get(f"{ROOT}/letters").headers["Access-Control-Expose-Headers"] == "ETag"


@one_database
def test_the_answer_is_the_same_for_everybody(client: FlaskClient) -> None:
    slug = make_letter().slug
    for path in ("/letters", f"/letters/{slug}", f"/letters/{slug}/countries", "/openapi.json"):
        response = client.get(ROOT + path, headers={"Origin": "https://elsewhere.example.org"})
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
        assert "Set-Cookie" not in response.headers


@one_database
def test_other_methods_and_addresses_are_problems_too(client: FlaskClient) -> None:
    slug = make_letter().slug
    for method, path, status in (
        ("POST", "/letters", 405),
        ("DELETE", f"/letters/{slug}", 405),
        ("GET", "/nothing-here", 404),
        ("GET", f"/letters/{slug}/", 404),
    ):
        response = client.open(ROOT + path, method=method)
        assert response.status_code == status
        assert response.mimetype == "application/problem+json"
        assert response.json["status"] == status  # type: ignore[index]


@one_database
def test_the_description_names_every_address(client: FlaskClient) -> None:
    served = ask(client, "/openapi.json")
    assert served == DESCRIPTION
    rules = {
        rule.rule.removeprefix(ROOT).replace("<slug>", SLUG).replace("<slug:slug>", SLUG)
        for rule in client.application.url_map.iter_rules()
        if rule.rule.startswith(ROOT)
    }
    assert rules == set(served["paths"])


def test_the_check_of_schemas_finds_what_is_wrong() -> None:
    schema = DESCRIPTION["paths"]["/letters/{slug}/signatories"]["get"]["responses"]["200"]["content"]
    schema = schema["application/json"]["schema"]
    good = {
        "signatories": [{"name": "A", "country": None, "scope": "national", "signed_on": "2030-01-31"}],
        "next": 3,
    }
    assert faults(schema, good) == []
    for change in (
        {"next": "3"},
        {"next": True},
        {"more": 1},
        {"signatories": [{**good["signatories"][0], "signed_on": "soon"}]},  # type: ignore[index]
        {"signatories": [{"name": "A"}]},
    ):
        assert faults(schema, {**good, **change})
    assert faults(schema, {"next": None})
