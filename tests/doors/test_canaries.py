"""Canaries in every private field, and a crawl over everything that leaves: none is found (promise A4).

The routes come from the app itself: a new page is crawled as soon as it is there, and fails the test while
nobody has said here what its address is made of.
"""

from __future__ import annotations

import io
import json
import logging
import re
from collections import deque
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from campaign.audit.models import AuditEntry
from campaign.core.db import db
from campaign.core.logs import JsonLines
from campaign.core.secrets import keyed_hash
from campaign.editions.queries import editions
from campaign.jobs.models import Job
from campaign.letters.queries import text_versions
from campaign.outbox.models import Mail
from campaign.tally.queries import letter_figures
from tests.doors.canaries import (
    COUNTED,
    SIGNED,
    World,
    canary,
    found_in,
    furnish,
    labels_in,
    mailbox,
    texts_of,
)
from tests.doors.public_pages import send
from tests.servers import Sink

Command = Callable[..., Result]
LINK = re.compile(r"""(?:href|src|action|content)=["']([^"'#]+)""")
REACHED = {200, 303, 307, 410}
ERRORS = (
    ("GET", "/letters/nowhere", 404),
    ("GET", "/nowhere", 404),
    ("GET", "/api/v1/letters/nowhere", 404),
    ("GET", "/api/v1/letters/{slug}/signatories?limit=x", 422),
    ("GET", "/verify?hash=nothing", 422),
    ("POST", "/letters/{slug}", 405),
    ("POST", "/letters/{slug}/sign", 422),
    ("GET", "/confirm/nothing", 404),
    ("GET", "/signature/nothing", 404),
    ("GET", "/reconfirm/nothing", 404),
    ("GET", "/p/nothing", 404),
)


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What the logs of web and worker say, written as in production, the libraries' lines too."""
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


def values(world: World, rule: Rule, name: str) -> list[object]:
    """What a part of an address can be. A part nobody knows fails the test: say it here."""
    (tokens,) = [
        [token for what, (_label, token) in world.tokens.items() if what.startswith(purpose)]
        for purpose, path in (
            ("confirm", "/confirm/"),
            ("manage", "/signature/"),
            ("reconfirm", "/reconfirm/"),
        )
        if rule.rule.startswith(path)
    ] or [[]]
    known: dict[str, list[object]] = {
        "slug": [world.letter.slug],
        "lang": ["ar"],
        "key": [world.key],
        "number": [1, 2],
        "response_id": [world.reply.id if world.reply else 0],
        "token": list(tokens),
    }
    assert known.get(name), f"{rule.rule}: say in tests/doors/test_canaries.py what <{name}> can be"
    return known[name]


def addresses(app: Flask, world: World) -> dict[str, list[str]]:
    """For each public rule that answers GET, the addresses to look at."""
    found = {}
    with app.test_request_context():
        adapter = app.url_map.bind("127.0.0.1")
        for rule in app.url_map.iter_rules():
            if "GET" in (rule.methods or ()) and not rule.rule.startswith(("/desk", "/static")):
                names = sorted(rule.arguments)
                made = product(*(values(world, rule, name) for name in names))
                found[rule.rule] = [
                    adapter.build(rule.endpoint, dict(zip(names, parts, strict=True)) | _which(rule), "GET")
                    for parts in made
                ]
    return found


def _which(rule: Rule) -> dict[str, object]:
    return dict(rule.defaults or {})


def allowed(world: World, path: str) -> set[str]:
    """Whose canaries an address may show: its holder's own, and a private letter to whoever has its link."""
    own = {label for label, token in world.tokens.values() if token in path}
    private = {"hidden", "inside"} if world.key in path or "inside" in own else set()
    return own | private


def check(world: World, path: str, answer: TestResponse) -> None:
    """Neither the answer nor its headers hold a canary, a token or an index that is not theirs."""
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers)
    found = (found_in(answer.data) | labels_in(headers)) - allowed(world, path)
    assert found == set(), f"{path} shows canaries of {found}"
    told = answer.data.decode(errors="replace") + headers
    leaked = [secret for secret in world.secrets if secret in told and secret not in path]
    if not leaked:
        return
    own = {label for label, token in world.tokens.values() if token in path}
    theirs = {token for label, token in world.tokens.values() if label in own} | (
        {world.key} if "inside" in own else set()
    )
    theirs |= {keyed_hash("address", label) for label in own}  # of their own address, in their own data
    assert set(leaked) <= theirs, f"{path} tells a token or an index"


def crawl(client: FlaskClient, world: World, first: list[str]) -> dict[str, int]:
    """Every address and every one it leads to, once; with the status of each."""
    seen: dict[str, int] = {}
    waiting = deque(first)
    while waiting:
        path = waiting.popleft()
        if path in seen:
            continue
        assert len(seen) < 2000, "the pages go on for ever"
        answer = client.get(path)
        seen[path] = answer.status_code
        check(world, path, answer)
        for link in _links(path, answer):
            if link not in seen and not link.startswith(("/desk", "/static")):
                waiting.append(link)
    return seen


def _links(path: str, answer: TestResponse) -> Iterator[str]:
    if answer.status_code in (301, 302, 303, 307, 308):
        yield _local(urljoin(path, answer.headers["Location"]))
    elif answer.mimetype in ("text/html", "application/xml", "application/atom+xml", "text/xml"):
        for link in LINK.findall(answer.text):
            whole = urlsplit(urljoin(f"http://127.0.0.1:5000{path}", link.replace("&amp;", "&")))
            if whole.hostname in ("127.0.0.1", "localhost"):
                yield _local(whole.geturl())


def _local(address: str) -> str:
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")


@pytest.mark.usefixtures("app_sqlite")
def test_nothing_private_is_on_any_page_feed_or_file(
    app: Flask, client: FlaskClient, work: Callable[[], int], logged: io.StringIO
) -> None:
    world = furnish(drawn=True)
    work()
    rules = addresses(app, world)
    assert len(rules) > 40
    seen = crawl(client, world, [path for paths in rules.values() for path in paths])
    for rule, paths in rules.items():
        assert any(seen[path] in REACHED for path in paths), f"no address of {rule} can be reached"
    version = len(text_versions(world.letter.id))
    assert version >= 1
    assert len(seen) > len(rules)
    figures = letter_figures(world.letter.id)
    assert figures.signatories == len(COUNTED) == 3
    page = client.get(f"/letters/{world.letter.slug}").text
    assert "<b>3</b>" in page and "Lantern Keepers" in page
    assert client.get(f"/api/v1/letters/{world.letter.slug}").get_json()["signatories"] == 3
    assert labels_in(logged.getvalue()) == set()
    assert not [secret for secret in world.secrets if secret in logged.getvalue()]


def test_a_search_does_not_find_who_is_withheld(client: FlaskClient) -> None:
    world = furnish(drawn=False)
    for label in SIGNED:
        answer = client.get(f"/letters/{world.letter.slug}/signatories?q={label}")
        assert found_in(answer.data) == set()
        assert ("Lantern Keepers" in answer.text) is False
    assert "Lantern Keepers" in client.get(f"/letters/{world.letter.slug}/signatories?q=lantern").text


@pytest.mark.usefixtures("app_sqlite")
def test_no_error_page_tells_anything(app: Flask, client: FlaskClient, logged: io.StringIO) -> None:
    world = furnish(drawn=False)
    for method, path, status in ERRORS:
        address = path.format(slug=world.letter.slug)
        answer = client.open(address, method=method)
        assert answer.status_code == status, address
        check(world, address, answer)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    endpoint = "public.verify"

    def broken() -> None:
        """What a fault in a query or a view might have in its hands."""
        person = world.signatures["withheld"].representative
        assert person is not None
        db.session.execute(text("SELECT :name FROM nowhere"), {"name": person.name})

    whole, app.view_functions[endpoint] = app.view_functions[endpoint], broken
    try:
        answer = client.get("/verify")
    finally:
        app.view_functions[endpoint] = whole
    assert answer.status_code in (500, 503)
    check(world, "/verify", answer)
    try:
        int(canary("withheld", "value"))
    except ValueError:
        logging.getLogger("campaign.test").exception("something failed")
    assert "ValueError" in logged.getvalue()
    assert labels_in(logged.getvalue()) == set()


def test_what_somebody_types_is_shown_to_nobody_else(client: FlaskClient, logged: io.StringIO) -> None:
    world = furnish(drawn=False)
    path = f"/letters/{world.letter.slug}/sign"
    answer = send(client, path, organisation=canary("typed", "name"), email="no address", country="BH")
    assert answer.status_code == 422
    assert labels_in(answer.text) == {"typed"}
    assert found_in(client.get(path).data) == set()
    assert labels_in(logged.getvalue()) == set()


def test_mails_tell_each_reader_what_is_theirs(
    app: Flask, sink: Sink, work: Callable[[], int], logged: io.StringIO
) -> None:
    world = furnish(drawn=False)
    work()
    assert len(sink.mails) > 10
    withheld_seen = 0
    for mail in sink.mails:
        (box,) = mail.rcpt_tos
        headers = {"host", "addressee", "copy"} if box in ADDRESSED else {"host"}
        own = {label for label in (*world.signatures, "further", "hidden") if box == mailbox(label)}
        found = labels_in("\n".join(f"{name}: {value}" for name, value in mail.message.items()))
        for part in mail.message.walk():
            if not part.is_multipart():
                found |= found_in(part.get_payload(decode=True) or b"")
        names = {"withheld"} if box in ADDRESSED or box == mailbox("further") else set()
        more = {"hidden"} if box == mailbox("inside") else set()
        to = set(re.findall(r"zzcanary\.(\w+)@", box))
        left = found - headers - own - names - more - to - {f"{label}asker" for label in own}
        assert left == set(), f"a mail to {sorted(to)} tells of {left}"
        withheld_seen += "withheld" in found and box in ADDRESSED
    assert [m for m in sink.mails if mailbox("press") in m.rcpt_tos]
    for told in (logged.getvalue(), record_and_jobs()):
        assert labels_in(told) == set()
        assert not [secret for secret in world.secrets if secret in told]


def record_and_jobs() -> str:
    """What is kept of acts and work, and of mails beside the encrypted address."""
    rows = [[r.action, r.subject_kind, r.details] for r in db.session.scalars(select(AuditEntry))]
    rows += [[j.name, j.arguments, j.last_error] for j in db.session.scalars(select(Job))]
    rows += [[m.kind, m.builder, m.arguments, m.message_id] for m in db.session.scalars(select(Mail))]
    return json.dumps(rows, ensure_ascii=False)


ADDRESSED = {mailbox("addressee"), mailbox("copy"), mailbox("press")}


@pytest.mark.usefixtures("app_sqlite")
def test_files_to_addressees_name_whom_each_may_see(app: Flask, work: Callable[[], int]) -> None:
    world = furnish(drawn=True)
    work()
    for edition in editions(world.letter.id):
        for file in edition.files:
            seen = found_in(file.content)
            names = {"withheld"} if file.addressee_id is not None and file.reader == 0 else set()
            assert seen == names, f"list no. {edition.number}, {file.language}, reader {file.reader}"


@pytest.mark.usefixtures("app_sqlite")
def test_a_sheet_holds_what_its_audience_may_see(command: Command, tmp_path: Path) -> None:
    world = furnish(drawn=False)
    for form, (audience, names) in product(
        ("csv", "xlsx", "json"), (("public", set()), ("addressees", {"withheld"}))
    ):
        file = tmp_path / f"{audience}.{form}"
        asked = ("--format", form, "--audience", audience, "-o", str(file))
        done = command("signatures", "export", world.letter.slug, *asked)
        assert done.exit_code == 0
        assert found_in(file.read_bytes()) == names, file.name
        told = " ".join(texts_of(file.read_bytes())).casefold()
        for private in ("person", "role", "note", "reason", "asker", "country"):
            assert canary("withheld", private) not in told
        assert mailbox("withheld") not in told
        assert labels_in(done.stdout + done.stderr) == set()
