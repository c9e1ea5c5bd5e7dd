"""Where the demo keeps its things, and the environment of what it starts."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LETTER = ROOT / "demo" / "letter"
SECOND = ROOT / "demo" / "second"
# What would reach a real database, queue or relay from the caller's shell is never passed on.
NOT_PASSED_ON = ("FLASK_", "MAIL_", "GUNICORN_", "RETENTION_", "TRUSTED_", "STAGE_", "TEST_")
NOT_PASSED_ON_EITHER = frozenset(
    {
        "APP_ENV",
        "SECRET_KEY",
        "TOKEN_KEY",
        "INDEX_KEY",
        "CONTACT_KEYS",
        "DATABASE_URL",
        "REDIS_URL",
        "PUBLIC_URL",
        "BOUNCE_ADDRESS",
        "DKIM_SELECTORS",
        "COUNTRY_NAMES",
    }
)


def example_slug(folder: Path = LETTER) -> str:
    """An example letter's name in addresses: the first's, or that of another folder."""
    return str(tomllib.loads((folder / "letter.toml").read_text(encoding="utf-8"))["slug"])


class DemoFailed(Exception):
    """The demo cannot go on; the message is for the person who started it."""


@dataclass(frozen=True, slots=True)
class Place:
    """The demo's directory and the files in it."""

    directory: Path

    @property
    def database(self) -> Path:
        return self.directory / "demo.db"

    @property
    def mailbox(self) -> Path:
        return self.directory / "mailbox"

    @property
    def start_over(self) -> Path:
        """The file by which the start page asks the launcher to begin again."""
        return self.directory / "start-over"

    @property
    def seen(self) -> Path:
        """The directory with an empty file for each thing the visitor has looked at."""
        return self.directory / "seen"

    @property
    def sent(self) -> Path:
        """The file that says that all there is to play of the second letter has been played."""
        return self.directory / "second-letter-sent"

    def log(self, name: str) -> Path:
        return self.directory / f"{name}.log"

    def clear(self) -> None:
        """Delete database, mailbox and all marks, the request to start over last; the secret stays."""
        for file in self.directory.glob("demo.db*"):  # with SQLite's -wal and -shm
            file.unlink()
        for folder in (self.mailbox, self.seen):
            shutil.rmtree(folder, ignore_errors=True)
        self.sent.unlink(missing_ok=True)
        self.start_over.unlink(missing_ok=True)

    def secret(self) -> str:
        """The secret key of this demo: 64 hexadecimal digits, made once, readable by its owner only."""
        file = self.directory / "secret"
        if not file.exists():
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
                made.write(secrets.token_hex(32))
        return file.read_text().strip()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Make the directory and hold it for this launcher alone. Raises DemoFailed when another has it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with self.directory.joinpath("lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DemoFailed(
                    "The demo is already running from this checkout. Stop it first (Ctrl-C)."
                ) from None
            yield


def environment(place: Place, port: int, mail_port: int, caller: Mapping[str, str]) -> dict[str, str]:
    """What the programs run with: the caller's environment with the demo's settings and no others."""
    passed = {
        n: v for n, v in caller.items() if not n.startswith(NOT_PASSED_ON) and n not in NOT_PASSED_ON_EITHER
    }
    return {
        **passed,
        "APP_ENV": "development",
        "SECRET_KEY": place.secret(),
        "DATABASE_URL": f"sqlite:///{place.database}",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TRUSTED_HOSTS": "127.0.0.1,localhost",
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(mail_port),
        "MAIL_USE_TLS": "false",
        "MAIL_DEFAULT_SENDER": "letters@example.org",
        "BOUNCE_ADDRESS": "bounces@example.org",
        "DEMO_DIRECTORY": str(place.directory),
        "PYTHONUNBUFFERED": "1",
    }
