"""The background worker: makes the app, then works the queue; woken by Redis, or by looking itself."""

from __future__ import annotations

import argparse
import ctypes
import gc
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.context import ForkContext, ForkProcess
from types import FrameType
from typing import Any

from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy.exc import SQLAlchemyError

import config
from campaign import create_app
from campaign.core.db import db
from campaign.jobs.bell import QUEUE
from campaign.jobs.tasks import rounds, sweep
from campaign.jobs.worklists import farewell
from campaign.web.health import schema_is_behind

POLL_SECONDS = 1.0  # without a bell
SWEEP_SECONDS = 5.0  # with one: what a lost ring costs at most
PR_SET_PDEATHSIG = 1
STOPPING = (signal.SIGTERM, signal.SIGINT)
Recipe = tuple[Callable[..., None], tuple[Any, ...]]
log = logging.getLogger("campaign.worker")


class BellWorker(Worker):
    """RQ's worker inside the app; its forked work-horse must not share the parent's database connections."""

    app: Flask
    told_to_stop = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Remember it: RQ forgets when Redis is away, for saying goodbye fails."""
        BellWorker.told_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """One ring: everything due, in a fresh app context."""
        with self.app.app_context():
            db.engine.dispose(close=False)
            return bool(super().perform_job(job, queue, execution))


def main(arguments: list[str]) -> int:
    """Work until told to stop; with --burst until nothing is due now.

    Exit 1 when the database is away or behind.
    """
    parser = argparse.ArgumentParser(prog="worker.py", description=__doc__)
    parser.add_argument("--burst", action="store_true", help="work until nothing is due now, then exit")
    parser.add_argument("--poll", action="store_true", help="look at the tables instead of waiting for Redis")
    options = parser.parse_args(arguments)
    try:
        app = create_app()
    except config.UnsafeSettings as fault:
        return _refuse(str(fault))
    with app.app_context():
        try:
            if schema_is_behind():
                return _refuse("the database is behind this code; run: flask --app campaign db upgrade")
        except SQLAlchemyError:
            return _refuse("the database cannot be reached")
        db.session.remove()
        if options.burst:
            sweep()
            return 0
    redis_url = app.config["SETTINGS"].redis_url
    return _poll(app, POLL_SECONDS) if options.poll or not redis_url else _supervise(app, redis_url)


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"worker.py: {sentence}\n")
    return 1


def _poll(app: Flask, seconds: float) -> int:
    """Rounds through all tables, with a pause between them, until a signal says stop.

    The round at work is finished, and so is each mail that a server keeps waiting: whoever leaves in the
    middle of one will not know whether it arrived.
    """
    stop = threading.Event()

    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    while not stop.is_set():
        with app.app_context():
            rounds()
        stop.wait(seconds)
    with app.app_context():
        farewell()
    return 0


def _supervise(app: Flask, redis_url: str) -> int:
    """Two children: one that looks at the tables every 5 s, one that waits for the bell.

    One that ends is started again. They are forked, so they are at work at once and share most of the memory;
    and so this process has no thread, and keeps no connection that a child could take for its own.
    """
    with app.app_context():
        db.engine.dispose()
    gc.freeze()  # a collector that looks through what is shared would copy it
    stop = threading.Event()
    for number in STOPPING:
        signal.signal(number, lambda number, frame: stop.set())
    fork = multiprocessing.get_context("fork")
    recipes: dict[str, Recipe] = {"sweeper": (_sweeper, (app,)), "bell": (_wait_for_bell, (app, redis_url))}
    children = {name: _start(fork, *recipe) for name, recipe in recipes.items()}
    while not stop.wait(0.5):
        for name, child in children.items():
            if not child.is_alive():
                log.warning("the %s ended and is started again", name)
                time.sleep(1.0)
                children[name] = _start(fork, *recipes[name])
    for child in children.values():
        child.terminate()
    for child in children.values():
        child.join(30)
    return 0


def _start(fork: ForkContext, target: Callable[..., None], arguments: tuple[Any, ...]) -> ForkProcess:
    child = fork.Process(target=target, args=(os.getpid(), *arguments))
    # A child that was told to stop before it has handlers of its own would take it for its parent's matter.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    child.start()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    return child


def _be_a_child_of(parent: int) -> None:
    """Signals are the child's own again, and it must not outlive a parent that was killed.

    Linux tells it of that; elsewhere it stays until stopped.
    """
    for number in STOPPING:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit(0)


def _sweeper(parent: int, app: Flask) -> None:
    _be_a_child_of(parent)
    sys.exit(_poll(app, SWEEP_SECONDS))


def _wait_for_bell(parent: int, app: Flask, redis_url: str) -> None:
    _be_a_child_of(parent)
    BellWorker.app = app
    while not BellWorker.told_to_stop:
        try:
            connection = Redis.from_url(redis_url)
            BellWorker([QUEUE], connection=connection, serializer=JSONSerializer).work(with_scheduler=False)
            return
        except (RedisError, OSError):
            log.warning("Redis is away; the sweeper goes on without it")
            time.sleep(5.0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
