"""`python -m bench [SUBJECT] … [--repetitions N]`: prints Markdown tables, judging nothing."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import lists, mail, pages, screening, sheets
from bench.grounds import disk
from bench.table import Line, tables

SUBJECTS: dict[str, Callable[[Path, int], Iterator[Line]]] = {
    "mail": mail.rows,
    "sheets": sheets.rows,
    "screening": screening.rows,
    "lists": lists.rows,
    "pages": pages.rows,
}


def main(arguments: list[str] | None = None) -> int:
    """Measure what is named, or all there is."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("subject", nargs="*", choices=[*SUBJECTS, []], help="what to measure (default: all)")
    parser.add_argument("--repetitions", type=int, default=5, metavar="N", help="of each row (default 5)")
    options = parser.parse_args(arguments)
    logging.disable(logging.WARNING)
    found: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="undersigned-bench-") as place:
        print(f"Before: {_circumstances(Path(place))}\n", flush=True)
        for name in options.subject or SUBJECTS:
            for row in SUBJECTS[name](Path(place), options.repetitions):
                print(f"measured: {row.name}", file=sys.stderr, flush=True)
                found.append(row)
        print(f"{tables(found)}\n\nAfter: {_circumstances(Path(place))}")
    return 0


def _circumstances(folder: Path) -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = os.getloadavg()[0]
    return f"{cores} cores, load {load:.1f}; the disk made sure of {disk(folder):,.0f} writes a second."


if __name__ == "__main__":
    sys.exit(main())
