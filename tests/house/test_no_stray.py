"""Things that have no place here, each with the reason why."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.house.source import PACKAGE, ROOT, calls, functions, imports, name, python_files, tree

CODE = python_files("campaign", "migrations", "config.py", "worker.py", "demo", "scripts")
TESTS = python_files("tests")
MARKS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"]) + r")\b")
TEXTS = [p for p in (ROOT / "templates").rglob("*") if p.suffix in (".html", ".txt", ".typ")]
DRAWERS = ("utils", "util", "misc", "helpers", "common", "managers", "services")
EMPTY_NAMES = re.compile(r"(Manager|Helper|Service|Utils?)$")
SENDER = PACKAGE / "outbox" / "tasks.py"


def test_nothing_is_left_for_later() -> None:
    paths = [*CODE, *TESTS, *TEXTS, ROOT / "dev"]
    assert not [name(path) for path in paths if MARKS.search(path.read_text(encoding="utf-8"))]


def test_every_module_says_what_it_is_for() -> None:
    assert not [name(path) for path in (*CODE, *TESTS) if not (ast.get_docstring(tree(path)) or "").strip()]


def test_public_functions_have_docstrings() -> None:
    faults = [
        f"{name(path)}:{node.lineno} {node.name}"
        for path in python_files("campaign")
        for node in tree(path).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not faults


def test_mail_leaves_by_the_outbox_alone() -> None:
    """Flask-Mail's own `send` and `Message` record nothing; `send_bytes` belongs to the outbox's worker."""
    for path in python_files("campaign"):
        taken = set(imports(path))
        assert ("flask_mail", "Message") not in taken, name(path)
        assert ("smtplib", "") not in taken or path.name == "mailer.py", name(path)
        called = {method for method, _line in calls(path)}
        assert not called & {"send_message", "sendmail"}, name(path)
        assert "send_bytes" not in called or path == SENDER, name(path)
        assert not re.search(r"\bmail\.send\(", path.read_text(encoding="utf-8")), name(path)


def test_the_environment_is_read_in_one_place() -> None:
    faults = [
        f"{name(path)}:{node.lineno}"
        for path in CODE
        if path != ROOT / "config.py" and path.parent.name != "demo"  # the demo starts our own programs
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in {("os", "environ"), ("os", "getenv")}
    ]
    assert not faults


def test_no_drawer_for_odds_and_ends() -> None:
    assert not [name(path) for path in (*CODE, *TESTS) if path.stem in DRAWERS]
    classes = [(path, n) for path in CODE for n in ast.walk(tree(path)) if isinstance(n, ast.ClassDef)]
    assert not [f"{name(path)}:{n.lineno}" for path, n in classes if EMPTY_NAMES.search(n.name)]


def test_migrations_stand_alone() -> None:
    """A revision must mean the same for ever; the program's modules go on changing."""
    for path in python_files("migrations/versions"):
        taken = {module.split(".")[0] for module, _ in imports(path)}
        assert not taken & {"campaign", "config"}, name(path)
        assert {f.name for f in functions(path)} >= {"upgrade", "downgrade"}, name(path)


def test_no_test_is_switched_off() -> None:
    marks = re.compile(r"mark\.(skip|xfail)|pytest\.xfail")
    others = [path for path in TESTS if path != Path(__file__)]
    assert not [name(path) for path in others if marks.search(path.read_text(encoding="utf-8"))]
