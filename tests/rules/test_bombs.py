"""Small files that would fill the memory are refused, each by what it does, and harmless ones are read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import config
from campaign.core import spreadsheets
from campaign.core.errors import InvalidInput
from tests.bombs import BOMBS, HARMLESS

# Read in a process of its own, which says how many KB it needed at most. On Linux a child's usage begins with
# its parent's, so the count that begins anew with each program is taken there.
READER = r"""
import pathlib, re, resource, sys
from campaign.core import spreadsheets

def most():
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s*(\d+)", status.read_text())[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

for file in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    try:
        rows = sum(1 for _ in spreadsheets.read(file, "x").rows)
        print(file.name, "has", rows)
    except spreadsheets.InvalidInput as refusal:
        print(file.name, "refused")
print(most())
"""
MOST_MEMORY = 256_000  # KB


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file for each kind."""
    folder = tmp_path_factory.mktemp("bombs")
    for kind, make in (BOMBS | HARMLESS).items():
        (folder / kind).write_bytes(make())
    return folder


@pytest.mark.parametrize("kind", BOMBS)
def test_bombs_are_refused_before_they_are_parsed(
    kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheets, "open_workbook", None)  # whoever calls it fails
    with pytest.raises(InvalidInput) as refusal:
        spreadsheets.read(folder / kind, "x.xlsx")
    assert refusal.value.message.endswith(".")


def test_no_file_takes_much_memory(folder: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", READER, str(folder)],
        cwd=config.ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert {line for line in said if line.endswith("refused")} == {f"{kind} refused" for kind in BOMBS}
    assert {line.rpartition(" has ")[0] for line in said if " has " in line} == set(HARMLESS)
    assert int(said[-1]) < MOST_MEMORY
