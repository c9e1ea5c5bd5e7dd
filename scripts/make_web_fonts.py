"""Makes the web's fonts from the PDF's: the same faces, cut to what pages need, as WOFF2.

`python -m scripts.make_web_fonts` writes campaign/static/fonts. Beside fontTools it needs Brotli, which
nothing else here does: `pip install brotli`. A face is cut by script: a page loads only those it shows.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "campaign" / "editions" / "fonts"
TARGET = ROOT / "campaign" / "static" / "fonts"
SIGNS = "U+2010-2015,U+2018-201E,U+2020-2022,U+2026,U+2030,U+2032-2033,U+2039-203A,U+20AC,U+2116,U+2122"
# Ranges as campaign/static/css/fonts.css declares them; a test compares the two.
SCRIPTS = {
    "latin": f"U+0020-007E,U+00A0-00FF,U+0131,U+0152-0153,U+02C6,U+02DA,U+02DC,{SIGNS},U+2190-2193,U+2212",
    "latin-ext": "U+0100-0130,U+0132-0151,U+0154-024F,U+0259,U+0300-0304,U+0306-030C,U+0323,U+1E00-1EFF",
    "cyrillic": "U+0400-045F,U+0490-0491,U+04B0-04B1,U+04D8-04D9,U+04E8-04E9",
    "arabic": "U+060C,U+061B,U+061F,U+0621-063A,U+0640-0652,U+0660-0671,U+0679,U+067E,U+0686,U+0688,U+0691,"
    "U+0698,U+06A9,U+06AF,U+06BA,U+06BE,U+06C1,U+06C3,U+06CC,U+06D2-06D4,U+06F0-06F9,U+200C-200D",
}
FACES = {
    "NotoSerif-Regular": ("latin", "latin-ext", "cyrillic"),
    "NotoSerif-Bold": ("latin", "latin-ext", "cyrillic"),
    "NotoSans-Regular": ("latin", "latin-ext", "cyrillic"),
    "NotoSans-Bold": ("latin", "latin-ext", "cyrillic"),
    "NotoNaskhArabic-Regular": ("arabic",),
    "NotoNaskhArabic-Bold": ("arabic",),
}
# What text needs; small capitals, ligatures of choice and alternates would double a file.
FEATURES = "kern liga clig calt ccmp locl mark mkmk lnum tnum init medi fina isol rlig curs".split()


def codepoints(ranges: str) -> Iterable[int]:
    """Every code point of `U+0020-007E,U+00A0`."""
    for part in ranges.split(","):
        first, _, last = part.removeprefix("U+").partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)


def cut(face: str, script: str) -> bytes:
    """Write one file; its bytes."""
    options = subset.Options(flavor="woff2", layout_features=FEATURES, hinting=False, desubroutinize=True)
    options.name_IDs, options.notdef_outline = [0, 1, 2, 13, 14], True
    options.drop_tables += ["DSIG", "meta"]
    font = TTFont(SOURCES / f"{face}.ttf", recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=codepoints(SCRIPTS[script]))
    cutter.subset(font)
    path = TARGET / f"{face}.{script}.woff2"
    subset.save_font(font, path, options)
    return path.read_bytes()


def main() -> int:
    """Write every file, and say how large it is."""
    TARGET.mkdir(exist_ok=True)
    for face, scripts in FACES.items():
        for script in scripts:
            sys.stdout.write(f"{face}.{script}: {len(cut(face, script)) / 1000:.1f} kB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
