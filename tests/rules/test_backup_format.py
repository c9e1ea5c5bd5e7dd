"""The file of a backup: what was written is read, and no damage goes unnoticed."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.core.backup_format import FORMAT, MANIFEST, SEAL, Kind, Source, opened, write
from campaign.core.errors import InvalidInput


def test_a_failure_leaves_no_file_behind(tmp_path: Path) -> None:
    def rows() -> Iterator[list[int]]:
        yield [1]
        raise ConnectionError("the database went away")

    with pytest.raises(ConnectionError):
        write(tmp_path / "one.zip", "0007", {}, [Source("numbers", {"id": Kind.INTEGER}, rows())])
    assert not list(tmp_path.iterdir())


ROWS = [[n, f"name {n} ☂", None if n % 2 else b"\x00\xff" * n, {"n": [n]}] for n in range(40)]
COLUMNS = {"id": Kind.INTEGER, "name": Kind.TEXT, "content": Kind.BYTES, "facts": Kind.JSON}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of one small table."""
    path = tmp_path_factory.mktemp("small") / "small.zip"
    write(path, "0007", {"INDEX_KEY": "f" * 64}, [Source("things", COLUMNS, ROWS)])
    return path


def read(path: Path) -> list[list[Any]]:
    """All rows of the only table."""
    with opened(path) as kept:
        return [list(row.values()) for row, _ in kept.rows(kept.manifest.tables[0])]


def test_a_whole_file_is_read_as_it_was_written(small: Path) -> None:
    assert read(small) == ROWS
    assert zipfile.ZipFile(small).testzip() is None
    assert small.stat().st_mode & 0o777 == 0o600
    assert not list(small.parent.glob("*.part"))
    content = small.read_bytes()
    assert hashlib.sha256(content[:-SEAL]).hexdigest().encode() == content[-SEAL:]


@given(place=st.integers(0, 1 << 16), change=st.integers(1, 255))
def test_any_changed_byte_is_noticed(small: Path, place: int, change: int) -> None:
    content = bytearray(small.read_bytes())
    content[place % len(content)] ^= change
    assert refused(small, bytes(content))


@given(start=st.integers(0, 1 << 16), length=st.integers(1, 1 << 16), filling=st.binary(max_size=100))
def test_a_cut_or_patched_file_is_noticed(small: Path, start: int, length: int, filling: bytes) -> None:
    content = small.read_bytes()
    start %= len(content)
    changed = content[:start] + filling + content[start + length :]
    assert changed == content or refused(small, changed)


@given(content=st.binary(max_size=300))
def test_other_files_are_refused(small: Path, content: bytes) -> None:
    assert refused(small, content)


def refused(small: Path, content: bytes) -> bool:
    """Whether these bytes are taken for no backup, in one sentence."""
    path = small.with_name("other")
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=r"^this is not a backup of Undersigned, or it is damaged$"):
        read(path)
    return True


def sealed(members: dict[str, bytes]) -> bytes:
    """A zip file with these members and a good seal."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.comment = b"0" * SEAL
    content = stream.getvalue()[:-SEAL]
    return content + hashlib.sha256(content).hexdigest().encode()


LINE = b"[1]\n"
TRUE = {
    "format": FORMAT,
    "created_at": "2026-01-01T00:00:00Z",
    "revision": "0007",
    "keys": {},
    "tables": [
        {"name": "n", "columns": {"id": "integer"}, "rows": 1, "sha256": hashlib.sha256(LINE).hexdigest()}
    ],
}


def manifest(**changes: object) -> bytes:
    """The manifest of one table of one row, changed."""
    table = {**TRUE["tables"][0], **{k: v for k, v in changes.items() if k in TRUE["tables"][0]}}  # type: ignore[index,dict-item]
    own = {k: v for k, v in changes.items() if k in TRUE}
    return json.dumps({**TRUE, "tables": [table], **own}).encode()


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"tables/n.jsonl": LINE},
        {MANIFEST: b"{", "tables/n.jsonl": LINE},
        {MANIFEST: b"[]", "tables/n.jsonl": LINE},
        {MANIFEST: b"{}", "tables/n.jsonl": LINE},
        {MANIFEST: manifest()},
        {MANIFEST: manifest(format="undersigned-backup-2"), "tables/n.jsonl": LINE},
        {MANIFEST: manifest(rows=2), "tables/n.jsonl": LINE},
        {MANIFEST: manifest(sha256="0" * 64), "tables/n.jsonl": LINE},
        {MANIFEST: manifest(columns={"id": "colour"}), "tables/n.jsonl": LINE},
        {MANIFEST: manifest(columns={"id": "moment"}), "tables/n.jsonl": LINE},
        {MANIFEST: manifest(columns={"id": "integer", "b": "text"}), "tables/n.jsonl": LINE},
        {MANIFEST: manifest(), "tables/n.jsonl": LINE + LINE},
    ],
)
def test_files_that_somebody_else_made_and_sealed(small: Path, members: dict[str, bytes]) -> None:
    assert refused(small, sealed(members))
    small.with_name("other").write_bytes(sealed({MANIFEST: manifest(), "tables/n.jsonl": LINE}))
    assert read(small.with_name("other")) == [[1]]
