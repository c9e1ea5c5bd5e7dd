"""The import rule of docs/house.md, which this file is: rooms stand on floors; imports go down, or stay."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from werkzeug.utils import import_string

from tests.house.source import PACKAGE, calls, imports, name, python_files, tree

FLOORS = {
    room: floor
    for floor, rooms in enumerate(
        (
            "core",
            "jobs",
            "audit",
            "outbox",
            "accounts",
            "organisations",
            "letters",
            "tally",
            "signing",
            "sheets outreach editions",
            "dispatch",
            "press",
            "care",
            "web",
            "public desk api cli",
        )
    )
    for room in rooms.split()
}
WEB, DOORS = FLOORS["web"], FLOORS["desk"]
# Inside a room, leftward only. Other files are named for their thing and stand where they are needed.
ORDER = {
    file: place
    for place, files in enumerate(
        (
            "rules",
            "models",
            "queries roll",
            "mails",
            "compile render",
            "operations",
            "bounces",
            "tasks",
        )
    )
    for file in files.split()
}
OF_REQUESTS = {"request", "session", "flash", "abort", "url_for"}
PURE = {"campaign.core.text", "campaign.core.errors", "campaign.core.countries"}
COMMITTING = {"tasks", "leases", "worklists"}  # entries of jobs; each docstring of leases says so
DOTTED = re.compile(r"campaign(?:\.[a-z_]+){2,}")
FILES = [path for path in python_files("campaign") if path.parent != PACKAGE]


def room_of(path: Path) -> str:
    """The folder directly below the package."""
    return path.relative_to(PACKAGE).parts[0]


def floor(path: Path) -> int:
    """Where its room stands."""
    return FLOORS[room_of(path)]


def ours(path: Path) -> Iterator[tuple[str, str]]:
    """What a module imports of the program: room and file."""
    for module, imported in imports(path):
        parts = module.split(".")
        if parts[0] == "campaign":
            whole = [*parts[1:], imported]
            yield whole[0], whole[1] if len(whole) > 1 else ""


def dotted_names(path: Path) -> list[str]:
    """Strings that name something of the program, as jobs and builders of mails are named."""
    constants = [node.value for node in ast.walk(tree(path)) if isinstance(node, ast.Constant)]
    found = [value for value in constants if isinstance(value, str) and DOTTED.fullmatch(value)]
    return [value for value in found if value.split(".")[1] in FLOORS]


def test_every_folder_has_its_floor() -> None:
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} <= set(FLOORS)
    assert (FLOORS["core"], FLOORS["dispatch"], WEB, DOORS) == (0, 10, 13, 14)


def test_imports_go_down() -> None:
    faults = [
        f"{name(path)} imports {other}"
        for path in FILES
        for other, _file in ours(path)
        if other != room_of(path) and FLOORS[other] >= floor(path)
    ]
    assert not faults


def test_inside_a_room_imports_go_left() -> None:
    faults = [
        f"{name(path)} imports {file}"
        for path in FILES
        if path.stem in ORDER and floor(path) < DOORS
        for other, file in ours(path)
        if other == room_of(path) and ORDER.get(file, 0) > ORDER[path.stem]
    ]
    assert not faults


def test_dotted_names_keep_to_the_floors_and_lead_somewhere() -> None:
    found = [(path, dotted) for path in FILES for dotted in dotted_names(path)]
    assert len(found) > 5
    for path, dotted in found:
        # The bell names the sweep, which names nobody: the worklists come from create_app.
        assert FLOORS[dotted.split(".")[1]] <= floor(path), f"{name(path)} names {dotted}"
        assert import_string(dotted)


def test_the_worklists_lead_somewhere() -> None:
    found = dotted_names(PACKAGE / "__init__.py")
    assert len(found) >= 5
    assert all(callable(import_string(dotted)) for dotted in found)


def test_only_doors_and_their_kit_know_of_requests() -> None:
    faults = [
        f"{name(path)} imports {imported}"
        for path in FILES
        if floor(path) < WEB
        for module, imported in imports(path)
        if module == "flask" and imported in OF_REQUESTS
    ]
    assert not faults


def test_no_import_hides_in_a_function() -> None:
    faults = [
        f"{name(path)}:{inside.lineno}"
        for path in python_files("campaign", "config.py", "worker.py")
        for function in ast.walk(tree(path))
        if isinstance(function, ast.FunctionDef)
        for inside in ast.walk(function)
        if isinstance(inside, (ast.Import, ast.ImportFrom))
    ]
    assert not faults


def test_rules_are_pure() -> None:
    faults = [
        f"{name(path)} imports {module}.{imported}"
        for path in FILES
        if path.stem == "rules"
        for module, imported in imports(path)
        if module.startswith(("sqlalchemy", "flask"))
        or (module.startswith("campaign") and module not in PURE and not module.endswith(".rules"))
    ]
    assert not faults


def test_verbs_never_commit() -> None:
    faults = [
        f"{name(path)}:{line}"
        for path in FILES
        if floor(path) < WEB and path.stem not in COMMITTING
        for method, line in calls(path)
        if method == "commit"
    ]
    assert not faults
