"""Files and functions that fit on a page or two."""

from __future__ import annotations

from pathlib import Path

from tests.house.source import ROOT, functions, name, python_files

LONGEST_FILE, LONGEST_TEMPLATE, LONGEST_FUNCTION = 400, 200, 40
PYTHON = python_files("campaign", "migrations", "tests", "demo", "bench", "scripts", "config.py", "worker.py")
TEMPLATES = sorted(p for p in (ROOT / "templates").rglob("*") if p.suffix in (".html", ".txt", ".typ"))


def too_long(paths: list[Path], longest: int) -> list[str]:
    """The files with more lines than that."""
    counted = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    return [f"{path} has {lines} lines" for path, lines in counted.items() if lines > longest]


def test_files_can_be_read_at_one_sitting() -> None:
    assert not too_long(PYTHON, LONGEST_FILE)


def test_templates_are_short() -> None:
    assert TEMPLATES
    assert not too_long(TEMPLATES, LONGEST_TEMPLATE)


def test_functions_fit_on_a_screen() -> None:
    # A revision says what each table is made of, and is never read again once it ran.
    lengths = {
        f"{name(path)}:{function.lineno} {function.name}": (function.end_lineno or 0) - function.lineno + 1
        for path in PYTHON
        if path.parent.name != "versions"
        for function in functions(path)
    }
    assert not {where: lines for where, lines in lengths.items() if lines > LONGEST_FUNCTION}
