"""Sheets in and out: names survive, no cell is a formula, files made to do harm are refused in one line."""

import csv
import io
import struct
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.core import archives, spreadsheets
from campaign.core.errors import InvalidInput
from campaign.core.spreadsheets import Table, guard, read, write_csv, write_xlsx

HARMFUL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＠x"]
NAMES = [
    "Réseau Étoile “Ñandú” & Søns",
    "عينة منظمة ٥٤",
    "日本語, テスト",
    'He said "no"; twice',
    "two\nlines",
    "'quoted",
]
CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40)
HEADINGS = ["organisation", "country", "note"]


def as_csv(rows: Sequence[Sequence[object]], headings: Sequence[str] = HEADINGS) -> bytes:
    stream = io.BytesIO()
    write_csv(stream, headings, rows)
    return stream.getvalue()


def as_xlsx(rows: Sequence[Sequence[object]], headings: Sequence[str] = HEADINGS) -> bytes:
    stream = io.BytesIO()
    write_xlsx(stream, headings, rows)
    return stream.getvalue()


def zipped(members: dict[str, str | bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return stream.getvalue()


def changed(content: bytes, name: str, before: str, after: str) -> bytes:
    """The zip file with one text replaced in one member."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members: dict[str, str | bytes] = {member: archive.read(member) for member in archive.namelist()}
        text = archive.read(name).decode()
    assert before in text
    return zipped(members | {name: text.replace(before, after)})


def ods(rows: str) -> bytes:
    """An OpenDocument sheet around the given rows, as small as programs accept."""
    urn = "urn:oasis:names:tc:opendocument:xmlns"
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        f'<manifest:manifest xmlns:manifest="{urn}:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    content = (
        f'<office:document-content xmlns:office="{urn}:office:1.0" xmlns:table="{urn}:table:1.0" '
        f'xmlns:text="{urn}:text:1.0"><office:body><office:spreadsheet><table:table table:name="S">'
        f"{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    return zipped({"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": content})


def ods_cell(text: str, times: int = 1) -> str:
    repeated = f' table:number-columns-repeated="{times}"' if times > 1 else ""
    return (
        f'<table:table-cell office:value-type="string"{repeated}><text:p>{text}</text:p></table:table-cell>'
    )


def ods_row(*cells: str, times: int = 1) -> str:
    repeated = f' table:number-rows-repeated="{times}"' if times > 1 else ""
    return f"<table:table-row{repeated}>{''.join(cells)}</table:table-row>"


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=8))
def test_csv_round_trip(rows: list[tuple[str, str, str]]) -> None:
    back = [tuple(row.values()) for row in read(as_csv(rows), "x.csv").rows]
    kept = [tuple(guard(cell).strip() for cell in row) for row in rows]
    assert back == [row for row in kept if any(row)]


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=8))
def test_xlsx_round_trip(rows: list[tuple[str, str, str]]) -> None:
    back = [tuple(row.values()) for row in read(as_xlsx(rows), "x.xlsx").rows]
    kept = [tuple(cell.strip() for cell in row) for row in rows]
    assert back == [row for row in kept if any(row)]


@pytest.mark.parametrize("write", [as_csv, as_xlsx])
def test_names_in_every_script_survive(write: object) -> None:
    assert callable(write)
    rows = [[name, "KE", unicodedata.normalize("NFC", name)] for name in NAMES]
    assert [list(row.values()) for row in read(write(rows), "x").rows] == rows


@pytest.mark.parametrize("cell", HARMFUL)
def test_no_cell_is_a_formula(cell: str) -> None:
    assert guard(cell) == "'" + cell
    text = as_csv([[cell, cell, cell]], [cell, "b", "c"]).decode("utf-8-sig")
    found = [one for row in csv.reader(io.StringIO(text, newline="")) for one in row]
    assert not [one for one in found if one.startswith(tuple("=+-@\t\r\n＝＋－＠"))]
    with zipfile.ZipFile(io.BytesIO(as_xlsx([[cell, "https://x.example.org", -5]]))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet
    assert "<v>-5</v>" in sheet


@given(CELLS)
def test_a_guarded_cell_keeps_its_text(cell: str) -> None:
    assert guard(cell).endswith(cell)
    assert guard(guard(cell)) == guard(cell)


def test_csv_is_rfc_4180_with_a_bom() -> None:
    content = as_csv([["a", None, 3], ["b;c", 'd"e', "f"]])
    assert content == b'\xef\xbb\xbforganisation,country,note\r\na,,3\r\nb;c,"d""e",f\r\n'


def test_csv_rows_are_taken_one_by_one() -> None:
    taken = 0

    def rows() -> Iterator[list[str]]:
        nonlocal taken
        for _ in range(100_000):
            taken += 1
            yield ["x" * 50]

    chunks = spreadsheets.csv_chunks(["a"], rows())
    next(chunks), next(chunks)
    assert 0 < taken < 5_000
    assert sum(map(len, chunks)) > 4_000_000


def test_xlsx_names_nobody_and_no_time() -> None:
    first = as_xlsx([["a", "b", "c"]])
    with zipfile.ZipFile(io.BytesIO(first)) as book:
        core, app = book.read("docProps/core.xml").decode(), book.read("docProps/app.xml").decode()
        assert {member.date_time[0] for member in book.infolist()} == {1980}
    assert "<dc:creator></dc:creator>" in core
    assert core.count("1970-01-01T00:00:00Z") == 2
    assert "<Company></Company>" in app
    assert first == as_xlsx([["a", "b", "c"]])


def test_xlsx_refuses_what_it_cannot_hold() -> None:
    with pytest.raises(InvalidInput):
        as_xlsx([["x" * 32_768]])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_encodings_and_delimiters(encoding: str, delimiter: str) -> None:
    text = f'Name{delimiter}Land\r\nÉtoile{delimiter}"Côte{delimiter}x"\r\n'
    table = read(text.encode(encoding), "x.csv")
    assert table.headings == ["Name", "Land"]
    assert list(table.rows) == [{"Name": "Étoile", "Land": f"Côte{delimiter}x"}]


def test_excel_s_own_line_decides_the_delimiter() -> None:
    assert read(b"sep=;\r\na,b;c\r\n1;2\r\n", "x.csv").headings == ["a,b", "c"]


def test_headings_are_distinct_and_rows_numbered() -> None:
    table = read(b"\n name ,name,,name (2),x,,\n\na,b,c,d,e\nf\n", "x.csv")
    assert table.headings == ["name", "name (2)", "Column 3", "name (2) (2)", "x"]
    assert [number for number, _ in table.numbered_rows()] == [4, 5]
    assert list(table.rows)[1] == {"name": "f", "name (2)": "", "Column 3": "", "name (2) (2)": "", "x": ""}
    assert list(table.rows) == list(table.rows)


def test_a_path_is_read_as_well(tmp_path: Path) -> None:
    file = tmp_path / "sheet.csv"
    file.write_bytes(b"a,b\n1,2\n")
    assert list(read(file, file.name).rows) == [{"a": "1", "b": "2"}]


def test_ods_and_xlsx_numbers_and_blank_ends() -> None:
    blank = '<table:table-cell table:number-columns-repeated="16382"/>'
    number = '<table:table-cell office:value-type="float" office:value="3"/>'
    rows = ods_row(ods_cell("a"), ods_cell("b"), blank) + ods_row(number, ods_cell("x"))
    table = read(ods(rows + ods_row(blank, times=1_048_574)), "x.ods")
    assert list(table.rows) == [{"a": "3", "b": "x"}]
    assert list(read(as_xlsx([[3, 2.5, "x"]]), "x.xlsx").rows) == [
        {"organisation": "3", "country": "2.5", "note": "x"}
    ]


def everything(table: Table) -> list[dict[str, str]]:
    return list(table.rows)


BAD_FILES = {
    "nothing": b"",
    "blank lines": b"\n\n\n",
    "a PNG": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "NUL in text": b"a,b\n1,\x00\n" + b"x" * 300,
    "an open quote": b'a,b\n"1,2\n3,4\n',
    "more cells than headings": b"a,b\n1,2,3\n",
    "a long cell": b"a\n" + b"x" * 10_001,
    "an old Excel file": b"\xd0\xcf\x11\xe0" + b"\0" * 600,
    "not a zip": b"PK\x03\x04 but no zip",
    "a zip of something else": zipped({"a.txt": "hello"}),
    "a binary workbook": zipped({"xl/workbook.bin": b"\0"}),
    "too large": b"a\n" + b"1\n" * 10_000_001,
    "too many columns": b"a," * 201 + b"a\n",
    "high ratio": zipped({"xl/worksheets/sheet1.xml": b"0" * 50_000_000}),
    "many members": zipped({f"{number}.xml": b"" for number in range(2_001)}),
    "an XML bomb": changed(
        as_xlsx([]), "xl/workbook.xml", "<workbook", '<!DOCTYPE x [<!ENTITY a "aa">]><workbook'
    ),
    "a cell far away": changed(as_xlsx([["a"]]), "xl/worksheets/sheet1.xml", 'r="A2"', 'r="XFD1048576"'),
    "a row far away": changed(
        as_xlsx([["a"]]), "xl/worksheets/sheet1.xml", '<row r="2"', "<row r = '1048576'"
    ),
    "wide and long": changed(as_xlsx([["a"]]), "xl/worksheets/sheet1.xml", 'r="A2"', 'r="XFD199999"'),
    "repeated cells": ods(ods_row(ods_cell("a", 16_384), times=1_000_000)),
    "a cell after many blanks": ods(
        ods_row(
            '<table:table-cell table:number-columns-repeated="16000" x=">"/>', ods_cell("a"), times=10_000
        )
    ),
    "a row after many blanks": ods(ods_row("<table:table-cell/>", times=1_000_000) + ods_row(ods_cell("a"))),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_bad_files_are_refused_in_one_line(kind: str) -> None:
    began = time.monotonic()
    with pytest.raises(InvalidInput) as refusal:
        everything(read(BAD_FILES[kind], "x"))
    assert "\n" not in refusal.value.message
    assert refusal.value.message.endswith((".", "?"))
    assert time.monotonic() - began < 10


def test_too_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MAX_ROWS", 3)
    assert len(everything(read(b"a\n1\n2\n3\n", "x.csv"))) == 3
    with pytest.raises(InvalidInput, match="more than 3 rows"):
        everything(read(b"a\n1\n2\n3\n4\n", "x.csv"))


def test_a_zip_that_lies_about_its_sizes_is_refused() -> None:
    """The headers state ten bytes, with the right checksum for them; the stream holds eighty million."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(b"0" * 80_000_000) + packer.flush()
    name, crc = b"xl/worksheets/sheet1.xml", zlib.crc32(b"0" * 10)
    fields = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, crc, len(packed), 10, len(name), 0)
    local = b"PK\x03\x04" + fields + name + packed
    central = b"PK\x01\x02" + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    with zipfile.ZipFile(io.BytesIO(local + central + end)) as archive:
        assert archive.read(name.decode()) == b"0" * 10
    with pytest.raises(InvalidInput):
        archives.check_archive(local + central + end, 10)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for start in (b"", b"PK\x03\x04", b"\xff\xfe", b"\xef\xbb\xbf"):
        with suppress(InvalidInput):
            everything(read(start + content, "x.csv"))
