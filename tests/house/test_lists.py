"""Names of signatories leave the database by one way for each kind of need: lists only by signing/roll.py."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.house.source import PACKAGE, imports, name, python_files, tree

ROLL = PACKAGE / "signing" / "roll.py"
NAMING = {"name", "name_other", "typed_name", "website", "country_text", "row_key", "note", "wishes"}
# Who compares names, or writes them away, and shows no list of them to anybody.
COMPARING = {
    "campaign/care/retention.py": {"note"},
    "campaign/signing/meant.py": {"name", "name_other", "typed_name"},
    "campaign/sheets/rehearsing.py": {"row_key", "typed_name", "country_text"},
    "campaign/signing/queries.py": {"wishes"},
}
DOORS = ("api", "cli", "desk", "public")


def named_columns(path: Path) -> set[str]:
    """The columns of Signature that say who it is, as a file uses them of the class: in a select."""
    return {
        node.attr
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "Signature"
        and node.attr in NAMING
    }


def selects_whole_rows(path: Path) -> bool:
    """Whether a file selects signatures as rows."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "select"
        and any(isinstance(a, ast.Name) and a.id == "Signature" for a in node.args)
        for node in ast.walk(tree(path))
    )


def test_only_the_roll_selects_names() -> None:
    found = {
        name(path): named_columns(path) - COMPARING.get(name(path), set())
        for path in python_files("campaign")
        if path != ROLL
    }
    assert {path: columns for path, columns in found.items() if columns} == {}
    assert named_columns(ROLL) >= {"name", "name_other", "website"}


@pytest.mark.parametrize("room", [*DOORS, "editions", "dispatch", "web", "tally", "letters"])
def test_nobody_outside_selects_signatures(room: str) -> None:
    assert [name(path) for path in python_files(f"campaign/{room}") if selects_whole_rows(path)] == []


@pytest.mark.parametrize("door", ["api", "public"])
def test_what_is_read_by_everybody_lists_by_the_roll_alone(door: str) -> None:
    """The other queries of signing find one signature, for whoever holds a link to it."""
    several = {"decided", "of_mailbox", "wished", "unconfirmed_everywhere"}
    faults = [
        f"{name(path)} uses queries.{node.attr}"
        for path in python_files(f"campaign/{door}")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in several
    ]
    faults += [
        f"{name(path)} imports {imported}"
        for path in python_files(f"campaign/{door}")
        for module, imported in imports(path)
        if (module == "campaign.signing.queries" and imported in several)
        or "campaign.signing.queues" in (module, f"{module}.{imported}")
    ]
    assert faults == []
