"""A stage for journeys: the real programs as processes of their own, with a real mail server."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import NullPool, create_engine, update
from sqlalchemy.sql import Executable

import config
from campaign import create_app
from campaign.core.db import db
from campaign.jobs.tasks import sweep
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState
from tests.journeys.browser import Browser
from tests.servers import HOST, PostgresServer, Sink, SqliteServer, free_port

PATIENCE = 60.0  # seconds; far more than anything takes, so that a busy machine fails no test
KEPT = ("PATH", "LANG", "LC_", "TMPDIR")  # what processes are given of our own environment
PASSWORD = "otters sleep holding hands"
HOURS = 7200.0  # seconds: longer than any test
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass
class Post(Sink):
    """A mail server that can be waited for, and that can be slow.

    It thinks for `thinking` seconds over each line of an envelope, and for `slow` seconds before it says that
    it has taken a mail. Whoever writes to one of `hangs` gets no answer: after RCPT when the mailbox stands
    for "rcpt", after the dot when it stands for "dot".
    """

    slow: float = 0.0
    thinking: float = 0.0
    hangs: dict[str, str] = field(default_factory=dict)
    news: threading.Condition = field(default_factory=threading.Condition)

    async def handle_MAIL(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the sender."""
        await asyncio.sleep(self.thinking)
        envelope.mail_from, envelope.mail_options = address, options
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the recipient, or say what `refuse` says, or nothing."""
        await asyncio.sleep(HOURS if self.hangs.get(address) == "rcpt" else self.thinking)
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the mail, then answer: whoever dies meanwhile will not know."""
        with self.news:
            answer = await super().handle_DATA(server, session, envelope)
            self.news.notify_all()
        hanging = "dot" in {self.hangs.get(address) for address in envelope.rcpt_tos}
        await asyncio.sleep(HOURS if hanging else self.slow)
        return answer

    def wait_for(self, count: int, address: str = "", seconds: float = PATIENCE) -> bool:
        """Wait until that many mails have come, to that address if one is named."""
        with self.news:
            return self.news.wait_for(
                lambda: len(self.to(address) if address else self.mails) >= count, seconds
            )


@contextmanager
def opened(post: Post) -> Iterator[None]:
    """Let the mail server answer at its port."""
    controller = Controller(post, hostname=HOST, port=post.port, server_hostname="post.example.org")
    controller.start()
    try:
        yield
    finally:
        controller.stop()


@dataclass
class Stage:
    """The programs and what they share: `environment`, a listening socket, a mail server."""

    folder: Path
    environment: dict[str, str]
    post: Post
    listener: socket.socket
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    app: Flask | None = None

    @property
    def base(self) -> str:
        """The address of the site."""
        return self.environment["PUBLIC_URL"]

    def flask(self, *arguments: str, given: str = "") -> str:
        """Run a command to its end; what it says on standard output."""
        done = self._run(["-m", "flask", "--app", "campaign", *arguments], given)
        assert done.returncode == 0, f"flask {arguments}: {done.returncode}\n{done.stderr}"
        return done.stdout

    def prepare(self, *commands: tuple[str, ...]) -> str:
        """Migrate and run commands in this process, which takes no time: for what a test only stands on.

        What the commands said on standard output.
        """
        with self._inside() as app:
            upgrade()
            results = [app.test_cli_runner().invoke(args=c, input=PASSWORD) for c in commands]
        assert [r.exit_code for r in results] == [0] * len(results), [r.output for r in results]
        return "".join(result.stdout for result in results)

    def work(self) -> None:
        """Do all that is due in this process, as `burst` does in one of its own."""
        with self._inside():
            sweep()

    @contextmanager
    def _inside(self) -> Iterator[Flask]:
        self.app = self.app or create_app(config.read(self.environment))
        with self.app.app_context():
            yield self.app
            db.session.remove()
            db.engine.dispose()

    def worker(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run worker.py to its end."""
        return self._run(["worker.py", *arguments], "")

    def burst(self) -> None:
        """Do all that is due."""
        done = self.worker("--burst")
        assert done.returncode == 0, done.stderr

    def start_worker(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a worker that goes on until it is stopped."""
        return self._start(["worker.py", *arguments])

    def start_flask(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command, to be killed before its end."""
        return self._start(["-m", "flask", "--app", "campaign", *arguments])

    def serve(self, *options: str, trust: str | None = None) -> Browser:
        """Start the web server and wait until it answers; a browser that has not been there yet."""
        # It inherits a socket that listens already, so nothing is tried again and no port is taken.
        handle = self.listener.fileno()
        own = ("--preload", "-w", "2", "--bind", f"fd://{handle}")
        self._start(["-m", "gunicorn", *own, *options, "campaign:create_app()"], (handle,))
        self.listener.close()
        assert Browser(self.base, trust).get("/healthz").status == 200
        return Browser(self.base, trust)

    def _run(self, arguments: list[str], given: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=config.ROOT,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=4 * PATIENCE,
            check=False,
        )

    def _start(self, arguments: list[str], handles: Sequence[int] = ()) -> subprocess.Popen[bytes]:
        with (self.folder / f"{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=config.ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=tuple(handles),
                start_new_session=True,  # whatever groups its children make, they stay in its session
            )
        self.processes.append(process)
        return process

    def stop(self, process: subprocess.Popen[bytes]) -> int:
        """Ask a process to end, and wait; its exit code."""
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(PATIENCE)
        finally:
            self.kill(process)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill (-9) a process and everything it started, and see them gone."""
        while family := session_of(process.pid):
            for pid in family:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()

    def close(self) -> None:
        """End everything, and show the logs, which a failed test prints."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for number, process in enumerate(self.processes):
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            self.kill(process)
            log = (self.folder / f"{number}.log").read_text(errors="replace")
            sys.stdout.write(f"--- {process.args!r}\n{log[-4000:]}\n")
        self.processes.clear()
        self.listener.close()

    def sql(self, statement: Executable) -> list[Any]:
        """Run one statement on the database, behind the programs' back; its rows, if it has any."""
        engine = create_engine(self.environment["DATABASE_URL"], poolclass=NullPool)
        with engine.begin() as connection:
            result = connection.execute(statement)
            return list(result.all()) if result.returns_rows else []

    def states(self) -> list[tuple[str, str]]:
        """`dispatch status` of the stage's letter: address and state of each envelope recipient."""
        lines = self.prepare(("dispatch", "status", "clear-water")).splitlines()
        return [(line.split("\t")[0], line.split("\t")[1]) for line in lines]

    def let_time_pass(self) -> None:
        """What waits is due, and leases of the dead have run out: instead of waiting for the clock."""
        waiting = (MailState.QUEUED, MailState.DEFERRED)
        self.sql(update(Mail).where(Mail.state.in_(waiting)).values(due_at=LONG_AGO))
        ended = datetime.now(UTC) - timedelta(minutes=1)
        self.sql(update(Mail).where(Mail.leased_until.is_not(None)).values(leased_until=ended))


def until(what: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Look again and again, until it is so or the time is over."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def session_of(leader: int) -> list[int]:
    """Who lives in the session that process began; the dead that nobody has waited for are not counted."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            state, _parent, _group, session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(session) == leader and state not in "ZX":
                found.append(int(entry.name))
    return found


@contextmanager
def staged(
    server: SqliteServer | PostgresServer, folder: Path, settings: dict[str, str], mail_is_there: bool = True
) -> Iterator[Stage]:
    """A stage over a new database without any table; afterwards nothing of it is left."""
    url, listener = server.create(), socket.create_server((HOST, 0))
    post = Post(free_port())
    own = {
        "APP_ENV": "development",
        "PUBLIC_URL": f"http://{HOST}:{listener.getsockname()[1]}",
        "TRUSTED_HOSTS": HOST,
        "DATABASE_URL": url,
        "MAIL_PORT": str(post.port),
        "HOME": str(folder),
    }
    kept = {name: value for name, value in os.environ.items() if name.startswith(KEPT)}
    stage = Stage(folder, {**kept, **settings, **own}, post, listener)
    try:
        if mail_is_there:
            with opened(post):
                yield stage
                stage.close()  # before the mail server goes
        else:
            yield stage
    finally:
        stage.close()
        server.drop(url)
