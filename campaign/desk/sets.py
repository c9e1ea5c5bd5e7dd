"""Sets of the queue: what is held, and what carries a flag, to be looked at and decided together."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from campaign.desk import words
from campaign.signing import queues


@dataclass(frozen=True, slots=True)
class Sets:
    """The sets that have rows, as (name, word, how many), and the chosen one with its newest row.

    `acceptable` says that nothing in the chosen set is there because it looks wrong.
    """

    listed: Sequence[tuple[str, str, int]]
    chosen: str
    through: int
    count: int
    acceptable: bool


def sets(letter_id: int, chosen: str) -> Sets:
    """What sets the queue of a letter has."""
    sizes, whole = queues.sizes(letter_id), queues.whole(letter_id, chosen)
    return Sets(
        listed=[(name, _word(name), size) for name, size in sizes.items() if size],
        chosen=chosen if whole.count else "",
        through=whole.through,
        count=whole.count,
        acceptable=not whole.suspect,
    )


def _word(name: str) -> str:
    return _("held") if name == queues.HELD else words.flag(name)[0]
