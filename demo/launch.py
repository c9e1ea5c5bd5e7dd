"""One run of the demo: database, mailbox, web and worker, watched until stopped or one dies."""

from __future__ import annotations

import http.client
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from demo.children import Child, Recipe, first_dead, stop
from demo.place import ROOT, DemoFailed, Place, environment

HOST = "127.0.0.1"
GLANCE = 0.3  # seconds between looks at the children and at the request to start over
SLOWEST_START = 60.0  # seconds web and mailbox have to answer
GONE_WRONG = "The demo stopped. Logs: {directory}. To begin with an empty database: ./dev demo --fresh"


class Stopped(Exception):
    """Somebody asked the launcher to stop."""


class Launch:
    """Holds what one run needs: the demo's place, the listening socket, and the wish to stop."""

    def __init__(
        self, place: Place, door: socket.socket, caller: Mapping[str, str], tell: Callable[[str], None]
    ) -> None:
        self.place = place
        self.door = door
        self.tell = tell
        self.port: int = door.getsockname()[1]
        self.mail_port = free_port()
        self.environment = environment(place, self.port, self.mail_port, caller)
        self.stopping = threading.Event()
        self.children: list[Child] = []

    def run(self, *, fresh: bool, ready: Callable[[int], None]) -> None:
        """Run until stopped; `ready` is called with the web's port each time all is up.

        Raises Stopped when asked to stop, DemoFailed when a program fails; all it started has ended then.
        """
        if fresh or self.place.start_over.exists():
            self.place.clear()
        while True:
            try:
                self._start()
                ready(self.port)
                self._watch()
            finally:
                stop(self.children)
                self.children.clear()
            self.tell("Starting over …")
            self.place.clear()

    def _start(self) -> None:
        if not self.place.database.exists():
            self.tell("Loading the example letters …")
        self._finish(Recipe("migrations", flask("db", "upgrade")))
        self._finish(Recipe("examples", flask("demo", "load")))
        self._begin(mailbox(self.mail_port, self.place.mailbox))
        self._wait_for(self._mailbox_answers)  # first: a mail it misses is tried much later
        self._begin(web(self.door.fileno()))
        self._begin(Recipe("worker", (sys.executable, "worker.py")))
        if not self.place.sent.exists():
            self._finish(Recipe("second-letter", (sys.executable, "-m", "demo.sent")))
        self._wait_for(self._web_answers)

    def _begin(self, recipe: Recipe) -> Child:
        child = recipe.start(self.place.log(recipe.name), ROOT, self.environment)
        self.children.append(child)
        return child

    def _finish(self, recipe: Recipe) -> None:
        """Run a command to its end. Raises DemoFailed when it fails, or what runs beside it dies."""
        others = tuple(self.children)
        child = self._begin(recipe)
        while child.process.poll() is None:
            self._look_after(others)
            self._pause(0.05)
        self.children.remove(child)
        if child.process.returncode:
            raise self._failure(child)

    def _wait_for(self, answers: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SLOWEST_START
        while not answers():
            self._look_after(self.children)
            if time.monotonic() > deadline:
                raise self._failure(self.children[-1])
            self._pause(0.05)

    def _watch(self) -> None:
        """Return when the start page asks to start over. Raises DemoFailed when a child dies."""
        while not self.place.start_over.exists():
            self._look_after(self.children)
            self._pause(GLANCE)

    def _look_after(self, children: Iterable[Child]) -> None:
        dead = first_dead(children)
        if dead:
            raise self._failure(dead)

    def _pause(self, seconds: float) -> None:
        if self.stopping.wait(seconds):
            raise Stopped

    def _failure(self, child: Child) -> DemoFailed:
        code = child.process.poll()
        what = "did not answer" if code is None else f"ended with status {code}"
        advice = GONE_WRONG.format(directory=self.place.directory)
        return DemoFailed(
            f"The demo's {child.name} {what}. The end of {child.log.name}:\n{child.last_lines()}\n{advice}"
        )

    def _mailbox_answers(self) -> bool:
        try:
            with socket.create_connection((HOST, self.mail_port), timeout=1):
                return True
        except OSError:
            return False

    def _web_answers(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def flask(*arguments: str) -> tuple[str, ...]:
    """A `flask` command line for this Python."""
    return (sys.executable, "-m", "flask", "--app", "campaign", *arguments)


def mailbox(port: int, directory: Path) -> Recipe:
    """The mail server that keeps every mail."""
    return Recipe(
        "mailbox", (sys.executable, "-m", "demo.sink", "--port", str(port), "--directory", str(directory))
    )


def web(door: int) -> Recipe:
    """The web server on the launcher's own socket: the port stays ours and visitors wait while it restarts.

    Threads: browsers open connections ahead of use, and each would hold a sync worker that no proxy shields.
    """
    options = (
        "--no-control-socket",
        "--workers",
        "1",
        "--threads",
        "8",
        "--graceful-timeout",
        "3",
        "--bind",
        f"fd://{door}",
    )
    return Recipe(
        "web", (sys.executable, "-m", "gunicorn", *options, "demo.app:create_app()"), inherits=(door,)
    )


def free_port() -> int:
    """A port of 127.0.0.1 nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def listening(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1. Raises DemoFailed, one line, when the port is taken or not allowed."""
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((HOST, port))
        door.listen(128)
    except OSError as error:
        door.close()
        raise DemoFailed(
            f"Port {port} cannot be used ({error.strerror}). Choose another: ./dev demo --port {port + 1}"
        ) from None
    return door
