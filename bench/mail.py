"""The rows about mail: what our worker hands over, and what a peer does at the same sink at the same time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from bench import loops, owed
from bench.grounds import app_over, disk, program, servers, sink, source
from bench.table import Row
from campaign.outbox.tasks import deliver
from tests.factories import make_letter
from tests.servers import PostgresServer, SqliteServer, redis_server

NOTICES, LETTERS, LOOPED = 1000, 200, 10_000  # mails in a repetition
COPIES = 19  # so that twenty get the bytes of each addressee
EIGHT, ONE, KEPT = ("-d", "-s", "8"), ("-s", "1"), ("-d", "-s", "1")
PDF, OWN = (
    "PDF mails, built once an addressee ÷ smtp-source, 8 sessions",
    "the same, each mail with its own PDF",
)
SHORT = "short notices, outcome recorded ÷ smtp-source, 1 session"
STEADY = "the same ÷ smtp-source -d, which keeps its connection"
LASTING = "the same ÷ half of the writes that the disk makes sure of (two commits a mail)"
THROUGH_RQ = f"{LOOPED:,} notices through RQ ÷ the same loop without RQ"
NO_POSTFIX = "smtp-source and smtp-sink are not here (Debian: apt-get install postfix)"
NO_REDIS = "no redis-server or valkey-server is here"
GOALS: Mapping[str, float | None] = {
    PDF: 0.7,
    OWN: None,
    SHORT: 0.3,
    STEADY: None,
    LASTING: None,
    THROUGH_RQ: 0.75,
}


@dataclass(frozen=True)
class Peer:
    """Postfix's smtp-source at the same sink."""

    path: str
    port: int

    def rate(self, mails: int, size: int, *options: str) -> float:
        """Mails of that size (octets) per second."""
        return source(self.path, self.port, mails, size, options)


def rows(folder: Path, repetitions: int) -> Iterator[Row]:
    """Each row as soon as it is measured."""
    sender, taker = program("smtp-source"), program("smtp-sink")
    if not (sender and taker):
        yield from (Row(name, goal, skipped=NO_POSTFIX) for name, goal in GOALS.items())
        return
    with sink(taker) as port, servers(folder) as found:
        for kind, server in found.items():
            with app_over(server, port):
                measured = [*_letters(Peer(sender, port), repetitions)]
                measured += _notices(Peer(sender, port), folder, repetitions)
            for row in measured:
                row.name += f" ({kind})"
                yield row
        yield _through_rq(found["PostgreSQL"], port, folder, repetitions)


def _letters(peer: Peer, repetitions: int) -> list[Row]:
    shared, own = Row(PDF, GOALS[PDF]), Row(OWN, GOALS[OWN])
    for _ in range(repetitions):
        for row, addressees, copies in ((shared, LETTERS // (1 + COPIES), COPIES), (own, LETTERS // 4, 0)):
            owed.letters(owed.addressed(addressees, copies))
            size = owed.size_of_next()
            row.pairs.append((_delivered(), peer.rate(2 * LETTERS, size, *EIGHT)))
    return [shared, own]


def _notices(peer: Peer, folder: Path, repetitions: int) -> list[Row]:
    row, steady, lasting = (Row(name, GOALS[name]) for name in (SHORT, STEADY, LASTING))
    letter = make_letter()
    for _ in range(repetitions):
        owed.notices(letter, NOTICES)
        size = owed.size_of_next()
        ours = _delivered()
        row.pairs.append((ours, peer.rate(2 * NOTICES, size, *ONE)))
        steady.pairs.append((ours, peer.rate(2 * NOTICES, size, *KEPT)))
        lasting.pairs.append((ours, disk(folder) / 2))
    return [row, steady, lasting]


def _delivered() -> float:
    """Mails per second, from the first claim to the last outcome."""
    begun = monotonic()
    return deliver() / (monotonic() - begun)


def _through_rq(server: PostgresServer | SqliteServer, port: int, folder: Path, repetitions: int) -> Row:
    row = Row(f"{THROUGH_RQ} (PostgreSQL)", GOALS[THROUGH_RQ])
    if not (program("redis-server") or program("valkey-server")):
        row.skipped = NO_REDIS
        return row
    with ExitStack() as ended:
        redis_url = ended.enter_context(redis_server(folder))
        _, settings = ended.enter_context(app_over(server, port))
        letter = make_letter()
        rung = {**settings, "REDIS_URL": redis_url}
        for _ in range(repetitions):
            row.pairs.append(
                (loops.through_rq(rung, letter, LOOPED), loops.polling(settings, letter, LOOPED))
            )
    return row
