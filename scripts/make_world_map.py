"""Makes campaign/core/data/world_map.json: an SVG path for each country's code, and a point for small ones.

`python -m scripts.make_world_map FOLDER` takes the unpacked npm package `world-atlas` (2.0.2, ISC; the
shapes are Natural Earth's, public domain): countries-110m.json for shapes, countries-10m.json for the points
of those too small for it. Equal Earth projection (Šavrič, Patterson, Jenny 2018).

Shapes follow what the United Nations call countries: Natural Earth draws who is in control instead, so
northern Cyprus and Somaliland are joined to theirs, and Crimea is Ukraine's (General Assembly resolution
68/262). Kosovo and Western Sahara are drawn apart, as they have codes of their own.
"""

import json
import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from babel.core import get_global

from campaign.core.country_index import CODES

TARGET = Path(__file__).parent.parent / "campaign" / "core" / "data" / "world_map.json"
BY_NAME = {"Kosovo": "XK", "N. Cyprus": "CY", "Somaliland": "SO"}
# French departments and others that Natural Earth counts into another country: degrees east and north.
APART = {
    "BQ": (-68.3, 12.2), "BV": (3.4, -54.4), "CC": (96.8, -12.2), "CX": (105.6, -10.5), "GF": (-53.0, 4.0),
    "GP": (-61.5, 16.2), "MQ": (-61.0, 14.6), "RE": (55.5, -21.1), "SJ": (16.0, 78.5), "TK": (-171.9, -9.2),
    "YT": (45.2, -12.8),
}  # fmt: skip
CRIMEA = (34.2, 45.2)  # degrees east and north of a point in it
WIDTH = 1000.0
FINEST = 2  # units: shorter steps along a coast are left out
LEAST = 0.35  # units of the drawing: smaller islands than this are left out
A1, A2, A3, A4 = 1.340264, -0.081106, 0.000893, 0.003796
ROOT3 = math.sqrt(3) / 2
Point = tuple[float, float]
Ring = list[Point]


def projected(point: Point) -> Point:
    """Degrees to the drawing's units, by Equal Earth; y grows downwards."""
    longitude, theta = math.radians(point[0]), math.asin(ROOT3 * math.sin(math.radians(point[1])))
    squared = theta * theta
    sixth = squared**3
    x = longitude * math.cos(theta) / (ROOT3 * (A1 + 3 * A2 * squared + sixth * (7 * A3 + 9 * A4 * squared)))
    y = theta * (A1 + A2 * squared + sixth * (A3 + A4 * squared))
    scale = WIDTH / (2 * 2.70663)
    return round(WIDTH / 2 + x * scale), round(1.31736 * scale - y * scale)


def arcs_of(atlas: dict[str, Any]) -> list[Ring]:
    """Every arc as degrees: TopoJSON keeps each point as a step from the one before."""
    (sx, sy), (tx, ty) = atlas["transform"]["scale"], atlas["transform"]["translate"]
    found = []
    for arc in atlas["arcs"]:
        x = y = 0
        ring = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            ring.append((x * sx + tx, y * sy + ty))
        found.append(ring)
    return found


def rings_of(geometry: dict[str, Any], arcs: Sequence[Ring]) -> Iterator[Ring]:
    """The outer ring of each polygon."""
    polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    for polygon in polygons:
        ring: Ring = []
        for number in polygon[0]:
            part = arcs[number] if number >= 0 else arcs[~number][::-1]
            ring += part[1:] if ring else part
        yield ring


def code_of(geometry: dict[str, Any]) -> str | None:
    """ISO alpha-2 for Natural Earth's number or name."""
    if "id" not in geometry:
        return BY_NAME.get(geometry["properties"]["name"])
    known = get_global("territory_aliases").get(geometry["id"])  # type: ignore[arg-type]
    return known[0] if known and known[0] in CODES else None


def area(ring: Sequence[Point]) -> float:
    """Signed, in the square of its units (shoelace)."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)) / 2


def centre(ring: Sequence[Point]) -> Point:
    """The middle of its corners: near enough for an island."""
    return sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring)


def holds(ring: Sequence[Point], point: Point) -> bool:
    """Whether a point lies inside (even-odd rule)."""
    inside = False
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (ay > point[1]) != (by > point[1]):
            inside ^= point[0] < (bx - ax) * (point[1] - ay) / (by - ay) + ax
    return inside


def halves(ring: Ring) -> Iterator[Ring]:
    """The ring, or, where it crosses the edge of the map (180 degrees), what lies on either side."""
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    crossing = next((at for at, (a, b) in enumerate(pairs, 1) if abs(a[0] - b[0]) > 180), None)
    if crossing is None:
        yield ring
    else:
        turned = ring[crossing:] + ring[:crossing]
        yield [point for point in turned if point[0] > 0]
        yield [point for point in turned if point[0] <= 0]


def path_of(ring: Ring) -> str:
    """An SVG path of relative lines; empty for what is too small to see."""
    points = [projected(point) for point in ring]
    if len(points) < 3 or abs(area(points)) < LEAST:
        return ""
    at, steps = points[0], []
    for point in points[1:]:
        step = (point[0] - at[0], point[1] - at[1])
        if abs(step[0]) + abs(step[1]) >= FINEST:
            steps.append(f"{step[0]:g} {step[1]:g}")
            at = point
    return f"M{points[0][0]:g} {points[0][1]:g}l{' '.join(steps)}z"


def shapes(atlas: dict[str, Any]) -> dict[str, str]:
    """The path of each country that is large enough."""
    arcs, found = arcs_of(atlas), dict[str, str]()
    for geometry in atlas["objects"]["countries"]["geometries"]:
        code = code_of(geometry)
        for ring in rings_of(geometry, arcs) if code and code != "AQ" else ():
            owner = "UA" if code == "RU" and holds(ring, CRIMEA) else str(code)
            found[owner] = found.get(owner, "") + "".join(map(path_of, halves(ring)))
    return {code: path for code, path in sorted(found.items()) if path}


def points(atlas: dict[str, Any], drawn: dict[str, str]) -> dict[str, Point]:
    """Where to put a dot for each country without a path: the middle of its largest part."""
    arcs, found = arcs_of(atlas), {code: projected(point) for code, point in APART.items()}
    for geometry in atlas["objects"]["countries"]["geometries"]:
        code = code_of(geometry)
        if code and code not in drawn and code != "AQ":
            largest = max(rings_of(geometry, arcs), key=lambda ring: abs(area(ring)))
            found[code] = projected(centre(largest))
    return dict(sorted(found.items()))


def main(arguments: Sequence[str]) -> int:
    """Write the file, and say what no shape was found for."""
    coarse, fine = (
        json.loads((Path(arguments[0]) / f"countries-{scale}.json").read_text()) for scale in ("110m", "10m")
    )
    paths = shapes(coarse)
    dots = points(fine, paths)
    TARGET.write_text(
        json.dumps({"paths": paths, "points": dots}, separators=(",", ":"), ensure_ascii=True) + "\n"
    )
    lost = sorted(CODES - paths.keys() - dots.keys())
    sys.stdout.write(f"{len(paths)} paths, {len(dots)} points; neither: {lost}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
