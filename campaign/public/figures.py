"""Figures to look at: a map with its table beside it, and how signing went day by day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Response

from campaign.core.world_map import HEIGHT, WIDTH, world_map
from campaign.letters.models import Letter
from campaign.public.answers import show
from campaign.public.lists import headings
from campaign.public.places import Place, letter_page
from campaign.public.shown import can_be_signed
from campaign.public.texts import headline_of
from campaign.signing import roll
from campaign.tally.queries import letter_figures

CLASSES = (1, 2, 5, 10, 25)  # from how many signatories on a country is drawn a shade darker
PACE_WIDTH, PACE_HEIGHT = 320, 80  # units of the chart
FEWEST_DAYS = 3  # a chart of less says nothing


@dataclass(frozen=True, slots=True)
class Drawn:
    """A country with signatories on the map: its path, or the point of one too small to have one."""

    code: str
    name: str
    count: int
    shade: int
    path: str = ""
    point: tuple[float, float] = (0, 0)


@dataclass(frozen=True, slots=True)
class Pace:
    """How many had signed by the end of each day, as a line in a box of PACE_WIDTH by PACE_HEIGHT.

    `begun` of them on the first day, `total` by the end of the last.
    """

    first: date
    last: date
    begun: int
    total: int
    line: str
    area: str


@letter_page("/countries")
def countries(place: Place) -> Response:
    """Where signatories come from: the public figures by country, drawn and as a table."""
    figures = letter_figures(place.letter.id)
    found = headings(place.letter, figures, place.language)
    return show(
        "public/countries.html",
        place,
        headings=found,
        figures=figures,
        signable=can_be_signed(place.letter),
        headline=headline_of(figures, place.letter.noun(place.language)),
        drawn=_drawn({h.key: (h.words, h.count) for h in found}),
        blank=" ".join(path for code, path in world_map().paths.items() if code not in figures.by_country),
        width=WIDTH,
        height=HEIGHT,
        pace=_pace(place.letter),
    )


def shade(count: int) -> int:
    """How dark a country is drawn: 0 for none, up to the number of CLASSES."""
    return sum(count >= least for least in CLASSES)


def _drawn(found: Mapping[str, tuple[str, int]]) -> list[Drawn]:
    """The countries where somebody signed, those with a shape first, so that points lie on top."""
    world = world_map()
    shapes = [
        Drawn(code, *found[code], shade(found[code][1]), path=path)
        for code, path in world.paths.items()
        if code in found
    ]
    points = [
        Drawn(code, *found[code], shade(found[code][1]), point=at)
        for code, at in world.points.items()
        if code in found
    ]
    return shapes + points


def _pace(letter: Letter) -> Pace | None:
    """The line of signing, or None where there is too little of it."""
    days = roll.pace(letter.id)
    if len(days) < FEWEST_DAYS:
        return None
    return line_of(days)


def line_of(days: Sequence[tuple[date, int]]) -> Pace:
    """(day, how many signed then), in their order, as a growing line; days without any are level."""
    first, last = days[0][0], days[-1][0]
    by_day, total, sums = dict(days), 0, list[int]()
    for n in range((last - first).days + 1):
        total += by_day.get(first + timedelta(n), 0)
        sums.append(total)
    across = PACE_WIDTH / max(len(sums) - 1, 1)
    points = [f"{n * across:.1f},{PACE_HEIGHT * (1 - s / total):.1f}" for n, s in enumerate(sums)]
    line = " ".join(points)
    return Pace(first, last, sums[0], total, line, f"0,{PACE_HEIGHT} {line} {PACE_WIDTH},{PACE_HEIGHT}")
