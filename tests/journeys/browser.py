"""A browser without JavaScript: pages, their forms as HTML has them, and a jar for cookies."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass, field
from email.message import Message
from html.parser import HTMLParser
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import (
    HTTPCookieProcessor,
    HTTPRedirectHandler,
    HTTPSHandler,
    Request,
    build_opener,
)

READING_SECONDS = 2.1  # a form that comes back younger than two seconds is refused (surface.md)
SECONDS = 60
Fields = dict[str, str]


@dataclass
class Form:
    """A POST form: where it goes, what its fields hold, and its buttons in their order.

    `more` are the further values of names that stand there several times, such as ticked boxes.
    """

    action: str
    fields: Fields = field(default_factory=dict)
    more: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collects the forms and the words of a page; a control may name its form instead of standing in it."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._by_id: dict[str, Form] = {}
        self._open: Form | None = None
        self._select: tuple[Form, str] | None = None
        self._area: tuple[Form, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(given.get("action", ""))
            if given.get("method", "get").lower() == "post":
                self.forms.append(self._open)
            self._by_id[given.get("id", "")] = self._open
        elif tag == "option" and self._select and ("selected" in given or not self._chosen()):
            self._select[0].fields[self._select[1]] = given.get("value", "")
        elif form := self._by_id.get(given["form"]) if "form" in given else self._open:
            self._control(form, tag, given)

    def _chosen(self) -> bool:
        return self._select is not None and self._select[1] in self._select[0].fields

    def _control(self, form: Form, tag: str, given: Fields) -> None:
        name, kind = given.get("name", ""), given.get("type", "text" if tag == "input" else "submit")
        if tag in ("input", "select", "textarea", "button"):
            form.names.add(name)
        if tag == "select":
            self._select = (form, name)
        elif tag == "textarea":
            form.fields[name], self._area = "", (form, name)
        elif tag in ("input", "button") and kind == "submit":
            form.buttons.append((name, given.get("value", "")))
        elif tag == "input" and (kind not in ("checkbox", "radio", "file") or "checked" in given):
            value = given.get("value", "on" if kind == "checkbox" else "")
            if kind == "checkbox" and name in form.fields:
                form.more.append((name, value))
            else:
                form.fields[name] = value

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._area:
            self._area[0].fields[self._area[1]] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None


@dataclass(frozen=True)
class Page:
    """What was answered: the status as it came (redirections are not followed), the text, the headers."""

    url: str
    status: int
    text: str
    headers: Message
    shown_at: float

    @property
    def words(self) -> str:
        """The text without tags, spaces folded."""
        return " ".join(" ".join(self._read().words).split())

    @property
    def location(self) -> str:
        """Where a redirection leads: the path."""
        return urlsplit(self.headers["Location"]).path

    def form(self, having: str) -> Form:
        """The first form with a field or button of that name, or with that in its address."""
        return next(f for f in self._read().forms if having in f.names or having in f.action)

    def _read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.text)
        return reader


class _NoRedirection(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Each 303 is looked at."""


class Browser:
    """One visitor. Paths are below `base`; `trust` is the certificate of a server that signed its own."""

    def __init__(self, base: str, trust: str | None = None) -> None:
        self.base = base
        self.cookies = CookieJar()
        https = HTTPSHandler(context=ssl.create_default_context(cadata=trust) if trust else None)
        self._opener = build_opener(HTTPCookieProcessor(self.cookies), _NoRedirection(), https)

    def get(self, path: str, **headers: str) -> Page:
        """Look at a page; `If_None_Match` is the header If-None-Match."""
        return self._open(path, None, headers)

    def post(self, path: str, fields: Fields | list[tuple[str, str]], **headers: str) -> Page:
        """Send a form as a browser does, with Origin and Referer unless `headers` differ ("": none)."""
        usual = {"Origin": self.base, "Referer": urljoin(self.base, path)}
        return self._open(path, urlencode(fields).encode(), {**usual, **headers})

    def submit(self, page: Page, having: str, button: str = "", **changes: str) -> Page:
        """Fill in a form of a page and press a button: the one with that value, else its first."""
        form = page.form(having)
        pressed = [b for b in form.buttons if b[1] == button or not button][:1]
        fields = {**form.fields, **dict(pressed), **changes}
        sent = [(k, v) for k, v in (*fields.items(), *form.more) if k]
        return self.post(urljoin(page.url, form.action), sent)

    def _open(self, path: str, body: bytes | None, headers: Fields) -> Page:
        url = urljoin(self.base, path)
        named = {name.replace("_", "-"): value for name, value in headers.items() if value}
        request = Request(url, body, {"Accept-Language": "en", **named})  # noqa: S310 -- our own server
        try:
            answer: HTTPResponse | HTTPError = self._opener.open(request, timeout=SECONDS)
        except HTTPError as refusal:
            answer = refusal
        with answer:
            text = answer.read().decode("utf-8", "replace")
        return Page(url, answer.status or 0, text, answer.headers, time.monotonic())


def read_through(page: Page) -> Page:
    """Take as long over a page as a person takes at least."""
    time.sleep(max(0.0, page.shown_at + READING_SECONDS - time.monotonic()))
    return page
