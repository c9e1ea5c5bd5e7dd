"""Lanes: each hands over mail after mail, and one that a server keeps waiting is overtaken.

Normally there is one, so that a kill leaves one mail of unknown outcome at most. A mail that takes longer
than PATIENCE holds up nobody else: a further lane begins, and the first ends with its mail, however late.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Flask, current_app

PATIENCE = 5.0  # seconds
MOST = 4  # lanes of one process
log = logging.getLogger(__name__)


@dataclass(eq=False)
class Lane:
    """A thread that hands over one mail after the other. `done` counts them, `since` is on time.monotonic.

    Its batch calls `begin` before each mail and ends when it is `overtaken`.
    """

    since: float = field(default_factory=time.monotonic)
    done: int = 0
    overtaken: bool = False
    ended: bool = False

    def begin(self) -> None:
        """The next mail has its own time."""
        self.since = time.monotonic()

    def patience(self) -> float:
        """Seconds for which the mail at hand may still take."""
        return self.since + PATIENCE - time.monotonic()


Batch = Callable[[Lane], None]


class Lanes:
    """The lanes of one process; those that were overtaken stay known until they end."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._lanes: list[Lane] = []

    def work(self, batch: Batch) -> int:
        """Run the batch in a lane, and in further ones while servers keep them waiting.

        Returns how many mails were done, when nothing more is or all lanes wait.
        """
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        watched: list[Lane] = []
        with self._news:
            lane = self._fresh() or self._start(app, batch)
            while lane is not None:
                watched.append(lane)
                if self._ends(lane):
                    break
                lane = self._start(app, batch)
            return sum(lane.done for lane in watched)

    def wait(self) -> int:
        """Wait for every lane: whoever leaves in the middle of a mail will not know what became of it.

        Returns for how many.
        """
        with self._news:
            waiting = len(self._lanes)
            self._news.wait_for(lambda: not self._lanes)
            return waiting

    def _fresh(self) -> Lane | None:
        return next((lane for lane in self._lanes if not lane.overtaken), None)

    def _ends(self, lane: Lane) -> bool:
        """Whether the lane ends by itself. False when it is overtaken, as it is if we are told to stop."""
        try:
            while not self._news.wait_for(lambda: lane.ended, max(lane.patience(), 0)):
                if lane.patience() <= 0:
                    lane.overtaken = True
                    return False
            return True
        finally:
            lane.overtaken = lane.overtaken or not lane.ended

    def _start(self, app: Flask, batch: Batch) -> Lane | None:
        """A further lane, unless there are enough."""
        if len(self._lanes) >= MOST:
            return None
        lane = Lane()
        self._lanes.append(lane)
        # Not a daemon: the interpreter itself waits for it.
        threading.Thread(target=self._run, args=(app, lane, batch)).start()
        return lane

    def _run(self, app: Flask, lane: Lane, batch: Batch) -> None:
        try:
            with app.app_context():
                batch(lane)
        except Exception as fault:
            log.exception("a lane stopped: %s", type(fault).__name__)
        finally:
            with self._news:
                lane.ended = True
                self._lanes.remove(lane)
                self._news.notify_all()


def lanes() -> Lanes:
    """This process's lanes."""
    ours: Lanes = current_app.extensions.setdefault("lanes", Lanes())
    return ours
