"""The figures add up, whatever is counted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from campaign.letters.rules import Visibility
from campaign.organisations.rules import Scope
from campaign.tally.rules import Cell, cell, figures

CODES = st.sampled_from(["", "BH", "FR", "XK"])
CELLS = st.builds(cell, CODES, st.sampled_from(Scope), st.sampled_from(Visibility))
COUNTED = st.dictionaries(CELLS, st.integers(0, 50))


@given(COUNTED)
def test_the_parts_add_up_to_the_whole(cells: dict[Cell, int]) -> None:
    shown = figures(cells)
    rest = shown.regional + shown.international + shown.no_country + shown.withheld_country
    assert shown.signatories == sum(cells.values()) == sum(shown.by_country.values()) + rest


@given(COUNTED)
def test_a_country_is_listed_for_its_public_signatures_only(cells: dict[Cell, int]) -> None:
    listed = {
        c.country_code
        for c, n in cells.items()
        if n and c.visibility is Visibility.PUBLIC and c.scope is Scope.NATIONAL and c.country_code
    }
    shown = figures(cells)
    assert set(shown.by_country) == listed
    assert shown.countries == len(listed)
    assert list(shown.by_country) == sorted(shown.by_country)


@given(COUNTED)
def test_what_is_not_public_is_withheld(cells: dict[Cell, int]) -> None:
    hidden = sum(n for c, n in cells.items() if c.visibility is not Visibility.PUBLIC)
    assert figures(cells).withheld_country == hidden


def test_a_network_counts_under_no_country() -> None:
    assert cell("BH", Scope.REGIONAL, Visibility.PUBLIC).country_code == ""
    assert figures({cell("BH", Scope.INTERNATIONAL, Visibility.PUBLIC): 2}).countries == 0
    assert figures({cell(None, Scope.NATIONAL, Visibility.PUBLIC): 2}).no_country == 2
