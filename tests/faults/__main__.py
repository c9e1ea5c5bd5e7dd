"""`./dev faults`: tries to break each promise at full length, and prints what came of it."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from tests.faults.found import new_seed
from tests.faults.rows import ROWS
from tests.faults.table import run, say, table

PROMISES = tuple(dict.fromkeys(row.promise for row in ROWS))


def main(arguments: list[str]) -> int:
    """Print the table; exit 1 when something did not hold."""
    parser = argparse.ArgumentParser(prog="./dev faults", description=__doc__)
    parser.add_argument("promises", nargs="*", metavar="promise", help=f"only these of {', '.join(PROMISES)}")
    parser.add_argument("--quick", action="store_true", help="as much as every test run tries")
    parser.add_argument("--seed", type=int, default=new_seed(), help="the same random instants as before")
    options = parser.parse_args(arguments)
    wanted = [promise.upper() for promise in options.promises] or PROMISES
    if unknown := set(wanted) - set(PROMISES):
        parser.error(f"there is no row for {', '.join(sorted(unknown))}")
    began = time.monotonic()
    with tempfile.NamedTemporaryFile("w", suffix=".log", prefix="undersigned-faults-", delete=False) as log:
        rows = [row for row in ROWS if row.promise in wanted]
        outcomes = run(rows, options.seed, options.quick, log)  # type: ignore[arg-type]
    minutes = (time.monotonic() - began) / 60
    length = "quick, " if options.quick else ""
    sys.stdout.write(
        f"{datetime.now(UTC):%-d %B %Y}, {length}seed {options.seed}, "
        f"{os.cpu_count()} cores, {minutes:.0f} min:\n\n{table(outcomes)}"
    )
    held = all(outcome.found.held for outcome in outcomes)
    if held:
        Path(log.name).unlink()
    else:
        say(f"what the programs said is in {log.name}")
    return 0 if held else 1


def _end(number: int, frame: FrameType | None) -> None:
    """Whoever is asked to stop ends what it started too."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    sys.exit(main(sys.argv[1:]))
