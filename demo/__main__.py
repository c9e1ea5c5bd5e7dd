"""`python -m demo [--port N] [--fresh]`: runs the demo until Ctrl-C and prints where to look."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from demo.launch import HOST, Launch, Stopped, listening
from demo.place import ROOT, DemoFailed, Place, example_slug

PORTS = range(1, 65536)
SHOWN = """
  Undersigned, demonstration: nothing leaves this machine.

    Start here  {base}/demo
    Letter      {base}/letters/{slug}
    Desk        {base}/desk/
    Mailbox     {base}/demo/mailbox

  Ctrl-C stops everything; what you did is kept for the next ./dev demo.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the demo until it is told to stop: 0 then, 1 after saying why it cannot start or go on."""
    options = parsed(arguments)
    place = Place(options.directory.resolve())
    try:
        with listening(options.port) as door, place.held():
            launch = Launch(place, door, os.environ, say)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, lambda *_: launch.stopping.set())
            launch.run(fresh=options.fresh, ready=show_addresses)
    except DemoFailed as failure:
        print(failure, file=sys.stderr, flush=True)
        return 1
    except Stopped:
        say("Stopped.")
    return 0


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """The options: `port` (1 to 65535), `fresh`, and `directory`, where the demo keeps its things."""
    parser = argparse.ArgumentParser(prog="./dev demo", description="Run the example letter here.")
    parser.add_argument("--port", type=int, default=5000, metavar="N", help="the web's port (default 5000)")
    parser.add_argument("--fresh", action="store_true", help="begin with an empty database and mailbox")
    parser.add_argument(
        "--directory",
        type=Path,
        default=ROOT / "instance" / "demo",
        metavar="DIR",
        help="where it keeps its data",
    )
    options = parser.parse_args(arguments)
    if options.port not in PORTS:
        parser.error(f"--port is {PORTS.start} to {PORTS.stop - 1}")
    return options


def show_addresses(port: int) -> None:
    """Print where to look, once everything answers."""
    say(SHOWN.format(base=f"http://{HOST}:{port}", slug=example_slug()))


def say(text: str) -> None:
    """Print at once, also into a pipe."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
