"""Doing things at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from flask import Flask

from campaign.core.db import db

T = TypeVar("T")
SECONDS = 60


def together(app: Flask, acts: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Each act in a thread and an app context of its own, begun at once; what each returned or raised."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], T]) -> T | Exception:
        with app.app_context():
            start.wait(SECONDS)
            try:
                return act()
            except Exception as fault:  # noqa: BLE001 -- it is the test's to judge
                db.session.rollback()
                return fault

    db.session.commit()
    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts, timeout=SECONDS))
