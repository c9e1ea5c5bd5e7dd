"""The table of `./dev faults`: each promise, what was tried to break it, and whether it held."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TextIO

import pytest
from flask import Flask

from tests.faults.found import Found
from tests.faults.tampering import app_over
from tests.journeys.stage import Stage, staged
from tests.servers import (
    PostgresServer,
    RedisServer,
    SqliteServer,
    own_redis,
    postgres_server,
    settings_of_tests,
    sqlite_server,
)

NOBODY = 9  # the discard service: no test machine listens there
HEAD = ("promise", "what is promised, and what is done to it", "tried", "held", "took")


@dataclass
class Scenery:
    """What rows stand on, without pytest: servers, started when one is asked for, stages and apps."""

    ended: ExitStack
    seed: int
    quick: bool

    def figure(self, quick: int, full: int) -> int:
        """How much is tried."""
        return quick if self.quick else full

    @cached_property
    def settings(self) -> dict[str, str]:
        """The settings of apps and stages; the database is missing."""
        return settings_of_tests(NOBODY)

    @cached_property
    def sqlite(self) -> SqliteServer:
        """Where SQLite databases are made."""
        return self.ended.enter_context(sqlite_server())

    @cached_property
    def postgresql(self) -> PostgresServer:
        """Where PostgreSQL databases are made."""
        return self.ended.enter_context(postgres_server())

    def server(self, kind: str) -> SqliteServer | PostgresServer:
        """The server of that kind: "sqlite" or "postgresql"."""
        return self.sqlite if kind == "sqlite" else self.postgresql

    def folder(self) -> Path:
        """A new folder, gone in the end."""
        made = Path(tempfile.mkdtemp(prefix="undersigned-faults-"))
        self.ended.callback(shutil.rmtree, made, ignore_errors=True)
        return made

    def redis(self) -> RedisServer:
        """A running Redis of its own."""
        return self.ended.enter_context(own_redis(self.folder()))

    def stage(self, kind: str, mail_is_there: bool = True, **settings: str) -> Stage:
        """As the tests' `make_stage`."""
        own = {**self.settings, **settings}
        return self.ended.enter_context(staged(self.server(kind), self.folder(), own, mail_is_there))

    @contextmanager
    def app(self, kind: str, **settings: str) -> Iterator[Flask]:
        """An app over a new database; the block stands in its context."""
        with app_over(self.server(kind), {**self.settings, **settings}) as app:
            yield app


@dataclass(frozen=True)
class Row:
    """A promise by its name in the list of promises, its words, and what puts it to the test."""

    promise: str
    words: str
    trial: Callable[[Scenery], Found]


@dataclass(frozen=True)
class Outcome:
    """What came of a row, and the seconds it took."""

    row: Row
    found: Found
    seconds: float

    @property
    def cells(self) -> tuple[str, ...]:
        """The line of the table, cell by cell."""
        held = "yes" if self.found.held else "NO: " + "; ".join(self.found.faults[:3])
        told = (self.row.promise, self.row.words, self.found.tried, held, f"{self.seconds:.0f} s")
        return tuple(cell.replace("|", "/").replace("\n", " ") for cell in told)


def run(rows: Sequence[Row], seed: int, quick: bool, log: TextIO) -> list[Outcome]:
    """Try row after row, a line on standard error about each; what programs say goes to the log."""
    outcomes = []
    for row in rows:
        say(f"{row.promise}  {row.words} …")
        began = time.monotonic()
        found = tried(row, seed, quick, log)
        outcomes.append(Outcome(row, found, time.monotonic() - began))
        say(f"{row.promise}  {' · '.join(outcomes[-1].cells[2:])}")
    return outcomes


def tried(row: Row, seed: int, quick: bool, log: TextIO) -> Found:
    """What a row finds; whatever stops it is a fault too."""
    with redirect_stdout(log), redirect_stderr(log):
        try:
            with ExitStack() as ended:
                return row.trial(Scenery(ended, seed, quick))
        except (Exception, pytest.skip.Exception, pytest.fail.Exception) as fault:  # noqa: BLE001
            log.write(traceback.format_exc())
            said = (str(fault).splitlines() or [""])[0][:120]
            return Found("stopped", seed, [f"{type(fault).__name__}: {said}"])


def table(outcomes: Sequence[Outcome]) -> str:
    """A Markdown table whose columns are aligned."""
    lines = [HEAD, *(outcome.cells for outcome in outcomes)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    rule = tuple("-" * width for width in widths)
    padded = (
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in (HEAD, rule, *lines[1:])
    )
    return "\n".join(padded) + "\n"


def say(sentence: str) -> None:
    """A line of progress."""
    sys.stderr.write(f"faults: {sentence}\n")
    sys.stderr.flush()
