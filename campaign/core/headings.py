"""In which row a sheet's headings stand: titles and notes are often typed above them."""

from collections import Counter
from collections.abc import Collection, Sequence

DEEPEST = 30  # rows that are not blank and may be the headings


def heading_row(top: Sequence[tuple[int, Sequence[str]]], known: Collection[str] = ()) -> int:
    """The number of the row that most likely has the headings, of a sheet's first rows (at least one).

    Where `known` headings are given it is the first row with all of them; else the first that is about as
    full as the rows below it, for a title fills one cell.
    """
    for number, cells in top:
        named = {" ".join(cell.split()) for cell in cells}
        if known and named.issuperset(known):
            return number
    usual = Counter(_filled(cells) for _, cells in top[-20:]).most_common(1)[0][0]
    return next((number for number, cells in top if _filled(cells) >= max(1, 0.6 * usual)), top[0][0])


def _filled(cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if cell)
