"""Long lists of values in questions that databases take."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
AT_ONCE = 500  # values in one question; PostgreSQL takes 65,535, SQLite 32,766, and older ones 999


def in_parts(values: Iterable[T]) -> Iterator[list[T]]:
    """Values, each once, in lists short enough for one question."""
    every = list(dict.fromkeys(values))
    return (every[at : at + AT_ONCE] for at in range(0, len(every), AT_ONCE))
