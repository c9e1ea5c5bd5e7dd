"""What a fault brought to light: what was tried, in figures, and what did not hold."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.servers import Received


@dataclass
class Found:
    """`tried` says in figures what was done, `faults` each thing that should not have been.

    `seed` gives the same random instants again.
    """

    tried: str
    seed: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def held(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    def expect(self, so: bool, fault: str) -> None:
        """Note a fault unless it is so."""
        if not so:
            self.faults.append(fault)

    def limit(self, name: str, number: float, most: float) -> None:
        """Note a fault when there are more than that."""
        self.expect(number <= most, f"{name}: {number:g}, at most {most:g}")


def together(*founds: Found) -> Found:
    """One finding of several."""
    return Found(
        "; ".join(f.tried for f in founds),
        seed=founds[0].seed,
        faults=[fault for f in founds for fault in f.faults],
    )


def new_seed() -> int:
    """A seed nobody chose."""
    return random.randrange(10**6)


def twice(mails: Iterable[Received]) -> int:
    """How many mails arrived more often than once, by Message-ID and envelope recipient."""
    seen = Counter((str(m.message["Message-ID"]), rcpt) for m in mails for rcpt in m.rcpt_tos)
    return sum(1 for times in seen.values() if times > 1)
