"""The lists of networks and mail domains: patterns as they are kept, and what the lists say of a sign-on.

Pure: patterns, an address and a domain in, a verdict out.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from campaign.core.addresses import written
from campaign.core.errors import InvalidInput
from campaign.core.networks import Address, read_network, within
from campaign.signing.rules import AccessKind, Verdict

LONGEST_PATTERN = 200
_LABEL = re.compile(r"[a-z0-9_*](?:[a-z0-9_*-]{0,61}[a-z0-9_*])?")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the lists; `own` says that it is the letter's, not for all letters."""

    verdict: Verdict
    kind: AccessKind
    pattern: str
    own: bool = False


def checked_pattern(kind: AccessKind, typed: str) -> str:
    """A pattern in its normal form. Raises InvalidInput for what is none, or means everybody."""
    pattern = _network(typed) if kind is AccessKind.NETWORK else _domain(typed)
    if len(pattern) > LONGEST_PATTERN:
        raise InvalidInput("longer than %(longest)d characters", "pattern", longest=LONGEST_PATTERN)
    return pattern


def _network(typed: str) -> str:
    network = read_network(typed)
    if network is None:
        raise InvalidInput("a network looks like 192.0.2.0/24 or 2001:db8::/48", "pattern")
    if network.prefixlen == 0:
        raise InvalidInput("that is everybody: pause the letter instead", "pattern")
    return str(network)


def _domain(typed: str) -> str:
    labels = [_label(label) for label in typed.strip().strip(".").removeprefix("@").split(".")]
    if len(labels) < 2 or not all(labels) or labels[-1].isdecimal():  # such as 192.0.2, half an address
        raise InvalidInput("a mail domain looks like example.org or *.example.org", "pattern")
    if not any(label.strip("*") for label in labels):
        raise InvalidInput("that is everybody: pause the letter instead", "pattern")
    return ".".join(labels)


def _label(typed: str) -> str:
    """A part between dots in ASCII and small letters, as domains are compared; empty for what is none."""
    label = re.sub(r"\*+", "*", typed.lower())
    if not label.isascii():
        label = domain_of(f"a@{label}.example").removesuffix(".example")
    return label if _LABEL.fullmatch(label) else ""


def domain_of(email: str | None) -> str:
    """The domain of a mail address as patterns are compared with it; empty for none."""
    try:
        return written(email or "").rpartition("@")[2].lower().rstrip(".")
    except InvalidInput:
        return ""


def deciding(entries: Iterable[Entry], address: Address | None, domain: str) -> list[Entry]:
    """The lines that decide about somebody: of each kind the narrowest that fits.

    Among equally narrow ones the letter's own, and then the one that denies.
    """
    fitting = [entry for entry in entries if _fits(entry, address, domain)]
    found = (max((e for e in fitting if e.kind is kind), key=_weight, default=None) for kind in AccessKind)
    return [entry for entry in found if entry]


def judgement(decided: Iterable[Entry]) -> Verdict | None:
    """What the deciding lines say together: one that denies is enough for a person to look."""
    verdicts = {entry.verdict for entry in decided}
    return next((verdict for verdict in (Verdict.DENY, Verdict.ALLOW) if verdict in verdicts), None)


def _fits(entry: Entry, address: Address | None, domain: str) -> bool:
    if entry.kind is AccessKind.DOMAIN:
        return bool(domain) and fnmatchcase(domain, entry.pattern)
    network = read_network(entry.pattern)
    return network is not None and within(address, network)


def _weight(entry: Entry) -> tuple[int, int, bool, bool]:
    if entry.kind is AccessKind.NETWORK:
        narrow = int(entry.pattern.partition("/")[2])
    else:
        narrow = len(entry.pattern.replace("*", ""))
    return "*" not in entry.pattern, narrow, entry.own, entry.verdict is Verdict.DENY
