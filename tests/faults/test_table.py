"""`./dev faults` says what held and what did not, in a table that can be pasted, and ends accordingly."""

from __future__ import annotations

import pytest

from tests.faults import __main__ as program
from tests.faults.found import Found
from tests.faults.table import Row, Scenery


def holding(scenery: Scenery) -> Found:
    return Found(f"{scenery.figure(3, 300)} times | seed {scenery.seed}", scenery.seed)


def failing(scenery: Scenery) -> Found:
    found = Found("once", scenery.seed)
    found.limit("arrived twice", 2, 0)
    return found


def stumbling(scenery: Scenery) -> Found:
    raise OSError("no such server\nsecond line")


@pytest.fixture(autouse=True)
def rows(monkeypatch: pytest.MonkeyPatch) -> None:
    named = (("M1", holding), ("M2", failing), ("M3", stumbling))
    monkeypatch.setattr(program, "ROWS", [Row(name, f"words of {name}", trial) for name, trial in named])
    monkeypatch.setattr(program, "PROMISES", ("M1", "M2", "M3"))


def lines(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    """The table's cells, without the line above it."""
    told = capsys.readouterr().out.splitlines()[2:]
    assert len({len(line) for line in told}) == 1, "the columns are aligned"
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in told]


def test_what_held(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["--seed", "7", "m1"]) == 0
    head, rule, line = lines(capsys)
    assert head[0] == "promise"
    assert set("".join(rule)) == {"-"}
    assert line == ["M1", "words of M1", "300 times / seed 7", "yes", "0 s"]


def test_quick_tries_less(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["--quick", "--seed", "7", "M1"]) == 0
    assert lines(capsys)[2][2] == "3 times / seed 7"


def test_what_did_not_hold_is_said_and_the_others_are_tried_all_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert program.main([]) == 1
    held = {line[0]: line[3] for line in lines(capsys)[2:]}
    assert held == {"M1": "yes", "M2": "NO: arrived twice: 2, at most 0", "M3": "NO: OSError: no such server"}


def test_a_promise_without_a_row_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        program.main(["Z9"])
    assert "there is no row for Z9" in capsys.readouterr().err
