"""The requirements files: pinned, hashed, naming no host, and covering what pyproject.toml asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
FILES = ("requirements.txt", "requirements-dev.txt")


def entries(text: str) -> list[str]:
    """A requirements file's logical lines: comments dropped, continuations joined."""
    joined = re.sub(r"\\\n", " ", text)
    return [
        line.strip() for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]


def faults(text: str) -> list[str]:
    """What is wrong with a requirements file; empty when nothing is."""
    found = [
        f"a host: {line}"
        for line in text.splitlines()
        if re.search(r"://|(^|\s)-(i|f|-[a-z-]*(index|find-links))", line)
    ]
    for entry in entries(text):
        wanted = entry.split(" --hash=")[0]
        if not re.match(r"[A-Za-z0-9._-]+(\[[a-z0-9,-]+\])?==\S", wanted):
            found.append(f"not pinned: {wanted}")
        if not re.search(r" --hash=sha256:[0-9a-f]{64}(\s|$)", entry):
            found.append(f"not hashed: {wanted}")
    return found


def pins(name: str) -> dict[str, Requirement]:
    """The pinned requirements of a file by canonical name (one of them where markers choose)."""
    text = (ROOT / name).read_text(encoding="utf-8")
    listed = [Requirement(entry.split(" --hash=")[0]) for entry in entries(text)]
    return {canonicalize_name(pin.name): pin for pin in listed}


def wanted(*groups: str) -> list[Requirement]:
    """What pyproject.toml asks for: the run-time dependencies, and those of the named groups."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    texts = [*project["project"]["dependencies"]]
    for group in groups:
        texts += project["dependency-groups"][group]
    return [Requirement(text) for text in texts]


@pytest.mark.parametrize("name", FILES)
def test_every_requirement_is_pinned_and_hashed_and_no_host_is_named(name: str) -> None:
    assert faults((ROOT / name).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "flask==3.1.0\n",
        "flask>=3.1 --hash=sha256:" + "0" * 64,
        "--index-url https://example.org/simple\n",
        "-i somewhere\n",
        "flask @ https://example.org/flask.whl --hash=sha256:" + "0" * 64,
    ],
)
def test_a_faulty_requirements_file_is_noticed(text: str) -> None:
    assert faults(text)


@pytest.mark.parametrize(("name", "groups"), [("requirements.txt", ()), ("requirements-dev.txt", ("dev",))])
def test_what_pyproject_asks_for_is_pinned_within_its_bounds(name: str, groups: tuple[str, ...]) -> None:
    pinned = pins(name)
    for requirement in wanted(*groups):
        pin = pinned.get(canonicalize_name(requirement.name))
        assert pin is not None, f"{requirement.name} is missing from {name}"
        version = next(iter(pin.specifier)).version
        assert requirement.specifier.contains(version), f"{name} pins {pin}, pyproject wants {requirement}"


def test_both_files_pin_the_same_versions() -> None:
    run_time, development = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name: str(pin.specifier) for name, pin in run_time.items()} == {
        name: str(development[name].specifier) for name in run_time
    }


def test_no_other_lock_file_is_kept() -> None:
    names = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml")
    assert [name for name in names if (ROOT / name).exists()] == []
