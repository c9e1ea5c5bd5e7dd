"""Which characters our fonts cannot print: Typst sets a box for them without a word, so we look first."""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTCollection, TTFont

FONTS = Path(__file__).parent / "fonts"
_COLLECTIONS = (".ttc", ".otc")
_SUFFIXES = (".ttf", ".otf", *_COLLECTIONS)


def uncovered(text: str, extra: Sequence[Path] = ()) -> str:
    """Return the distinct characters of the text that no font covers, in order; "" is the good answer.

    `extra` holds font folders beside our own (the setting FONT_PATHS; a file stands for its folder). Never
    printed, so never missing, are control and format characters (line breaks, joiners, direction marks) and
    variation selectors.
    """
    known = _covered(tuple(extra))
    return "".join(char for char in dict.fromkeys(text) if ord(char) not in known and not _unprinted(char))


def font_files(extra: Sequence[Path] = ()) -> list[Path]:
    """Return the font files an edition may be set in: ours, then those of `extra`, each sorted by path."""
    return [file for folder in font_folders(extra) for file in _files(folder)]


def font_folders(extra: Sequence[Path] = ()) -> list[Path]:
    """Return the folders of those files. Typst takes folders only: a file stands for the one it is in."""
    return [place.parent if place.is_file() else place for place in (FONTS, *extra)]


@lru_cache(maxsize=4)
def _covered(extra: tuple[Path, ...]) -> frozenset[int]:
    return frozenset(code for file in font_files(extra) for code in _codes(file))


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in _SUFFIXES)


def _codes(file: Path) -> Iterator[int]:
    """Yield the code points of the font's best Unicode cmap, or of each font in a collection."""
    if file.suffix.lower() in _COLLECTIONS:
        with TTCollection(file, lazy=True) as collection:
            for font in collection:
                yield from font.getBestCmap() or ()
    else:
        with TTFont(file, lazy=True) as font:
            yield from font.getBestCmap() or ()


def _unprinted(char: str) -> bool:
    if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp"):
        return True
    return unicodedata.name(char, "").startswith("VARIATION SELECTOR")
