"""The picture shown beside a shared link: title, hosts, and a figure only from a frozen list with its date.

Chats keep the first picture they saw for ever, so it must never say what may change: a live figure does.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import typst

from campaign.editions.glyphs import font_folders

WIDTH, HEIGHT = 1200, 630  # pixels, what the large networks ask for
MOST_HOSTS, LONGEST_TITLE = 6, 300
_TEMPLATE = Path(__file__).parents[2] / "templates" / "edition" / "card.typ"


@dataclass(frozen=True, slots=True)
class Card:
    """What is drawn; `figure` may be None. `direction` is that of the language: ltr or rtl."""

    kind: str
    title: str
    hosts: str
    figure: str | None
    language: str
    direction: str


def card_of(kind: str, title: str, hosts: Sequence[str], figure: str | None, language: str, way: str) -> Card:
    """A card of words that fit: many hosts and endless titles are cut."""
    named = " · ".join(hosts[:MOST_HOSTS]) + (" · …" if len(hosts) > MOST_HOSTS else "")
    short = title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1] + "…"
    return Card(kind, short, named, figure, language.split("-", maxsplit=1)[0], way)


@lru_cache(maxsize=64)
def drawn(card: Card, fonts: tuple[Path, ...] = ()) -> bytes:
    """The PNG, kept for as long as this process draws few others. `fonts` are folders beside our own."""
    faces = _faces(fonts)
    return typst.compile(
        _TEMPLATE,
        root=_TEMPLATE.parent,
        font_paths=faces,
        format="png",
        ppi=72.0,
        sys_inputs={"card": json.dumps(asdict(card), ensure_ascii=False)},
    )


@lru_cache(maxsize=2)
def _faces(fonts: tuple[Path, ...]) -> typst.Fonts:
    folders = [str(folder) for folder in font_folders(fonts)]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
