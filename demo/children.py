"""Programs the launcher starts: each in a session of its own, with a log file, stopped together."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 8.0  # seconds between asking to stop and ending by force


@dataclass(frozen=True, slots=True)
class Child:
    """A started program: what people call it, its process, and the file its output goes to."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def last_lines(self, count: int = 15) -> str:
        """The end of its log, indented, or a word that it said nothing."""
        lines = self.log.read_text(errors="replace").splitlines()[-count:]
        return "\n".join(f"    {line}" for line in lines) or "    (it printed nothing)"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to start a program: name, command, and open files it inherits (descriptors)."""

    name: str
    command: Sequence[str]
    inherits: tuple[int, ...] = ()

    def start(self, log: Path, directory: Path, environment: Mapping[str, str]) -> Child:
        """Start it in `directory` with exactly `environment`; its output replaces what `log` held."""
        with log.open("wb") as output:
            process = subprocess.Popen(
                self.command,
                cwd=directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=self.inherits,
                start_new_session=True,  # Ctrl-C in a terminal reaches the launcher only
            )
        return Child(self.name, process, log)


def first_dead(children: Iterable[Child]) -> Child | None:
    """The first child that has ended, if any."""
    return next((child for child in children if child.process.poll() is not None), None)


def stop(children: Sequence[Child], patience: float = PATIENCE) -> None:
    """End all children and what they started: asked first, and by force after `patience` seconds together."""
    for child in children:
        if child.process.poll() is None:
            child.process.terminate()
    deadline = time.monotonic() + patience
    for child in children:
        with suppress(subprocess.TimeoutExpired):
            child.process.wait(max(0.0, deadline - time.monotonic()))
        with suppress(ProcessLookupError):  # nobody left in its group is the good case
            os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()
