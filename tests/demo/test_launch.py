"""The launcher with real processes: gunicorn and mailbox are real; app, worker and commands are stand-ins."""

from __future__ import annotations

import http.client
import re
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import fields
from pathlib import Path

import pytest

import config
import demo.__main__ as program
from demo import children, launch, place

APP = """
def create_app():
    def answer(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"well"]
    return answer
"""
WORKER = """
import pathlib, time
print("working", flush=True)
while not pathlib.Path("die").exists():
    time.sleep(0.02)
print("the last words")
raise SystemExit(3)
"""
COMMAND = """
import os, pathlib, sys
with pathlib.Path("commands").open("a") as log:
    log.write(" ".join(sys.argv[1:]) + " ")
pathlib.Path(os.environ["DATABASE_URL"].removeprefix("sqlite:///")).touch()
if pathlib.Path("refuse").exists():
    raise SystemExit("the migration failed")
"""


SECOND = """
import os, pathlib
with pathlib.Path("commands").open("a") as log:
    log.write("second letter ")
pathlib.Path(os.environ["DEMO_DIRECTORY"], "second-letter-sent").touch()
while pathlib.Path("slow").exists():
    pass
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with stand-ins; the launcher and the mail server are the real ones."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo/__init__.py").touch()
    (tmp_path / "demo/app.py").write_text(APP)
    shutil.copy(place.ROOT / "demo/sink.py", tmp_path / "demo/sink.py")
    (tmp_path / "demo/sent.py").write_text(SECOND)
    (tmp_path / "worker.py").write_text(WORKER)
    (tmp_path / "command.py").write_text(COMMAND)
    monkeypatch.setattr(launch, "ROOT", tmp_path)
    monkeypatch.setattr(launch, "flask", lambda *words: (sys.executable, "command.py", *words))
    return tmp_path


def run(
    root: Path, *ready: Callable[[launch.Launch], None], fresh: bool = False
) -> tuple[launch.Launch, list[str]]:
    """Run the launcher, calling the next of `ready` each time all is up; returns it and what it told."""
    told: list[str] = []
    steps = iter(ready)
    home = place.Place(root / "instance/demo")
    with launch.listening(0) as door, home.held():
        started = launch.Launch(home, door, {}, told.append)
        with pytest.raises(launch.Stopped):
            started.run(fresh=fresh, ready=lambda port: next(steps)(started))
    return started, told


def stop(started: launch.Launch) -> None:
    started.stopping.set()


def test_it_starts_all_and_stops_all(root: Path) -> None:
    seen: list[children.Child] = []

    def look(started: launch.Launch) -> None:
        seen.extend(started.children)
        with closing(http.client.HTTPConnection("127.0.0.1", started.port, timeout=10)) as connection:
            connection.request("GET", "/")
            assert connection.getresponse().read() == b"well"
        stop(started)

    run(root, look)
    assert [child.name for child in seen] == ["mailbox", "web", "worker"]
    assert all(child.process.returncode is not None for child in seen)
    assert (root / "commands").read_text() == "db upgrade demo load second letter "


def test_starting_over_empties_the_demo_and_keeps_port_and_secret(root: Path) -> None:
    home = place.Place(root / "instance/demo")
    kept: list[tuple[int, str]] = []

    def ask(started: launch.Launch) -> None:
        kept.append((started.port, home.secret()))
        home.database.write_text("a signature")
        (home.directory / "demo.db-wal").touch()
        home.mailbox.mkdir()
        (home.mailbox / "000001.eml").touch()
        home.start_over.touch()

    def look(started: launch.Launch) -> None:
        kept.append((started.port, home.secret()))
        assert home.database.read_text() == ""
        assert not home.mailbox.exists()
        assert not home.start_over.exists()
        stop(started)

    _, told = run(root, ask, look)
    assert kept[0] == kept[1]
    assert "Starting over …" in told


def test_a_second_run_keeps_the_data_and_a_fresh_one_does_not(root: Path) -> None:
    home = place.Place(root / "instance/demo")
    run(root, stop)
    home.database.write_text("a signature")
    _, told = run(root, stop)
    assert (home.database.read_text(), told) == ("a signature", [])
    assert (root / "commands").read_text().count("second letter") == 1
    run(root, stop, fresh=True)
    assert home.database.read_text() == ""
    assert (root / "commands").read_text().count("second letter") == 2


def test_a_worker_that_dies_while_the_second_letter_waits_for_it_is_named(root: Path) -> None:
    (root / "slow").touch()
    (root / "die").touch()
    home = place.Place(root / "instance/demo")
    with launch.listening(0) as door, home.held():
        started = launch.Launch(home, door, {}, print)
        with pytest.raises(place.DemoFailed, match="worker ended with status 3"):
            started.run(fresh=False, ready=lambda port: pytest.fail("it said it was ready"))


def test_a_dead_worker_is_named_and_ends_everything(root: Path) -> None:
    home = place.Place(root / "instance/demo")
    seen: list[children.Child] = []

    def kill(port: int) -> None:
        seen.extend(started.children)
        (root / "die").touch()

    with launch.listening(0) as door, home.held():
        started = launch.Launch(home, door, {}, print)
        with pytest.raises(place.DemoFailed, match=r"worker ended with status 3(.|\n)*the last words"):
            started.run(fresh=False, ready=kill)
    assert len(seen) == 3
    assert all(child.process.returncode is not None for child in seen)


def test_a_failing_migration_is_named_and_starts_nothing(root: Path) -> None:
    (root / "refuse").touch()
    home = place.Place(root / "instance/demo")
    with launch.listening(0) as door, home.held():
        started = launch.Launch(home, door, {}, print)
        with pytest.raises(
            place.DemoFailed, match=r"migrations ended with status 1(.|\n)*the migration failed"
        ):
            started.run(fresh=False, ready=lambda port: pytest.fail("it said it was ready"))
    assert (root / "commands").read_text() == "db upgrade "


def test_stopping_ends_what_will_not_end_and_its_children(tmp_path: Path) -> None:
    script = (
        "import os, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    log = tmp_path / "stubborn.log"
    child = children.Recipe("stubborn", (sys.executable, "-c", script)).start(log, tmp_path, {})
    until(lambda: log.read_text().endswith("\n"))
    grandchild = int(log.read_text())
    children.stop([child], patience=0.1)
    assert child.process.returncode == -signal.SIGKILL
    until(lambda: has_ended(grandchild))


def until(true: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def has_ended(pid: int) -> bool:
    """Whether a process is gone or only waits to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def test_a_busy_port_is_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert program.main(["--port", str(port)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"Port {port} cannot be used")
    assert len(said.splitlines()) == 1


def test_one_demo_at_a_time(tmp_path: Path) -> None:
    home = place.Place(tmp_path)
    with home.held(), pytest.raises(place.DemoFailed, match="already running"), home.held():
        pass


def test_the_secret_is_made_once_and_is_its_owners_only(tmp_path: Path) -> None:
    home = place.Place(tmp_path)
    assert re.fullmatch("[0-9a-f]{64}", home.secret())
    assert home.secret() == home.secret()
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_no_setting_of_the_callers_shell_reaches_the_demo(tmp_path: Path) -> None:
    settings = set(re.findall(r'"([A-Z]+_[A-Z_]+)"', (place.ROOT / "config.py").read_text(encoding="utf-8")))
    settings |= {f"RETENTION_{field.name.upper()}_DAYS" for field in fields(config.Retention)}
    assert {"DATABASE_URL", "MAIL_PASSWORD", "REDIS_URL"} <= settings
    made = place.environment(
        place.Place(tmp_path), 5000, 2525, dict.fromkeys(settings, "real") | {"PATH": "/bin"}
    )
    assert {name for name in settings if made.get(name) == "real"} <= {"FONT_PATHS"}
    assert made["PATH"] == "/bin"
