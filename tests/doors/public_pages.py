"""What the tests of the public pages share: reading a form as a browser does, and filling it in."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories import make_person

GOOD = {
    "organisation": "Réseau Étoile “Ñandú” & Søns",
    "country": "PY",
    "website": "https://etoile.example.org",
    "representative": "Ana Example",
    "role": "Director",
    "visibility": "public",
    "authorised": "y",
    "consent": "y",
}


class Form(HTMLParser):
    """The first POST form of a page: where it goes, and what a browser would send."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self.names: list[str] = []
        self._inside, self._select = False, ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form" and found.get("method") == "post" and self.action is None:
            self.action, self._inside = found.get("action", ""), True
        if not self._inside:
            return
        name = found.get("name", "")
        if tag == "input" and name:
            self._input(name, found)
        if tag == "select":
            self._select = name
            self.names.append(name)
            self.fields[name] = ""
        if tag == "option" and "selected" in found:
            self.fields[self._select] = found.get("value", "")

    def _input(self, name: str, found: dict[str, str]) -> None:
        self.names.append(name)
        choice = found.get("type") in ("checkbox", "radio")
        if found.get("type") != "file" and (not choice or "checked" in found):
            self.fields[name] = found.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


def read_form(client: FlaskClient, path: str) -> Form:
    """The form of a page that must be there."""
    page = client.get(path)
    assert page.status_code == 200, page.text
    form = Form(page.text)
    assert form.action is not None
    return form


def send(client: FlaskClient, path: str, **changes: Any) -> TestResponse:
    """Fill in a page's form and press its button; a change to None leaves the field out."""
    form = read_form(client, path)
    sent = {k: v for k, v in (form.fields | changes).items() if v is not None}
    return client.post(urljoin(path, form.action), data=sent)


def sign(client: FlaskClient, path: str, **changes: Any) -> TestResponse:
    """Sign with good values, a new mailbox and the changes."""
    return send(client, path, **(GOOD | {"email": make_person().email} | changes))


def own_form(client: FlaskClient, path: str, act: str) -> Form:
    """That form of a signatory's own page."""
    forms = [Form(part) for part in re.split(r"(?=<form)", client.get(path).text)]
    (form,) = [form for form in forms if (form.action or "").endswith(f"/{act}")]
    return form


def press(
    client: FlaskClient, path: str, act: str, times: int = 1, to: str = "", **changes: Any
) -> TestResponse:
    """Send that form of a signatory's own page, as a browser does; the last answer to so many clicks."""
    form = own_form(client, path, act)
    sent = {k: v for k, v in (form.fields | changes).items() if v is not None}
    for _ in range(times):
        answer = client.post(to or urljoin(path, form.action), data=sent)
    return answer
