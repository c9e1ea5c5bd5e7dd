"""How many sign-ons pass in a while before the rest wait for a person, and when an hour is unlike others.

Pure: counts and moments in, decisions out.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from campaign.core.errors import InvalidInput
from campaign.signing.rules import LimitPer

LONGEST_WAIT = timedelta(hours=1)  # far below the 48 hours for which a confirmation counts after a deadline
MOST = 1_000_000
SPANS = range(60, 30 * 24 * 3600 + 1)  # seconds
WIDE = 4  # a /48 of IPv6 may send this many times what one network may: it holds 65,536 of them
HOURS_BEFORE = 24
FEWEST, FEWEST_NEW = (
    30,
    120,
)  # sign-ons in an hour that are never worth a mail; the second while a letter is new
NEW_HOURS = 6


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `most` sign-ons in `span` seconds on one letter: from all, from one network, by one mailbox."""

    per: LimitPer
    span: int
    most: int

    @property
    def enough(self) -> int:
        """The count beyond which nothing more follows: more need not be counted."""
        return self.most + math.ceil(LONGEST_WAIT.total_seconds() * self.most / self.span)


# A burst and a day for each. An office, a conference or a Tor exit may be over them: that costs it minutes,
# and a coordinator a look.
DEFAULTS = (
    Pace(LimitPer.LETTER, 600, 300),
    Pace(LimitPer.LETTER, 86_400, 3_000),
    Pace(LimitPer.NETWORK, 600, 30),
    Pace(LimitPer.NETWORK, 86_400, 200),
    Pace(LimitPer.MAILBOX, 3_600, 3),
    Pace(LimitPer.MAILBOX, 86_400, 10),
)


def checked_pace(per: LimitPer, span: int, most: int) -> Pace:
    """Raises InvalidInput, with its field, for a pace that nobody can mean."""
    if span not in SPANS:
        raise InvalidInput("a limit is for one minute to 30 days", "span")
    if not 1 <= most <= MOST:
        raise InvalidInput("a limit lets pass 1 to 1,000,000 sign-ons", "most")
    return Pace(per, span, most)


def holding(own: Sequence[Pace], general: Sequence[Pace]) -> tuple[Pace, ...]:
    """What holds for a letter, for each thing counted by: its own, else those of all letters, else ours."""
    found: list[Pace] = []
    for per in LimitPer:
        layers = ([pace for pace in layer if pace.per is per] for layer in (own, general, DEFAULTS))
        found += sorted(next(layer for layer in layers if layer), key=lambda pace: pace.span)
    return tuple(found)


def excess(seen: int, most: int) -> int:
    """How far a sign-on is beyond a limit when so many were before it; 0 within the limit."""
    return max(seen + 1 - most, 0)


def wait(over: Iterable[tuple[Pace, int]]) -> timedelta:
    """How much later the confirmation mail leaves: what is over a limit leaves at the limit's pace.

    At most an hour later; nothing when nothing is over.
    """
    waits = (timedelta(seconds=pace.span / pace.most * beyond) for pace, beyond in over)
    return min(max(waits, default=timedelta(0)), LONGEST_WAIT)


def usual(before: Sequence[int]) -> int:
    """What a busy hour was like until now: the third highest, so that one or two odd hours do not count.

    `before` are the counts of the hours before, in any order.
    """
    return sorted(before, reverse=True)[min(2, len(before) - 1)] if before else 0


def unusual(hour: int, before: Sequence[int]) -> bool:
    """Whether an hour is unlike those before it: many sign-ons, and far more than the busy ones had.

    Counts that come by chance scatter by their square root (Poisson); four times that is beyond chance, and
    twice the figure is beyond a good day.
    """
    fewest = FEWEST if len(before) >= NEW_HOURS else FEWEST_NEW
    busy = usual(before)
    return hour >= max(fewest, 2 * busy, busy + 4 * math.sqrt(busy + 1))
