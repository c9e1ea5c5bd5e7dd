"""What kind of signatory an organisation is, and when two typed names are the same one."""

from enum import StrEnum

from campaign.core.text import fold

LONGEST_NAME = 200


class Scope(StrEnum):
    """National organisations stand under a country; networks are groups, not countries."""

    NATIONAL = "national"
    REGIONAL = "regional"
    INTERNATIONAL = "international"


def place(scope: Scope, country_code: str | None) -> str:
    """Where an organisation stands for "the same row": its country, or its scope for networks.

    Empty when unknown.
    """
    return (country_code or "") if scope is Scope.NATIONAL else scope.value


def same_row(a: tuple[str, str], b: tuple[str, str]) -> bool:
    """Whether two (name, place) pairs are the same: equal folded names at the same place."""
    return fold(a[0]) == fold(b[0]) and a[1] == b[1]
