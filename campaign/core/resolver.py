"""Asking the domain name system for texts, as the one place that opens a socket for it."""

from collections.abc import Callable, Sequence

import dns.exception
import dns.name
import dns.resolver
from flask import Flask

# A name and the seconds to wait, to the texts published there; raises NoAnswer.
Lookup = Callable[[str, float], Sequence[str]]


class NoAnswer(Exception):
    """Nobody said in time what stands at a name: no network, no name server, or a broken one."""


def init_app(app: Flask) -> None:
    """Let the app ask. Tests reach no network: there nobody is asked until a test puts its own answers in."""
    app.extensions["resolver"] = None if app.testing else texts


def texts(name: str, seconds: float) -> list[str]:
    """The TXT records at `name`, each in one piece; none for a name that is not there, or cannot be.

    Raises NoAnswer after `seconds` at the latest.
    """
    try:
        asked = dns.name.from_text(name)
    except dns.exception.DNSException:
        return []
    try:
        # Made anew each time: a laptop changes its name servers with its network.
        answer = dns.resolver.Resolver().resolve(asked, "TXT", lifetime=seconds, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as fault:
        raise NoAnswer(name) from fault
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
