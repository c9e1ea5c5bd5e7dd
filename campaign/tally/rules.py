"""How cells add up to the figures that are shown."""

from collections.abc import Mapping
from dataclasses import dataclass

from campaign.letters.rules import Visibility
from campaign.organisations.rules import Scope


@dataclass(frozen=True, slots=True)
class Cell:
    """What is counted together. `country_code` is empty where there is none."""

    country_code: str
    scope: Scope
    visibility: Visibility


@dataclass(frozen=True, slots=True)
class Figures:
    """The public figures of a letter.

    `by_country` (public signatures only) and the rest add up to `signatories`.
    """

    signatories: int
    by_country: Mapping[str, int]
    regional: int
    international: int
    no_country: int
    withheld_country: int

    @property
    def countries(self) -> int:
        """How many countries are listed publicly: the M of "N groups from M countries"."""
        return len(self.by_country)


def cell(country_code: str | None, scope: Scope, visibility: Visibility) -> Cell:
    """The cell of a signature. A network counts under no country, even when one was given."""
    return Cell((country_code or "") if scope is Scope.NATIONAL else "", scope, visibility)


def figures(cells: Mapping[Cell, int]) -> Figures:
    """The figures from all cells of a letter."""
    by_country: dict[str, int] = {}
    rest = {"regional": 0, "international": 0, "no_country": 0, "withheld_country": 0}
    for where, count in cells.items():
        if count and where.visibility is not Visibility.PUBLIC:
            rest["withheld_country"] += count
        elif count and where.scope is not Scope.NATIONAL:
            rest[where.scope.value] += count
        elif count and where.country_code:
            by_country[where.country_code] = by_country.get(where.country_code, 0) + count
        else:
            rest["no_country"] += count
    return Figures(sum(by_country.values()) + sum(rest.values()), dict(sorted(by_country.items())), **rest)
