"""What kind of signatory an organisation is, and when two typed names are the same one."""

from dataclasses import dataclass
from enum import StrEnum

from campaign.core.text import fold

LONGEST_NAME = 200
LONGEST_ACRONYM = 40


class Scope(StrEnum):
    """National organisations stand under a country; networks are groups, not countries."""

    NATIONAL = "national"
    REGIONAL = "regional"
    INTERNATIONAL = "international"


class NameKind(StrEnum):
    """What a name is to its organisation."""

    NAME = "name"
    ALIAS = "alias"
    FORMER = "former"
    ACRONYM = "acronym"


class DomainSource(StrEnum):
    """How we know that a domain is an organisation's: from its website, or from a mailbox it proved."""

    WEBSITE = "website"
    MAILBOX = "mailbox"


def place(scope: Scope, country_code: str | None) -> str:
    """Where an organisation stands for "the same row": its country, or its scope for networks.

    Empty when unknown.
    """
    return (country_code or "") if scope is Scope.NATIONAL else scope.value


def same_row(a: tuple[str, str], b: tuple[str, str]) -> bool:
    """Whether two (name, place) pairs are the same: equal folded names at the same place."""
    return fold(a[0]) == fold(b[0]) and a[1] == b[1]


class Resemblance(StrEnum):
    """What two names are to each other. All but `different` are shown to a person."""

    SAME = "same"
    SIMILAR = "similar"
    DIFFERENT = "different"
    LOOKALIKE = "lookalike"


_RANK = (Resemblance.DIFFERENT, Resemblance.SIMILAR, Resemblance.SAME, Resemblance.LOOKALIKE)


@dataclass(frozen=True, slots=True)
class Match:
    """A verdict on two names, how much they have in common (0 to 100), and why, in words.

    `apart` when something in the names tells two organisations apart, whatever else they share: if both stand
    at one place, they may be one even so.
    """

    verdict: Resemblance
    score: int
    reason: str
    apart: bool = False

    @property
    def flagged(self) -> bool:
        """Whether a person should look."""
        return self.verdict is not Resemblance.DIFFERENT

    @property
    def order(self) -> tuple[int, int]:
        """The more telling of two matches is greater."""
        return _RANK.index(self.verdict), self.score
