"""Rows of figures, and the Markdown table they are printed as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from statistics import median
from typing import ClassVar, Protocol


class Line(Protocol):
    """A row of a table with that head."""

    HEAD: ClassVar[tuple[str, ...]]
    name: str

    def cells(self) -> tuple[str, ...]:
        """As many as the head has."""


@dataclass
class Row:
    """What is compared, in things per second, and how high the ratio shall be (None: for information).

    Each of `pairs` is (ours, peer) of one repetition, measured one right after the other. `skipped` says why
    there are none.
    """

    HEAD: ClassVar[tuple[str, ...]] = ("row", "goal", "ratio, median (min–max)", "ours", "peer", "")
    name: str
    goal: float | None
    pairs: list[tuple[float, float]] = field(default_factory=list)
    skipped: str = ""

    @property
    def ratios(self) -> list[float]:
        """One for each repetition."""
        return [ours / peer for ours, peer in self.pairs]

    def cells(self) -> tuple[str, ...]:
        """The row as the table shows it."""
        goal = "–" if self.goal is None else f"≥ {self.goal:g}"
        if not self.pairs:
            return (self.name, goal, "skipped", "–", "–", self.skipped)
        ratios = self.ratios
        ratio = f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
        ours, peer = ([pair[side] for pair in self.pairs] for side in (0, 1))
        return (self.name, goal, ratio, _rate(ours), _rate(peer), self._verdict())

    def _verdict(self) -> str:
        below = self.goal is not None and median(self.ratios) < self.goal
        return "below the goal" if below else ""


def tables(rows: Sequence[Line]) -> str:
    """The rows, those of one head in a table."""
    return "\n\n".join(_table(head, list(group)) for head, group in groupby(rows, key=lambda row: row.HEAD))


def _table(head: tuple[str, ...], rows: Sequence[Line]) -> str:
    """Rows of one head, aligned."""
    lines = [head, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    shown = [_line(cells, widths) for cells in lines]
    return "\n".join([shown[0], _line(["-" * width for width in widths], widths), *shown[1:]])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"


def _rate(rates: Sequence[float]) -> str:
    return f"{median(rates):,.0f}/s ({min(rates):,.0f}–{max(rates):,.0f})"
