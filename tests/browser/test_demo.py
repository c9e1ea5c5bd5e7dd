"""The demo as a visitor meets it: real processes, a real browser, and the whole story in its order."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from demo.launch import free_port
from demo.place import ROOT

PATIENCE = 120.0  # seconds the demo has to come up, and a mail or a file to arrive, on a busy machine
YOUNG_FORM = 2_100  # milliseconds: a form sent sooner than two seconds after it was shown is refused
ORGANISATION, MAILBOX = "Pearl Coast Example Forum", "layla@example.org"
CORRECTED = "new-office@example.org"
STEPS = (
    *("read", "signed", "confirmed", "accepted", "arabic", "proposed", "released", "mails"),
    *("late", "further", "thread", "checked", "bounced", "corrected"),
    *("merged", "parted", "withheld", "sheet"),
)
TICKS = "form.release input[name=to]"
MAILS = "section[aria-labelledby=addressees] li a"


@dataclass
class Demo:
    """A running `python -m demo`."""

    process: subprocess.Popen[str]
    base: str
    log: Path
    directory: Path


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """The demo on a free port with its data in a folder of its own, as a person starts it."""
    port, log, directory = free_port(), tmp_path / "said", tmp_path / "demo"
    command = (sys.executable, "-m", "demo", "--port", str(port), "--directory", str(directory))
    with log.open("w") as said:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=said,
            stderr=said,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
    try:
        until(lambda: "Ctrl-C stops" in log.read_text() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield Demo(process, f"http://127.0.0.1:{port}", log, directory)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not true():
        assert time.monotonic() < deadline
        pause.wait(0.1)


def arrived(page: Page, look: str, how_many: int = 1) -> None:
    """Look again until there are so many of `look` (a selector) on the page."""
    deadline = time.monotonic() + PATIENCE
    while page.locator(look).count() < how_many:
        assert time.monotonic() < deadline, f"no {look} on {page.url}"
        page.wait_for_timeout(300)
        page.reload()


class Visitor:
    """Somebody at the demo, who comes back to the start page between the steps."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.base = base
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE * 1000)
        self.complaints: list[str] = []
        self.page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type == "error" else None
        )

    def at_start(self) -> Page:
        """The start page."""
        self.page.goto(f"{self.base}/demo")
        return self.page

    def ticked(self) -> tuple[str, ...]:
        """Which steps are done."""
        done = self.at_start().locator(".demo-steps > .done")
        return tuple(step.get_attribute("id") or "" for step in done.all())


def press(page: Page, step: str, word: str) -> None:
    """Press a step's link or button."""
    page.locator(f"#{step}").get_by_text(word, exact=True).click()


def sign(page: Page) -> None:
    press(page, "signed", "Open the form")
    page.get_by_label("Name of the organisation").fill(ORGANISATION)
    page.locator("select[name=country]").select_option("BH")
    page.get_by_label("Your name").fill("Layla Example")
    page.get_by_label("Your role").fill("Director")
    page.get_by_label("Your e-mail address").fill(MAILBOX)
    page.locator("input[name=authorised]").check()
    page.locator("input[name=consent]").check()
    page.wait_for_timeout(YOUNG_FORM)
    page.get_by_role("button", name="Sign this letter").click()
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()


def confirm(page: Page) -> None:
    press(page, "confirmed", "Open the mailbox")
    arrived(page, f"li:has-text('{MAILBOX}')")
    page.locator("li", has_text=MAILBOX).get_by_role("link").click()
    page.frame_locator("iframe").get_by_role("link").first.click()
    page.wait_for_url("**/confirm/*")
    expect(page.get_by_text(ORGANISATION).first).to_be_visible()
    page.wait_for_timeout(YOUNG_FORM)
    page.get_by_role("button", name="Yes, confirm").click()
    page.wait_for_url("**/done")


def accept(page: Page) -> None:
    press(page, "accepted", "Go to what waits")
    page.get_by_role("button", name=f"Accept {ORGANISATION}").click()
    expect(page.get_by_role("status")).to_contain_text("Done.")


def freeze(page: Page, step: str) -> None:
    """Freeze an edition, and wait until it can be sent."""
    press(page, step, "Go to the editions")
    page.get_by_role("button", name="Freeze a new edition now").click()
    arrived(page, "a:has-text('Preview and release')")


def open_arabic(page: Page) -> bytes:
    """The public list in Arabic, from the start page."""
    address = page.locator("#arabic").get_by_role("link").get_attribute("href")
    answer = page.request.get(f"{page.url.removesuffix('/demo')}{address}")
    assert answer.headers["content-type"] == "application/pdf"
    return answer.body()


def propose(page: Page) -> None:
    page.get_by_role("button", name="Ask a second person to approve").click()
    expect(page.get_by_role("status").first).to_contain_text("Proposed.")


def become_the_other(page: Page, who: str) -> None:
    page.get_by_role("button", name="Become the other").click()
    expect(page.get_by_text(f"You are {who}@example.org.")).to_be_visible()


def approve(page: Page) -> None:
    page.get_by_role("link", name="Look and approve").click()
    page.get_by_role("button", name="Approve", exact=True).first.click()
    expect(page.get_by_role("status").first).to_contain_text("Approved. The letters leave now.")


def read_mails(page: Page) -> list[bytes]:
    """Open the three letters; the PDF that came with each."""
    press(page, "mails", "Open the mailbox")
    arrived(page, MAILS, 3)
    files = []
    for number in range(3):
        page.locator(MAILS).nth(number).click()
        expect(page.frame_locator("iframe").get_by_text("138 groups from 56 countries").first).to_be_visible()
        files.append(attached(page))
        page.get_by_role("link", name="Back to the mailbox").click()
    return files


def attached(page: Page) -> bytes:
    """The PDF of the mail that is open."""
    address = page.locator("dl ul a").first.get_attribute("href")
    return page.request.get(re.sub("/demo/.*", "", page.url) + (address or "")).body()


def add_late(page: Page) -> None:
    """Three sign-ons that came by mail."""
    press(page, "late", "Add a sign-on")
    for name in ("Late Example One", "Late Example Two", "Late Example Three"):
        page.get_by_label("Organisation, exactly as it should appear").fill(name)
        page.get_by_label("Country", exact=True).fill("Bahrain")
        page.get_by_role("button", name="Add, and on to the next").click()
        expect(page.get_by_role("status").first).to_contain_text(f"{name} is on the list and counts.")


def release_further(page: Page) -> None:
    """List no. 2, to one addressee: proposed by one coordinator, approved by the other."""
    freeze(page, "further")
    page.get_by_role("link", name="Preview and release").click()
    expect(page.locator(f"{TICKS}:checked")).to_have_count(0)
    page.locator(TICKS).first.check()
    propose(page)
    become_the_other(page, "second")
    approve(page)


def read_thread(page: Page) -> None:
    press(page, "thread", "Open the mailbox")
    arrived(page, MAILS, 4)
    page.locator(MAILS).first.click()
    inside = page.frame_locator("iframe")
    expect(inside.get_by_text("3 more groups, now 141 groups from 56 countries").first).to_be_visible()
    for name in ("Late Example One", "Late Example Two", "Late Example Three"):
        expect(inside.get_by_text(name).first).to_be_visible()
    page.locator("dt:has-text('In reply to') + dd a").click()
    expect(page.frame_locator("iframe").get_by_text("138 groups from 56 countries").first).to_be_visible()


def check(page: Page, file: bytes) -> None:
    press(page, "checked", "Check a file")
    page.locator("input[type=file]").set_input_files(
        {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": file}
    )
    page.wait_for_timeout(YOUNG_FORM)
    page.get_by_role("button", name="Check").click()
    verdict = page.get_by_role("status")
    expect(verdict).to_contain_text("Genuine, but superseded")


def let_bounce(page: Page) -> None:
    """The newest letter comes back."""
    press(page, "bounced", "Open the mailbox")
    page.locator(MAILS).first.click()
    page.get_by_role("button", name="Let this mail bounce").click()
    expect(page.get_by_role("status")).to_contain_text("has bounced")


def correct(page: Page, visitor: Visitor) -> None:
    """Propose its new address as one, approve as the other; the mail arrives there."""
    press(page, "corrected", "Go to the dispatch")
    page.get_by_label("Corrected address").fill(CORRECTED)
    page.get_by_role("button", name="Correct the address and send").click()
    expect(page.get_by_role("status").first).to_contain_text("Proposed.")
    become_the_other(page, "second")
    approve(page)
    visitor.at_start().get_by_role("link", name="Mailbox", exact=True).click()
    arrived(page, f"section[aria-labelledby=addressees] li:has-text('{CORRECTED}')")


def merge(page: Page) -> None:
    """Two of the three spellings are the same organisation."""
    press(page, "merged", "Go to the duplicates")
    pair = page.locator(".twins", has_text="SCHR").first
    pair.get_by_role("button", name="The same: keep").first.click()
    expect(page.get_by_role("status").first).to_be_visible()


def part(page: Page) -> None:
    press(page, "parted", "Go to the duplicates")
    page.get_by_role("button", name=re.compile("Undo the merge")).first.click()
    expect(page.get_by_role("status").first).to_be_visible()


def count_unnamed(page: Page, base: str) -> None:
    """The figure includes the shelter; no public page names it."""
    press(page, "withheld", "Go to what waits")
    page.get_by_role("button", name="Accept Sample shelter").click()
    expect(page.get_by_role("status").first).to_contain_text("Done.")
    for path in ("", "/signatories", "/countries", "/signatories?q=shelter"):
        page.goto(f"{base}/letters/bahrain-2020{path}")
        expect(page.get_by_text("Sample shelter")).to_have_count(0)
        expect(page.get_by_text(re.compile("142")).first).to_be_attached()


def bring_sheet(page: Page) -> None:
    """The messy sheet, its bad lines left out."""
    press(page, "sheet", "Go to the import")
    page.locator("input[type=file]").set_input_files(ROOT / "demo" / "messy-sheet.csv")
    page.get_by_role("button", name="Look through it").click()
    page.locator("input[name=leave_out_bad]").check()
    page.get_by_role("button", name="Save and look again").click()
    page.get_by_label("How did the organisations agree?").fill("They answered our form of February.")
    page.get_by_role("button", name="Bring in").click()
    expect(page.get_by_role("status").first).to_contain_text("sign-ons brought in")


def looking_after(page: Page, base: str) -> tuple[Callable[[], object], ...]:
    """What the list needs, step by step."""
    return (
        lambda: merge(page),
        lambda: part(page),
        lambda: count_unnamed(page, base),
        lambda: bring_sheet(page),
    )


def look_at_second_letter(page: Page) -> None:
    """What the demo had played before anybody came."""
    page.get_by_role("button", name="See what became of it").click()
    for words in (
        "Asked to wait, trying again",
        "It came back: no such mailbox",
        "no bounce so far",
    ):
        expect(page.locator(".recipients").get_by_text(words)).to_be_visible()
    page.get_by_text("Addressees and what happened last").click()
    page.get_by_role("link", name="Ms Sample Harbour").click()
    expect(page.get_by_text("SLA/BB/0042-2")).to_be_visible()


def test_the_whole_story_then_starting_over_then_ctrl_c(demo: Demo, browser: Browser) -> None:
    visitor = Visitor(browser.new_context(), demo.base)
    page = visitor.at_start()
    look_at_second_letter(page)
    visitor.at_start()
    press(page, "read", "Open the letter")
    expect(page.get_by_role("link", name="137 groups from 55 countries").first).to_be_visible()
    files: list[bytes] = []
    story: tuple[Callable[[], object], ...] = (
        lambda: sign(page),
        lambda: confirm(page),
        lambda: accept(page),
        lambda: (freeze(page, "arabic"), files.append(open_arabic(visitor.at_start()))),
        lambda: propose_first(page),
        lambda: (press(page, "released", "Go as the second"), approve(page)),
        lambda: files.extend(read_mails(page)),
        lambda: add_late(page),
        lambda: release_further(page),
        lambda: read_thread(page),
        lambda: check(page, files[1]),
        lambda: let_bounce(page),
        lambda: correct(page, visitor),
        *looking_after(page, demo.base),
    )
    for number, play in enumerate(story, 1):
        assert visitor.ticked() == STEPS[:number]
        play()
    assert visitor.ticked() == STEPS
    assert all(file.startswith(b"%PDF") for file in files)
    page.get_by_role("button", name="Start over").click()
    page.wait_for_url(f"{demo.base}/demo", timeout=PATIENCE * 1000)
    assert visitor.ticked() == ()
    look_at_second_letter(page)
    assert visitor.complaints == []
    started = started_in(demo.directory)
    assert all(any(word in line for line in started) for word in ("demo.sink", "gunicorn", "worker.py")), (
        started
    )
    stops_by_ctrl_c(demo)


def stops_by_ctrl_c(demo: Demo) -> None:
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(PATIENCE) == 0
    assert demo.log.read_text().endswith("Stopped.\n")
    assert started_in(demo.directory) == []


def propose_first(page: Page) -> None:
    press(page, "proposed", "Go to the editions")
    page.get_by_role("link", name="Preview and release").click()
    expect(page.locator(f"{TICKS}:checked")).to_have_count(3)
    propose(page)


def started_in(directory: Path) -> list[str]:
    """Command lines of the processes that a launcher started with this directory."""
    wanted = f"DEMO_DIRECTORY={directory}\0"
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # gone meanwhile, or somebody else's
            if wanted in (folder / "environ").read_text(errors="replace"):
                found.append((folder / "cmdline").read_text(errors="replace"))
    return found
