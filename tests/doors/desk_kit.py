"""Posting to the desk the way a browser does: with the seal of a page that was shown before."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campaign.letters.models import Letter

_SEAL = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


def base(letter: Letter) -> str:
    """Where a letter's pages at the desk begin."""
    return f"/desk/letters/{letter.slug}"


def seal(client: FlaskClient) -> str:
    """The session's seal, from a page that everybody sees who is signed in, or from the sign-in page."""
    page = client.get("/desk/", follow_redirects=True).text
    found = _SEAL.search(page)
    assert found, "the page has no form"
    return found[1]


def post(client: FlaskClient, address: str, /, **fields: Any) -> TestResponse:
    """Send a form; a list as value sends the field several times."""
    return client.post(address, data={"csrf_token": seal(client), **fields}, buffered=True)


def followed(client: FlaskClient, response: TestResponse) -> str:
    """The text of the page a 303 leads to."""
    assert response.status_code == 303, response.text
    return words(client.get(response.headers["Location"]))


def words(response: TestResponse) -> str:
    """A page's text without its tags, spaces folded."""
    assert response.status_code in (200, 422), response.status_code
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.text)).split())


def as_shown(client: FlaskClient, address: str) -> dict[str, str | list[str]]:
    """The fields of the letter form as a browser would send them back."""
    page = client.get(address).text
    page = page[page.index('<form class="letter"') :]
    fields: dict[str, str | list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", page):
        name = re.search(r' name="([^"]+)"', tag)
        value = re.search(r' value="([^"]*)"', tag)
        if name and (('type="checkbox"' not in tag and 'type="radio"' not in tag) or " checked" in tag):
            kept = unescape(value[1]) if value else ""
            fields[name[1]] = [*fields[name[1]], kept] if isinstance(fields.get(name[1]), list) else kept
            if name[1] == "visibilities":
                fields["visibilities"] = [*fields.get("_v", []), kept]
                fields["_v"] = fields["visibilities"]
    for name, text in re.findall(r'<textarea [^>]*name="([^"]+)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL):
        fields[name] = unescape(text)
    for name, body in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected>', body)
        fields[name] = chosen[1] if chosen else ""
    return fields
