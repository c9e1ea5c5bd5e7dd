"""Fonts, map and chart: what pages load is what scripts made, and drawings say the numbers."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

import config
from campaign.core.countries import CODES
from campaign.core.world_map import HEIGHT, WIDTH, world_map
from campaign.public.figures import CLASSES, PACE_HEIGHT, line_of, shade
from scripts.make_web_fonts import FACES, SCRIPTS

STATIC = config.ROOT / "campaign" / "static"
FACE = re.compile(r"@font-face \{(.*?)\}", re.DOTALL)


def faces() -> dict[str, str]:
    """File name and range of each face the style sheet declares."""
    found = {}
    for rule in FACE.findall((STATIC / "css" / "fonts.css").read_text()):
        file = re.search(r"fonts/([^\"]+)\.woff2", rule)
        ranges = re.search(r"unicode-range: ([^;]+);", rule)
        assert file
        assert ranges
        assert "font-display: optional" in rule  # a late face must not move what is being read
        found[file[1]] = ranges[1].replace(" ", "")
    return found


def test_the_style_sheet_declares_what_the_script_cuts() -> None:
    assert faces() == {
        f"{face}.{script}": SCRIPTS[script] for face, scripts in FACES.items() for script in scripts
    }


@pytest.mark.parametrize("name", sorted(faces()))
def test_each_face_is_there_light_and_without_a_person_in_it(name: str) -> None:
    path: Path = STATIC / "fonts" / f"{name}.woff2"
    assert path.stat().st_size < 35_000
    head = path.read_bytes()[:4]
    assert head == b"wOF2"


def test_the_four_faces_of_a_latin_page_leave_room_for_the_page() -> None:
    latin = [STATIC / "fonts" / f"{face}.latin.woff2" for face in FACES if "Naskh" not in face]
    assert sum(path.stat().st_size for path in latin) < 50_000


def test_the_fonts_they_are_cut_from_have_the_letters() -> None:
    source = config.ROOT / "campaign" / "editions" / "fonts" / "NotoNaskhArabic-Regular.ttf"
    assert set(map(ord, "رسالة مفتوحة")) <= TTFont(source).getBestCmap().keys()


def test_every_country_has_a_shape_or_a_point_within_the_drawing() -> None:
    world = world_map()
    assert world.paths.keys() | world.points.keys() == CODES - {"AQ"}
    assert not world.paths.keys() & world.points.keys()
    for x, y in world.points.values():
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT or y <= HEIGHT + 20  # islands of the far south
    assert all(path.startswith("M") and path.endswith("z") for path in world.paths.values())


def test_shades_grow_with_the_count() -> None:
    assert [shade(n) for n in (0, 1, 2, 4, 5, 10, 25, 999)] == [0, 1, 2, 2, 3, 4, 5, 5]
    assert len(CLASSES) == 5


@given(st.dictionaries(st.dates(date(2020, 1, 1), date(2020, 3, 1)), st.integers(1, 500), min_size=1))
def test_the_line_of_signing_grows_to_the_whole(days: dict[date, int]) -> None:
    pace = line_of(sorted(days.items()))
    heights = [float(point.split(",")[1]) for point in pace.line.split()]
    assert pace.total == sum(days.values())
    assert heights == sorted(heights, reverse=True)
    assert heights[-1] == 0
    assert min(heights) >= 0
    assert max(heights) <= PACE_HEIGHT
    assert len(heights) == (pace.last - pace.first).days + 1
