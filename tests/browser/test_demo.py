"""The demo as a visitor meets it: real processes, a real browser, and the seven steps in their order."""

from __future__ import annotations

import re
import shutil
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
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from demo.launch import free_port
from demo.place import ROOT
from tests.servers import missing

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 60.0  # seconds the demo has to come up, and a mail or a file to arrive, on a slow machine
YOUNG_FORM = 2_100  # milliseconds: a form sent sooner than two seconds after it was shown is refused
ORGANISATION, MAILBOX = "Pearl Coast Example Forum", "layla@example.org"
STEPS = ("read", "signed", "confirmed", "accepted", "arabic", "released", "mails")


@dataclass
class Demo:
    """A running `python -m demo`."""

    process: subprocess.Popen[str]
    base: str
    log: Path
    directory: Path


@pytest.fixture
def chromium() -> str:
    """The browser's path; skipped, or failed where nothing may be skipped, when there is none."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    return found or missing("Chromium")


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


@pytest.fixture
def browser(chromium: str) -> Iterator[Browser]:
    """Chromium without a window."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


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


def sign(page: Page) -> None:
    page.get_by_role("link", name="Open the form").click()
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
    page.get_by_role("link", name="Open the mailbox").first.click()
    arrived(page, f"li:has-text('{MAILBOX}')")
    page.locator("li", has_text=MAILBOX).get_by_role("link").click()
    page.frame_locator("iframe").get_by_role("link").first.click()
    page.wait_for_url("**/confirm/*")
    expect(page.get_by_text(ORGANISATION).first).to_be_visible()
    page.wait_for_timeout(YOUNG_FORM)
    page.get_by_role("button", name="Yes, confirm").click()
    page.wait_for_url("**/done")


def accept(page: Page) -> None:
    page.get_by_role("button", name="Go to what waits at the desk").click()
    page.get_by_role("button", name=f"Accept {ORGANISATION}").click()
    expect(page.get_by_role("status")).to_contain_text("Done.")


def open_arabic(page: Page) -> bytes:
    """Freeze an edition, and open its Arabic file from the start page."""
    page.get_by_role("button", name="Go to the editions").first.click()
    page.get_by_role("button", name="Freeze a new edition now").click()
    arrived(page, "a:has-text('Preview and release')")
    page.get_by_role("link", name="Start page").click()
    address = page.locator("#arabic").get_by_role("link").get_attribute("href")
    answer = page.request.get(f"{page.url.removesuffix('/demo')}{address}")
    assert answer.headers["content-type"] == "application/pdf"
    return answer.body()


def release(page: Page) -> None:
    page.get_by_role("button", name="Go to the editions").last.click()
    page.get_by_role("link", name="Preview and release").click()
    page.get_by_label("now; it cannot be taken back").check()
    page.get_by_role("button", name=re.compile("^Release")).click()
    expect(page.get_by_role("status").first).to_contain_text("Done.")


def read_mails(page: Page) -> list[bytes]:
    """Open the three letters; the PDF that came with each."""
    page.get_by_role("link", name="Open the mailbox").last.click()
    mails = "section[aria-labelledby=addressees] li a"
    arrived(page, mails, 3)
    files = []
    for number in range(3):
        page.locator(mails).nth(number).click()
        expect(page.frame_locator("iframe").get_by_text("138 groups from 56 countries").first).to_be_visible()
        address = page.locator("dl a").get_attribute("href")
        files.append(page.request.get(re.sub("/demo/.*", "", page.url) + (address or "")).body())
        page.get_by_role("link", name="Back to the mailbox").click()
    return files


def test_the_seven_steps_then_starting_over_then_ctrl_c(demo: Demo, browser: Browser) -> None:
    visitor = Visitor(browser.new_context(), demo.base)
    page = visitor.at_start()
    page.get_by_role("link", name="Open the letter").click()
    expect(page.get_by_role("link", name="137 groups from 55 countries").first).to_be_visible()
    assert visitor.ticked() == STEPS[:1]
    sign(page)
    assert visitor.ticked() == STEPS[:2]
    confirm(page)
    assert visitor.ticked() == STEPS[:3]
    accept(page)
    assert visitor.ticked() == STEPS[:4]
    page.get_by_role("link", name="Look at the letter again").click()
    expect(page.get_by_role("link", name="138 groups from 56 countries").first).to_be_visible()
    visitor.at_start()
    assert open_arabic(page).startswith(b"%PDF")
    assert visitor.ticked() == STEPS[:5]
    release(page)
    assert visitor.ticked() == STEPS[:6]
    assert all(file.startswith(b"%PDF") for file in read_mails(page))
    assert visitor.ticked() == STEPS
    page.get_by_role("button", name="Start over").click()
    page.wait_for_url(f"{demo.base}/demo")
    assert visitor.ticked() == ()
    assert visitor.complaints == []
    started = started_in(demo.directory)
    assert all(any(word in line for line in started) for word in ("demo.sink", "gunicorn", "worker.py")), (
        started
    )
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(PATIENCE) == 0
    assert demo.log.read_text().endswith("Stopped.\n")
    assert started_in(demo.directory) == []


def started_in(directory: Path) -> list[str]:
    """Command lines of the processes that a launcher started with this directory."""
    wanted = f"DEMO_DIRECTORY={directory}\0"
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # gone meanwhile, or somebody else's
            if wanted in (folder / "environ").read_text(errors="replace"):
                found.append((folder / "cmdline").read_text(errors="replace"))
    return found
