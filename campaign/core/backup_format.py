"""The file of a backup: a sealed zip with one file of JSON lines per table, the same for every database.

Its last 64 bytes, which zip programs take for a comment, are the SHA-256 (hex) of all bytes before them:
`head -c -64 FILE | sha256sum` says the same. So one changed bit anywhere is seen before anything is believed.
"""

import base64
import hashlib
import io
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from campaign.core import clock
from campaign.core.errors import Conflict, InvalidInput

FORMAT = "undersigned-backup-1"
MANIFEST = "manifest.json"
SEAL = 64
_PIECE = 1 << 18
_DAMAGED = "this is not a backup of Undersigned, or it is damaged"


class Kind(StrEnum):
    """What a column holds, whatever each database calls it."""

    INTEGER = "integer"
    TEXT = "text"
    BOOLEAN = "boolean"
    MOMENT = "moment"  # ISO 8601 in UTC
    DATE = "date"  # ISO 8601
    BYTES = "bytes"  # base64; encrypted columns are bytes, and stay encrypted
    JSON = "json"  # as it lies


_WRITTEN: dict[Kind, Callable[[Any], object]] = {
    Kind.MOMENT: datetime.isoformat,
    Kind.DATE: date.isoformat,
    Kind.BYTES: lambda value: base64.b64encode(value).decode(),
}
_READ: dict[Kind, Callable[[Any], object]] = {
    Kind.MOMENT: datetime.fromisoformat,
    Kind.DATE: date.fromisoformat,
    Kind.BYTES: lambda value: base64.b64decode(value, validate=True),
}


@dataclass(frozen=True, slots=True)
class Source:
    """A table to be written: its columns in the order in which the rows give their values."""

    name: str
    columns: Mapping[str, Kind]
    rows: Iterable[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Content:
    """A table as it was written: its columns, how many rows, SHA-256 (hex) of its lines."""

    name: str
    columns: Mapping[str, Kind]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself.

    `revision` is the schema's, `keys` what recognises the keys its encrypted columns need.
    """

    format: str
    created_at: str
    revision: str
    keys: Mapping[str, str]
    tables: Sequence[Content]

    @property
    def rows(self) -> int:
        """How many there are in all tables."""
        return sum(table.rows for table in self.tables)


def write(path: Path, revision: str, keys: Mapping[str, str], tables: Iterable[Source]) -> Manifest:
    """Write a backup, readable by its owner alone; under its own name only when it is whole.

    Memory holds one row at a time. Raises Conflict when the file exists, OSError.
    """
    _require_free(path)
    part = path.with_name(f"{path.name}.part")
    handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w+b") as stream:
            manifest = _write_archive(stream, revision, keys, tables)
            _write_seal(stream)
            stream.flush()
            os.fsync(stream.fileno())
        _require_free(path)
        part.rename(path)
    except BaseException:  # interrupted by hand, too: half a backup looks like a whole one
        part.unlink(missing_ok=True)
        raise
    return manifest


def _require_free(path: Path) -> None:
    if path.exists():
        raise Conflict(f"{path.name} exists already")


def _write_archive(
    stream: BinaryIO, revision: str, keys: Mapping[str, str], tables: Iterable[Source]
) -> Manifest:
    with zipfile.ZipFile(stream, "w") as archive:
        contents = [_write_table(archive, source) for source in tables]
        manifest = Manifest(FORMAT, clock.iso(clock.now()), revision, keys, contents)
        archive.writestr(_member(MANIFEST), json.dumps(asdict(manifest), indent=1))
        archive.comment = b"0" * SEAL
    return manifest


def _write_table(archive: zipfile.ZipFile, source: Source) -> Content:
    count, digest, kinds = 0, hashlib.sha256(), list(source.columns.values())
    with archive.open(_member(_file_of(source.name)), "w", force_zip64=True) as member:
        for row in source.rows:
            line = _line(row, kinds)
            digest.update(line)
            member.write(line)
            count += 1
    return Content(source.name, source.columns, count, digest.hexdigest())


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


def _file_of(table: str) -> str:
    return f"tables/{table}.jsonl"


def _line(row: Sequence[Any], kinds: Sequence[Kind]) -> bytes:
    values = [
        _WRITTEN[kind](value) if value is not None and kind in _WRITTEN else value
        for value, kind in zip(row, kinds, strict=True)
    ]
    return json.dumps(values, separators=(",", ":")).encode() + b"\n"


def _seal(stream: BinaryIO) -> str:
    """SHA-256 (hex) of all but the seal itself."""
    left = stream.seek(0, os.SEEK_END) - SEAL
    stream.seek(0)
    digest = hashlib.sha256()
    while left > 0 and (piece := stream.read(min(_PIECE, left))):
        digest.update(piece)
        left -= len(piece)
    return digest.hexdigest()


def _write_seal(stream: BinaryIO) -> None:
    seal = _seal(stream)
    stream.seek(-SEAL, os.SEEK_END)
    stream.write(seal.encode())


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was looked through and is whole."""

    manifest: Manifest
    archive: zipfile.ZipFile

    def rows(self, table: Content) -> Iterator[tuple[dict[str, Any], int]]:
        """Each row by column name, and how many bytes it takes in the file. Raises InvalidInput."""
        for line in _lines(self.archive, table):
            with _or_damaged():
                values = zip(table.columns.items(), json.loads(line), strict=True)
                row = {name: _value(value, kind) for (name, kind), value in values}
            yield row, len(line)


@contextmanager
def opened(path: Path) -> Iterator[Backup]:
    """A backup, after all of it was checked: seal, format, each table's lines and their hash.

    Raises InvalidInput with one sentence for anything else, OSError for a file that cannot be read.
    """
    with path.open("rb") as stream:
        _check_seal(stream)
        with _or_damaged():
            archive = zipfile.ZipFile(stream)
            manifest = _manifest(json.loads(archive.read(MANIFEST)))
        with archive:
            for table in manifest.tables:
                _check_lines(archive, table)
            yield Backup(manifest, archive)


def _check_seal(stream: BinaryIO) -> None:
    seal = _seal(stream)
    stream.seek(0, os.SEEK_END)
    stream.seek(-min(SEAL, stream.tell()), os.SEEK_END)
    if stream.read() != seal.encode():
        raise InvalidInput(_DAMAGED)


def _check_lines(archive: zipfile.ZipFile, table: Content) -> None:
    count, digest = 0, hashlib.sha256()
    for line in _lines(archive, table):
        count += 1
        digest.update(line)
    if (count, digest.hexdigest()) != (table.rows, table.sha256):
        raise InvalidInput(_DAMAGED)


def _lines(archive: zipfile.ZipFile, table: Content) -> Iterator[bytes]:
    with _or_damaged(), archive.open(_file_of(table.name)) as member:
        yield from io.BufferedReader(member, _PIECE)  # type: ignore[type-var]


def _manifest(said: dict[str, Any]) -> Manifest:
    if said["format"] != FORMAT:
        raise InvalidInput(_DAMAGED)
    tables = [
        Content(
            table["name"], {n: Kind(k) for n, k in table["columns"].items()}, table["rows"], table["sha256"]
        )
        for table in said["tables"]
    ]
    return Manifest(FORMAT, said["created_at"], str(said["revision"]), dict(said["keys"]), tables)


def _value(value: Any, kind: Kind) -> object:
    return value if value is None or kind not in _READ else _READ[kind](value)


@contextmanager
def _or_damaged() -> Iterator[None]:
    """What a file that is not ours makes zip and JSON readers say becomes our one sentence."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        LookupError,
        NotImplementedError,  # zipfile's word for a compression it does not know
        TypeError,
        ValueError,
    ) as fault:
        raise InvalidInput(_DAMAGED) from fault
