"""The whole way of a letter, by HTTP, SMTP and commands: signed, counted, frozen, in its inboxes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from urllib.parse import urlsplit

from pypdf import PdfReader
from redis import Redis
from sqlalchemy import text

from tests.journeys.browser import Browser, read_through
from tests.journeys.letter import COORDINATOR, ENTERED, IMPORTED, OPENED, SIGN_ON, SLUG
from tests.journeys.stage import PASSWORD, Stage, until
from tests.servers import Received

ADDRESSEES = ("minister@water.example.org", "registry@water.example.org", "archive@water.example.org")
SECOND = "second.coordinator@example.org"
PRESIDENT = "president@fleuves.example.org"
SHEET = """Name;Land;Kind;Shown
Amis du Fleuve;Maroc;;
"=Ferns & Sons";Viet Nam;;
River Watch International;;international;
A careful group;Peru;;unnamed
"""
# What the sheet and one form give: two public countries and the form's own, one network, one without a name.
FIGURES = "5 groups from 3 countries"
# What only people change, and the figures of it; workers write to the other tables by themselves.
OURS = ("letters", "signatures", "representatives", "confirmations", "tally_totals", "tally_deltas")
MakeStage = Callable[..., Stage]


def test_with_sqlite_and_one_worker_that_polls(make_stage: MakeStage) -> None:
    walk(make_stage("sqlite"), workers=1)


def test_with_postgresql_redis_and_two_workers(make_stage: MakeStage, redis_url: str) -> None:
    with Redis.from_url(redis_url) as connection:
        connection.flushdb()
    walk(make_stage("postgresql", REDIS_URL=redis_url), workers=2)


def walk(stage: Stage, workers: int) -> None:
    """Every step, in order."""
    for command in (("db", "upgrade"), IMPORTED, OPENED):
        stage.flask(*command)
    running = [stage.start_worker() for _ in range(workers)]
    visitor, coordinator = stage.serve(), Browser(stage.base)
    bring_in_the_sheet(stage)
    link = sign(stage, visitor)
    confirm(stage, visitor, link)
    stage.flask(*ENTERED, given=PASSWORD)
    enter(coordinator)
    accept(stage, coordinator)
    figures_agree(stage, visitor)
    second = Browser(stage.base)
    stage.flask(*(SECOND if word == COORDINATOR else word for word in ENTERED), given=PASSWORD)
    enter(second, SECOND)
    freeze_and_release(coordinator, second)
    letters_arrived(stage)
    for worker in running:
        assert stage.stop(worker) == 0
    nothing_more_is_sent(stage)
    all_is_in_order(stage)


def bring_in_the_sheet(stage: Stage) -> None:
    sheet = stage.folder / "sheet.csv"
    sheet.write_text(SHEET, encoding="utf-8")
    pairs = ("organisation=Name", "country=Land", "scope=Kind", "visibility=Shown")
    mapping = [word for pair in pairs for word in ("--map", pair)]
    said = stage.flask("signatures", "import", SLUG, str(sheet), *mapping, "--accepted")
    assert said == "added 4, already there 0\n"


def sign(stage: Stage, visitor: Browser) -> str:
    """The form, twice pressed; the path of the link in the one mail that comes."""
    form = read_through(visitor.get(f"/letters/{SLUG}/sign"))
    answers = [visitor.submit(form, "organisation", **SIGN_ON) for _ in range(2)]
    assert [a.status for a in answers] == [303, 303], answers[0].words
    assert SIGN_ON["email"] not in visitor.get(answers[0].location).text
    assert stage.post.wait_for(1, SIGN_ON["email"])
    (mail,) = stage.post.to(SIGN_ON["email"])
    assert SIGN_ON["organisation"] in mail.text
    assert SIGN_ON["organisation"] not in str(mail.message["Subject"])
    (link,) = [found for found in mail.links if "/confirm/" in found]
    assert link.startswith(stage.base)
    return urlsplit(link).path


def confirm(stage: Stage, visitor: Browser, link: str) -> None:
    """Looking at the link changes nothing, however often; its button does, once."""
    assert until(lambda: not stage.sql(text("SELECT id FROM tally_deltas")))
    before = contents(stage)
    pages = [visitor.get(link) for _ in range(3)]
    assert [page.status for page in pages] == [200, 200, 200]
    assert contents(stage) == before
    read_through(pages[0])
    pressed, again = (visitor.submit(pages[0], "organisation") for _ in range(2))
    assert (pressed.status, again.status) == (303, 303), again.words
    assert visitor.get(pressed.location).status == 200
    assert contents(stage) != before
    assert api(visitor, "")["signatories"] == 4, "it counts only once it is accepted"
    assert visitor.get(link).status == 200
    assert visitor.get(link[:-4] + "AAAA").status == 404


def contents(stage: Stage) -> list[list[str]]:
    """The tables that only people change, as they are."""
    return [sorted(map(repr, stage.sql(text(f"SELECT * FROM {name}")))) for name in OURS]  # noqa: S608 -- our names


def enter(coordinator: Browser, address: str = COORDINATOR) -> None:
    """Sign in; a wrong password does not."""
    shut = coordinator.get(f"/desk/letters/{SLUG}/queue")
    assert shut.status == 302
    door = coordinator.get(shut.location)
    assert coordinator.submit(door, "password", email=address, password="wrong words").status == 422
    opened = coordinator.submit(door, "password", email=address, password=PASSWORD)
    assert (opened.status, opened.location) == (303, "/desk/")
    assert "Clear water" in coordinator.get("/desk/").words


def accept(stage: Stage, coordinator: Browser) -> None:
    queue = coordinator.get(f"/desk/letters/{SLUG}/queue")
    assert "etoile.example.org" in queue.text
    done = coordinator.submit(queue, "name", "accept")
    assert done.status == 303
    assert SIGN_ON["organisation"] in coordinator.get(done.location).words


def api(visitor: Browser, path: str) -> dict[str, object]:
    answer: dict[str, object] = json.loads(visitor.get(f"/api/v1/letters/{SLUG}{path}").text)
    return answer


def figures_agree(stage: Stage, visitor: Browser) -> None:
    """Page, API, list, CSV and command say the same."""
    assert FIGURES in visitor.get(f"/letters/{SLUG}").words
    whole, by = api(visitor, ""), api(visitor, "/countries")
    assert (whole["signatories"], whole["countries"]) == (5, 3)
    assert {c["code"]: c["signatories"] for c in by["countries"]} == {"MA": 1, "VN": 1, "PY": 1}  # type: ignore[attr-defined]
    rest = ("international", "regional", "no_country", "withheld_country")
    assert [by[name] for name in rest] == [1, 0, 0, 1]
    listed = [s["name"] for s in api(visitor, "/signatories")["signatories"]]  # type: ignore[attr-defined]
    assert sorted(listed) == sorted(
        ["Amis du Fleuve", "=Ferns & Sons", "River Watch International", "Ñandú Étoile & Søns"]
    )
    sheet = stage.prepare(("signatures", "export", SLUG, "--format", "csv", "--audience", "public"))
    assert sheet.count("\n") == 1 + len(listed)
    assert "'=Ferns & Sons" in sheet
    assert "ana@" not in sheet
    assert stage.prepare(("counts", "show", SLUG)).startswith(FIGURES)


def freeze_and_release(coordinator: Browser, second: Browser) -> None:
    """An edition at the desk, printed by a worker; proposed, twice clicked, approved by another person."""
    address = f"/desk/letters/{SLUG}/editions"
    assert coordinator.submit(coordinator.get(address), address).status == 303
    preview = f"{address}/1/preview"
    assert until(lambda: preview in coordinator.get(address).text), coordinator.get(address).words
    shown = coordinator.get(preview)
    assert "This paragraph is for the Ministry alone." in shown.words
    proposed = coordinator.submit(shown, "/propose")
    assert (proposed.status, proposed.location) == (303, f"/desk/letters/{SLUG}/dispatch")
    again = coordinator.submit(shown, "/propose")
    assert again.status == 303
    waits = coordinator.get(again.location)
    assert "released to them already" in waits.words
    assert "Somebody else has to approve this." in waits.words
    page = second.get(f"/desk/letters/{SLUG}/dispatch/1")
    assert "2 letters to 4 mailboxes" in page.words
    approved = second.submit(page, "/approve")
    assert approved.status == 303
    assert "Approved. The letters leave now." in second.get(approved.location).words


def letters_arrived(stage: Stage) -> None:
    """Each envelope recipient has one mail, with a PDF of its own that is genuine."""
    for address in (*ADDRESSEES, PRESIDENT):
        assert stage.post.wait_for(1, address), address
    assert until(lambda: {state for _, state in stage.states()} == {"accepted"})
    assert sorted(address for address, _ in stage.states()) == sorted((*ADDRESSEES, PRESIDENT))
    first, *copies = [stage.post.to(address)[0] for address in ADDRESSEES]
    assert all(copy.content == first.content for copy in copies)
    ministry, president = printed(stage, first), printed(stage, stage.post.to(PRESIDENT)[0])
    own_paragraph = "This paragraph is for the Ministry alone."
    assert own_paragraph in ministry
    assert own_paragraph not in president
    for words in (ministry, president):
        assert "Ñandú Étoile & Søns" in words
        assert "A careful group" not in words


def printed(stage: Stage, mail: Received) -> str:
    """The words of a letter's PDF, which `editions verify` knows."""
    (pdf,) = [p for p in mail.message.iter_attachments() if p.get_content_type() == "application/pdf"]
    content = pdf.get_content()
    file = stage.folder / f"{len(content)}.pdf"
    file.write_bytes(content)
    assert stage.prepare(("editions", "verify", str(file))).startswith("genuine and current\t")
    pages = PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def nothing_more_is_sent(stage: Stage) -> None:
    """Another worker finds nothing to send; nobody has a mail twice."""
    before = len(stage.post.mails)
    stage.burst()
    assert len(stage.post.mails) == before
    assert [len(stage.post.to(a)) for a in (*ADDRESSEES, PRESIDENT)] == [1, 1, 1, 1]
    kinds = {str(mail.message["Subject"]) for mail in stage.post.to(SIGN_ON["email"])}
    assert (
        len(kinds) == len(stage.post.to(SIGN_ON["email"])) == 2
    )  # please confirm, and the link that is kept


def all_is_in_order(stage: Stage) -> None:
    assert stage.flask("counts", "verify") == ""
    record = stage.flask("audit", "verify")
    assert record.startswith("chained ")
    assert record.endswith(", waiting 0\n")
