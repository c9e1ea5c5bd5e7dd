"""The world as an SVG drawing: a shape for each country's code, a point for those too small to see."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

WIDTH, HEIGHT = 1000, 440  # units of the drawing; the south, where nobody signs, is left out
_DATA = Path(__file__).parent / "data" / "world_map.json"


@dataclass(frozen=True, slots=True)
class WorldMap:
    """`paths` are SVG path data by ISO 3166-1 alpha-2 (and XK), `points` are (x, y) of the smallest."""

    paths: Mapping[str, str]
    points: Mapping[str, tuple[float, float]]


@cache
def world_map() -> WorldMap:
    """The drawing, read once in a process; `scripts/make_world_map.py` says where it comes from."""
    read = json.loads(_DATA.read_text(encoding="ascii"))
    return WorldMap(read["paths"], {code: (x, y) for code, (x, y) in read["points"].items()})
