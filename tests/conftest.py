"""What all tests stand on: both real databases, an app for each test, and no way out of this machine."""

from __future__ import annotations

import gc
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from hypothesis import HealthCheck, settings
from sqlalchemy.orm import Session, scoped_session

import config
from campaign import create_app
from campaign.accounts.models import User
from campaign.accounts.rules import Role
from campaign.core.db import db
from campaign.jobs.tasks import sweep
from tests import unordered
from tests.apps import Apps
from tests.factories import make_user, sign_in
from tests.journeys.stage import Stage, staged
from tests.servers import (
    HOST,
    PostgresServer,
    Sink,
    SqliteServer,
    mail_server,
    postgres_server,
    redis_server,
    settings_of_tests,
    sqlite_server,
)

Server = SqliteServer | PostgresServer
KINDS = ("sqlite", "postgresql")
# How fast an example runs says more about the machine than about the code: speed has its own benchmarks.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
WAITING = ("browser", "faults", "journeys")  # folders whose tests start programs and wait for them
# The collector takes a tenth of the time to find nothing: what was imported stays, a test makes little.
gc.set_threshold(100_000, 50, 1_000)
unordered.watch()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the tests of whole processes evenly among the others: while they wait, those work.

    The last quarter is without them, so that no process is left alone with a long one when all is done.
    """
    waiting = [item for item in items if item.path.parent.name in WAITING]
    working = [item for item in items if item.path.parent.name not in WAITING]
    step = 0.75 * len(working) / max(len(waiting), 1)
    places = {id(item): (at, 1) for at, item in enumerate(working)}
    places |= {id(item): (round(at * step), 0) for at, item in enumerate(waiting)}
    items.sort(key=lambda item: places[id(item)])


def pytest_collection_finish() -> None:
    """Leave all that was imported and collected out of the collector's rounds."""
    gc.freeze()


@pytest.fixture(autouse=True)
def no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sockets lead to 127.0.0.1 only; anything else fails the test that tried."""

    def guarded(method: str) -> Callable[..., Any]:
        original = getattr(socket.socket, method)

        def call(self: socket.socket, *args: Any) -> Any:
            address = args[-1]
            if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] != HOST:
                raise AssertionError(f"a test tried to reach {address[0]}")
            return original(self, *args)

        return call

    for method in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, method, guarded(method))


@pytest.fixture
def slow_hands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forms take these visitors for people, who need some seconds, however fast they send them."""
    monkeypatch.setattr("campaign.web.forms.YOUNGEST_SECONDS", 0.0)


@pytest.fixture(scope="session")
def sqlite() -> Iterator[SqliteServer]:
    """Where SQLite databases are made."""
    with sqlite_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """Where PostgreSQL databases are made."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def dead_port() -> Iterator[int]:
    """A port that is taken but that nobody listens on: connections are refused at once."""
    with socket.socket() as held:
        held.bind((HOST, 0))
        yield held.getsockname()[1]


@pytest.fixture(scope="session")
def environment(dead_port: int) -> dict[str, str]:
    """The settings of the tests' apps, as an environment; the database is missing."""
    return settings_of_tests(dead_port)


def _migrated(server: Server, environment: dict[str, str]) -> str:
    """A new database with the real schema; its URL."""
    url = server.create()
    app = create_app(config.read({**environment, "DATABASE_URL": url}))
    with app.app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()
    return url


@pytest.fixture(scope="session")
def sqlite_url(sqlite: SqliteServer, environment: dict[str, str]) -> str:
    """This process's SQLite database."""
    return _migrated(sqlite, environment)


@pytest.fixture(scope="session")
def postgresql_url(postgresql: PostgresServer, environment: dict[str, str]) -> Iterator[str]:
    """This process's PostgreSQL database."""
    url = _migrated(postgresql, environment)
    yield url
    postgresql.drop(url)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that meets the database meets both kinds, unless it, or its module, asks for one."""
    if "database_server" in metafunc.fixturenames:
        kinds = [kind for kind in KINDS if f"app_{kind}" in metafunc.fixturenames] or KINDS
        metafunc.parametrize("database_server", kinds, indirect=True)


@pytest.fixture
def database_server(request: pytest.FixtureRequest) -> Server:
    """Each kind of database in turn."""
    server: Server = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def database_url(database_server: Server, request: pytest.FixtureRequest) -> str:
    """The migrated database of each kind in turn."""
    name = "sqlite_url" if isinstance(database_server, SqliteServer) else "postgresql_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
def bare_database_url(database_server: Server) -> Iterator[str]:
    """A database of each kind without any table, for one test."""
    url = database_server.create()
    yield url
    database_server.drop(url)


@pytest.fixture(scope="session")
def apps() -> Iterator[Apps]:
    """The apps of this process."""
    apps = Apps()
    yield apps
    apps.stay_connected(None)


@pytest.fixture
def make_app(
    database_server: Server, database_url: str, environment: dict[str, str], apps: Apps
) -> Iterator[Callable[..., Flask]]:
    """`make_app(MAIL_PORT="2525")`: an app over this test's database, which is emptied afterwards."""
    with ExitStack() as lent:
        yield lambda **changes: lent.enter_context(
            apps.lent({**environment, "DATABASE_URL": database_url, **changes})
        )
    database_server.empty(database_url)


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """The app over each database in turn; the test stands in its context."""
    with (app := make_app()).app_context():
        yield app


@pytest.fixture
def app_sqlite(app: Flask) -> Flask:
    """The same over SQLite alone; whole modules ask for it by `pytest.mark.usefixtures("app_sqlite")`."""
    return app


@pytest.fixture
def app_postgresql(app: Flask) -> Flask:
    """The same over PostgreSQL alone, for what cannot happen with one writer."""
    return app


@pytest.fixture
def session(app: Flask) -> scoped_session[Session]:
    """The test's own session."""
    return db.session


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser at the app."""
    return app.test_client()


@pytest.fixture
def client_sqlite(app_sqlite: Flask) -> FlaskClient:
    """A browser at the app over SQLite alone."""
    return app_sqlite.test_client()


@pytest.fixture
def sink(app: Flask) -> Iterator[Sink]:
    """A real mail server that keeps what the app sends."""
    with mail_server() as sink:
        app.extensions["mail"].port = app.config["MAIL_PORT"] = sink.port
        yield sink


@pytest.fixture
def work(app: Flask) -> Callable[[], int]:
    """`work()`: what a worker does until nothing is due now. Commits first; returns how much was done."""

    def until_nothing_is_due() -> int:
        db.session.commit()
        with app.app_context():
            done = sweep()
        db.session.expire_all()
        return done

    return until_nothing_is_due


@pytest.fixture
def signed_in() -> Callable[..., User]:
    """`signed_in(client, Role.ADMIN)`: that browser is a new user of that role, who is returned."""

    def enter(client: FlaskClient, role: Role = Role.COORDINATOR) -> User:
        user = make_user(role)
        sign_in(client, user)
        return user

    return enter


@pytest.fixture
def command(app: Flask) -> Callable[..., Result]:
    """`command("letters", "open", "a-slug", given="typed")`: its `.exit_code`, `.stdout`, `.stderr`."""

    def run(*arguments: str, given: str | bytes | None = None) -> Result:
        db.session.commit()
        with app.app_context():
            result = app.test_cli_runner().invoke(args=list(arguments), input=given)
        db.session.expire_all()
        return result

    return run


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis; skipped, or failed where nothing may be skipped, when there is none."""
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def make_stage(
    request: pytest.FixtureRequest, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Stage]]:
    """`make_stage("postgresql", REDIS_URL=url)`: web, workers and mail server as processes of their own."""
    with ExitStack() as ended:

        def make(kind: str, mail_is_there: bool = True, **settings: str) -> Stage:
            folder, server = tmp_path_factory.mktemp("stage"), request.getfixturevalue(kind)
            return ended.enter_context(staged(server, folder, {**environment, **settings}, mail_is_there))

        yield make
