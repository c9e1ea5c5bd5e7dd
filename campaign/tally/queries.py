"""Reading figures: totals and pending changes in one statement, so that a figure never goes backwards."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Select, func, select, union_all

from campaign.core.db import db
from campaign.core.parts import in_parts
from campaign.letters.rules import Visibility
from campaign.organisations.rules import Scope
from campaign.tally.models import Delta, Total
from campaign.tally.rules import Cell, Figures, figures


def cells(letter_id: int) -> Mapping[Cell, int]:
    """Every cell of a letter with its count."""
    return _cells([letter_id]).get(letter_id, {})


def letter_figures(letter_id: int) -> Figures:
    """The public figures of one letter."""
    return figures(cells(letter_id))


def figures_of(letter_ids: Sequence[int]) -> Mapping[int, Figures]:
    """The public figures of several letters."""
    found = {id_: its for some in in_parts(letter_ids) for id_, its in _cells(some).items()}
    return {letter_id: figures(found.get(letter_id, {})) for letter_id in letter_ids}


def _cells(letter_ids: Sequence[int]) -> dict[int, dict[Cell, int]]:
    both = union_all(_rows(Total, letter_ids), _rows(Delta, letter_ids)).subquery()
    key = (both.c.letter_id, both.c.country_code, both.c.scope, both.c.visibility)
    found: dict[int, dict[Cell, int]] = {}
    for letter_id, code, scope, visibility, count in db.session.execute(
        select(*key, func.sum(both.c.count)).group_by(*key)
    ):
        if count:
            found.setdefault(letter_id, {})[Cell(code, Scope(scope), Visibility(visibility))] = int(count)
    return found


def _rows(
    table: type[Total] | type[Delta], letter_ids: Sequence[int]
) -> Select[int, str, Scope, Visibility, int]:
    count = table.signatures if table is Total else Delta.change
    return select(
        table.letter_id, table.country_code, table.scope, table.visibility, count.label("count")
    ).where(table.letter_id.in_(letter_ids))
