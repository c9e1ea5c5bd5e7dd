"""The rows about pages: what they weigh and how soon they are there, on a phone far away and on a desk.

The letter is the example's, with 137 signatories, served as the operations page says. Each visit is a
browser's first one: nothing is kept from the page before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, ClassVar

from flask import Flask
from playwright.sync_api import Browser, CDPSession, sync_playwright

from bench.grounds import app_over, served, servers
from bench.table import Row
from tests.servers import chromium

LETTER = "/letters/bahrain-2020"
OF_A_LETTER = {
    "letter": "",
    "sign form": "/sign",
    "signatories": "/signatories",
    "countries": "/countries",
    "privacy": "/privacy",
    "embed": "/embed",
}
OF_THE_SITE = {"home": "/", "verify": "/verify"}
LANGUAGES = {"en": "English", "ar": "Arabic"}
KINDS = {"Document": "HTML", "Stylesheet": "CSS", "Font": "fonts", "Image": "images"}
KIB = 1024
WARM = 3  # visits that are not counted, so that the server's processes have met the page
HEAVIEST, HEAVIEST_FORM = 150 * KIB, 30 * KIB
# What Core Web Vitals and Lighthouse call good (https://web.dev/articles/vitals).
LATEST, LONGEST_BLOCKED, FARTHEST_MOVED = 2_500.0, 200.0, 0.1
WATCH = """window.seen = {largest: 0, blocked: 0, moved: 0};
const watch = (type, told) =>
  new PerformanceObserver(list => list.getEntries().forEach(told)).observe({type, buffered: true});
watch("largest-contentful-paint", e => { seen.largest = e.startTime; });
watch("longtask", e => { seen.blocked += Math.max(0, e.duration - 50); });
watch("layout-shift", e => { if (!e.hadRecentInput) seen.moved += e.value; });"""
# On a slow processor the network is idle before anything is painted.
TELL = """async () => {
  const first = () => performance.getEntriesByName("first-contentful-paint")[0];
  while (!first() || !seen.largest) await new Promise(requestAnimationFrame);
  return {...seen, painted: first().startTime};
}"""


@dataclass(frozen=True)
class Device:
    """What a page is looked at with: CSS pixels, how much slower its processor is, octets a second."""

    name: str
    width: int
    height: int
    slower: int = 1
    octets: int = -1
    wait: int = 0  # milliseconds there and back


DEVICES = (
    Device("phone", 390, 844, slower=4, octets=1_600_000 // 8, wait=150),
    Device("desktop", 1280, 900),
)


@dataclass(frozen=True)
class Visit:
    """One look at a page: octets by kind, whom else it asked, and when what was there (milliseconds)."""

    requests: int
    octets: Mapping[str, int]
    elsewhere: int
    answered: float
    painted: float
    largest: float
    blocked: float
    moved: float


@dataclass
class PageRow:
    """A page in a language; `visits` by the name of the device."""

    HEAD: ClassVar[tuple[str, ...]] = (
        *("page", "requests", "elsewhere", *KINDS.values(), "KiB in all"),
        *(f"{device.name}: first byte / first / largest paint · blocked, ms · shift" for device in DEVICES),
        "",
    )
    name: str
    limit: int
    visits: dict[str, list[Visit]] = field(default_factory=dict)

    def cells(self) -> tuple[str, ...]:
        """The row as the table shows it: weights of the heaviest visit, medians of the times."""
        heaviest = self._heaviest
        weights = [heaviest.octets.get(kind, 0) for kind in KINDS.values()]
        return (
            *(self.name, str(heaviest.requests), str(self._elsewhere)),
            *(f"{octets / KIB:.1f}" for octets in (*weights, sum(heaviest.octets.values()))),
            *(_times(visits) for visits in self.visits.values()),
            "; ".join(self._missed()),
        )

    @property
    def _all(self) -> list[Visit]:
        return [visit for visits in self.visits.values() for visit in visits]

    @property
    def _heaviest(self) -> Visit:
        return max(self._all, key=lambda visit: sum(visit.octets.values()))

    @property
    def _elsewhere(self) -> int:
        return max(visit.elsewhere for visit in self._all)

    def _missed(self) -> Iterator[str]:
        """The limits that the page does not keep, in words."""
        if sum(self._heaviest.octets.values()) > self.limit:
            yield f"heavier than {self.limit // KIB} KiB"
        if self.limit == HEAVIEST_FORM and self._heaviest.octets.get("fonts"):
            yield "needs a web font"
        if self._elsewhere:
            yield "asks another site"
        for device, visits in self.visits.items():
            if _middle(visits, "largest") > LATEST:
                yield f"{device}: the largest part comes late"
            if _middle(visits, "blocked") > LONGEST_BLOCKED:
                yield f"{device}: does not answer for a while"
            if _middle(visits, "moved") > FARTHEST_MOVED:
                yield f"{device}: moves while it loads"


def _middle(visits: Sequence[Visit], what: str) -> float:
    return median(getattr(visit, what) for visit in visits)


def _times(visits: Sequence[Visit]) -> str:
    when = " / ".join(f"{_middle(visits, what):,.0f}" for what in ("answered", "painted", "largest"))
    return f"{when} · {_middle(visits, 'blocked'):,.0f} · {_middle(visits, 'moved'):.3f}"


def rows(folder: Path, repetitions: int) -> Iterator[PageRow | Row]:
    """A row for each page and language."""
    path = chromium()
    if path is None:
        yield Row("pages in a browser", None, skipped="Chromium is not here")
        return
    with (
        servers(folder) as found,
        app_over(found["PostgreSQL"], 25) as (app, settings),
        served(settings) as site,
        sync_playwright() as playwright,
    ):
        _load(app)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for name, address, limit in _pages():
            for _ in range(WARM):
                _visit(browser, site, address, DEVICES[-1])
            visits = {
                device.name: [_visit(browser, site, address, device) for _ in range(repetitions)]
                for device in DEVICES
            }
            yield PageRow(name, limit, visits)
        browser.close()


def _load(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=("demo", "load"))
    if done.exit_code:
        raise RuntimeError(done.output)


def _pages() -> Iterator[tuple[str, str, int]]:
    """Name, path and limit in octets of each page, in each language."""
    for tag, language in LANGUAGES.items():
        stem = LETTER if tag == "en" else f"/{tag}{LETTER}"
        for name, path in OF_A_LETTER.items():
            yield f"{name}, {language}", stem + path, HEAVIEST_FORM if path == "/sign" else HEAVIEST
        for name, path in OF_THE_SITE.items():
            yield f"{name}, {language}", f"{path}?lang={tag}", HEAVIEST


def _visit(browser: Browser, site: str, address: str, device: Device) -> Visit:
    """Look at a page with a browser that has seen nothing yet, until nothing more comes."""
    context = browser.new_context(viewport={"width": device.width, "height": device.height})
    page = context.new_page()
    page.add_init_script(WATCH)
    wire = context.new_cdp_session(page)
    came = _listen(wire)
    line = {"latency": device.wait, "downloadThroughput": device.octets, "uploadThroughput": device.octets}
    wire.send("Network.emulateNetworkConditions", {"offline": False, **line})
    wire.send("Emulation.setCPUThrottlingRate", {"rate": device.slower})
    page.goto(site + address, wait_until="networkidle")
    told = page.evaluate(TELL)
    context.close()
    octets: dict[str, int] = {}
    for one in came:
        octets[one.kind] = octets.get(one.kind, 0) + one.octets
    elsewhere = sum(not one.url.startswith(f"{site}/") for one in came)
    return Visit(len(came), octets, elsewhere, came[0].answered, **told)


@dataclass
class Asked:
    """A request: what kind of thing came, octets over the wire (headers too), milliseconds to the answer."""

    url: str
    begun: float
    kind: str = "other"
    octets: int = 0
    answered: float = 0.0


def _listen(wire: CDPSession) -> list[Asked]:
    """What a page asks for, in that order."""
    came: dict[str, Asked] = {}

    def asked(told: Mapping[str, Any]) -> None:
        if not told["request"]["url"].startswith("data:"):
            came[told["requestId"]] = one = Asked(told["request"]["url"], told["timestamp"])
            in_order.append(one)

    def answered(told: Mapping[str, Any]) -> None:
        # Told when the line has let it through; the page's own `responseStart` knows nothing of the line.
        if one := came.get(told["requestId"]):
            one.kind = KINDS.get(told["type"], "other")
            one.answered = 1_000 * (told["timestamp"] - one.begun)

    def ended(told: Mapping[str, Any]) -> None:
        if one := came.get(told["requestId"]):
            one.octets = int(told["encodedDataLength"])

    in_order: list[Asked] = []
    wire.on("Network.requestWillBeSent", asked)
    wire.on("Network.responseReceived", answered)
    wire.on("Network.loadingFinished", ended)
    wire.send("Network.enable")
    return in_order
