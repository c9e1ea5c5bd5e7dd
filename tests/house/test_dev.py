"""`./dev`: standard library only, readable by old Pythons, instant when set up, mending what is half made."""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEV = ROOT / "dev"


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module whose checkout is an empty directory with one requirements file."""
    loader = importlib.machinery.SourceFileLoader("dev_script", str(DEV))
    spec = importlib.util.spec_from_loader("dev_script", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # else a "devc" file appears beside it
    loader.exec_module(module)
    venv = tmp_path / ".venv"
    for name, value in {
        "ROOT": tmp_path,
        "VENV": venv,
        "PYTHON": str(venv / "bin" / "python"),
        "STAMP": venv / "undersigned-setup.json",
        "UNFINISHED": venv / "undersigned-unfinished",
    }.items():
        monkeypatch.setattr(module, name, value)
    (tmp_path / "requirements-dev.txt").write_text("one==1\n")
    return module


@pytest.fixture
def installs(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Counts what set-up does: a "venv" is a link to this Python, an "install" does nothing."""
    done: list[str] = []

    def by_venv() -> bool:
        done.append("venv")
        Path(dev.PYTHON).parent.mkdir()
        Path(dev.PYTHON).symlink_to(sys.executable)
        return True

    monkeypatch.setattr(dev, "by_venv", by_venv)
    monkeypatch.setattr(dev, "install", lambda: done.append("install"))
    return done


def test_only_the_standard_library_is_imported() -> None:
    imported = set()
    for node in ast.walk(ast.parse(DEV.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert imported <= sys.stdlib_module_names


def test_an_old_python_can_read_it() -> None:
    ast.parse(DEV.read_text(encoding="utf-8"), feature_version=(3, 7))


def test_help_names_every_command(dev: ModuleType) -> None:
    answer = subprocess.run([sys.executable, DEV, "help"], capture_output=True, text=True, check=True)
    listed = [line.split()[0] for line in answer.stdout.splitlines() if line.startswith("  ")]
    assert listed == list(dev.COMMANDS)
    assert {"setup", "demo", "test", "check", "help"} <= set(listed)


def test_an_unknown_command_is_refused_in_one_line() -> None:
    answer = subprocess.run([sys.executable, DEV, "nonsense"], capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert "nonsense" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_a_second_set_up_does_nothing(dev: ModuleType, installs: list[str]) -> None:
    dev.set_up()
    dev.set_up()
    assert installs == ["venv", "install"]


def test_changed_requirements_are_installed_into_the_same_venv(dev: ModuleType, installs: list[str]) -> None:
    dev.set_up()
    (dev.ROOT / "requirements-dev.txt").write_text("one==2\n")
    dev.set_up()
    assert installs == ["venv", "install", "install"]


def test_an_interrupted_install_is_made_anew(
    dev: ModuleType, installs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(dev, "install", interrupted)
        dev.set_up()
    dev.set_up()
    assert installs == ["venv", "venv", "install"]
    assert not dev.UNFINISHED.exists()


def test_a_venv_whose_python_is_gone_is_made_anew(dev: ModuleType, installs: list[str]) -> None:
    dev.set_up()
    Path(dev.PYTHON).unlink()
    dev.set_up()
    assert installs == ["venv", "install"] * 2


def test_a_venv_made_elsewhere_is_made_anew(dev: ModuleType, installs: list[str]) -> None:
    dev.set_up()
    dev.STAMP.write_text(json.dumps({**dev.wanted_stamp(), "place": "/another/checkout"}))
    dev.set_up()
    assert installs == ["venv", "install"] * 2


def test_without_venv_uv_and_apt_it_says_the_one_line(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for way in ("by_venv", "by_uv", "by_apt"):
        monkeypatch.setattr(dev, way, lambda: False)
    monkeypatch.setattr(dev.shutil, "which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(
        dev.Refusal, match=r"sudo apt-get install -y python3\.\d+-venv && \./dev setup"
    ) as refusal:
        dev.set_up()
    assert "\n" not in str(refusal.value)


def test_pips_settings_reach_uv_in_its_own_words(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "file:///a")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "file:///b file:///c")
    monkeypatch.setenv("PIP_FIND_LINKS", "/d /e")
    monkeypatch.setenv("PIP_CERT", "/f.pem")
    said = dev.uv_environment()
    assert (said["UV_DEFAULT_INDEX"], said["UV_INDEX"]) == ("file:///a", "file:///b file:///c")
    assert (said["UV_FIND_LINKS"], said["SSL_CERT_FILE"]) == ("/d,/e", "/f.pem")


def test_the_readme_has_exactly_two_commands_to_set_up() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^    (\./dev \w+)$", readme, re.MULTILINE) == ["./dev demo", "./dev test"]
