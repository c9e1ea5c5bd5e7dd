"""What is measured on: databases that wait for their disk, the app over them, Postfix's sink and source."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy.engine import make_url

import config
from campaign import create_app
from campaign.core.db import db
from tests.servers import HOST, PostgresServer, SqliteServer, free_port, postgres_server

PATIENCE = 10.0  # seconds for a server to answer
SBIN = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"  # Postfix's tools are an administrator's
SECRETS = ("SECRET_KEY", "TOKEN_KEY", "INDEX_KEY", "CONTACT_KEYS")


def program(name: str) -> str | None:
    """Where it is, or None."""
    return shutil.which(name, path=SBIN)


def lasting(server: PostgresServer | SqliteServer) -> str:
    """A new database whose commits wait for the disk, as they do in production; its URL."""
    url = server.create()
    if isinstance(server, PostgresServer):  # the tests' databases do not wait
        name = make_url(url).database
        with psycopg.connect(server.uri, autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{name}" RESET synchronous_commit'.encode())
    return url


@contextmanager
def app_over(server: PostgresServer | SqliteServer, mail_port: int) -> Iterator[tuple[Flask, dict[str, str]]]:
    """The app over a new database, in its context, and the settings with which others join it."""
    settings = {
        **{name: f"{name.lower()}-only-for-measuring-0123456789" for name in SECRETS},
        "APP_ENV": "development",
        "DATABASE_URL": lasting(server),
        "PUBLIC_URL": "http://localhost",
        "TRUSTED_HOSTS": "localhost",
        "MAIL_SERVER": HOST,
        "MAIL_PORT": str(mail_port),
        "MAIL_DEFAULT_SENDER": "letters@example.org",
    }
    app = create_app(config.read(settings))
    try:
        with app.app_context():
            upgrade()
            yield app, settings
            db.session.remove()
            db.engine.dispose()
    finally:
        server.drop(settings["DATABASE_URL"])


@contextmanager
def servers(folder: Path) -> Iterator[dict[str, PostgresServer | SqliteServer]]:
    """Both kinds of database, by name."""
    with ExitStack() as ended:
        yield {
            "PostgreSQL": ended.enter_context(postgres_server()),
            "SQLite": SqliteServer(folder),
        }


@contextmanager
def served(settings: Mapping[str, str]) -> Iterator[str]:
    """The site as docs/operations.md says to run it, without a proxy; its address."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PATH", "LANG", "LC_"))}
    own = {"PUBLIC_URL": f"http://{HOST}:{port}", "TRUSTED_HOSTS": HOST}
    workers = str(2 * (os.cpu_count() or 1))
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-w", workers, "-b", f"{HOST}:{port}"]
    with subprocess.Popen(
        [*command, "campaign:create_app()"],
        cwd=config.ROOT,
        env={**kept, **settings, **own},
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _await(port)
            yield own["PUBLIC_URL"]
        finally:
            process.terminate()


@contextmanager
def sink(path: str) -> Iterator[int]:
    """Postfix's smtp-sink, which takes every mail and keeps none; its port."""
    port = free_port()
    lesser = ["-u", "nobody"] if os.geteuid() == 0 else []
    with subprocess.Popen([path, *lesser, f"{HOST}:{port}", "128"]) as process:
        try:
            _await(port)
            yield port
        finally:
            process.terminate()


def _await(port: int) -> None:
    """Wait until somebody listens there. Raises TimeoutError."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens at port {port}")


def source(path: str, port: int, mails: int, size: int, options: Sequence[str]) -> float:
    """Mails per second that Postfix's smtp-source hands to the sink, each of that size in octets."""
    command = [path, *options, "-m", str(mails), "-l", str(size), f"{HOST}:{port}"]
    begun = time.monotonic()
    subprocess.run(command, check=True)
    return mails / (time.monotonic() - begun)


def disk(folder: Path) -> float:
    """How many times a second the disk says that 8 KiB are safe: no commit is quicker."""
    times, path = 300, folder / "probe"
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.pwrite(handle, bytes(8192 * times), 0)
        os.fsync(handle)
        begun = time.monotonic()
        for number in range(times):
            os.pwrite(handle, b"x" * 8192, 8192 * number)
            os.fdatasync(handle)
        return times / (time.monotonic() - begun)
    finally:
        os.close(handle)
        path.unlink()
