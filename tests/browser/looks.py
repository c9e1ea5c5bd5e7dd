"""Looking at pages with a real browser: what is wrong with one, and where the keyboard gets to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page

WCAG = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
# Radio buttons of one name are one stop of the keyboard.
_NAMED = "e => e.tagName + (e.type == 'radio' ? e.name : e.id || e.name || e.href)"
FOCUSED = f"""(() => {{
  const e = document.activeElement;
  return ({_NAMED})(e) + (getComputedStyle(e).outlineStyle == "none" ? "!" : "");
}})()"""
STOPS = f"""[...document.querySelectorAll("main :is(a[href], input, select, button, summary)")]
  .filter(e => e.checkVisibility() && e.tabIndex >= 0).map({_NAMED})"""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class Look:
    """A page that is open, and what came with it."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    weight: int = 0


@contextmanager
def looking(browser: Browser, scheme: str, width: int, scripts: bool = True, **more: Any) -> Iterator[Look]:
    """A fresh browser of that width (CSS pixels) and colour scheme; `more` as Playwright has it."""
    context = browser.new_context(
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": width, "height": 800},
        java_script_enabled=scripts,
        **more,
    )
    look = Look(context.new_page())
    look.page.on("console", lambda said: look.complaints.append(said.text) if said.type == "error" else None)
    look.page.on("request", lambda asked: look.hosts.add(re.sub(r"^(\w+://[^/]*).*", r"\1", asked.url)))
    look.page.on("response", lambda answer: _weigh(look, int(answer.headers.get("content-length", 0))))
    yield look
    context.close()


def _weigh(look: Look, octets: int) -> None:
    look.weight += octets
