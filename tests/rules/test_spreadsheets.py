"""Sheets in and out: names survive, no cell is a formula, files made to do harm are refused in one line."""

import csv
import io
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from campaign.core import archives, spreadsheets
from campaign.core.errors import InvalidInput
from campaign.core.spreadsheets import Reading, Table, guard, read, write_csv, write_xlsx
from tests.bombs import changed, ods, zipped

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
        as_xlsx([]),
        "xl/workbook.xml",
        lambda xml: xml.replace("<workbook", '<!DOCTYPE x [<!ENTITY a "aa">]><workbook'),
    ),
    "a cell far away": changed(
        as_xlsx([["a"]]), "xl/worksheets/sheet1.xml", lambda xml: xml.replace('r="A2"', 'r="XFD1048576"')
    ),
    "a row far away": changed(
        as_xlsx([["a"]]),
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace('<row r="2"', "<row r = '1048576'"),
    ),
    "wide and long": changed(
        as_xlsx([["a"]]), "xl/worksheets/sheet1.xml", lambda xml: xml.replace('r="A2"', 'r="XFD199999"')
    ),
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
    with pytest.raises(InvalidInput) as refusal:
        everything(read(BAD_FILES[kind], "x"))
    assert "\n" not in refusal.value.message
    assert refusal.value.message.endswith((".", "?"))


DELIMITED = {
    "decimal commas between semicolons": ("Name;Share;Land\nA;1,5;Peru\nB;2,5;Kenya\n", ";"),
    "commas in names between tabs": ("Name\tLand\nA, B and C\tPeru\nD, E\tKenya\n", "\t"),
    "pipes": ("Name|Land\nA, B|Peru\n", "|"),
    "a title above": ("Sign-ons, as of today\n\nName;Land\nA;Peru\nB;Kenya\n", ";"),
    "one column of names": ("Name\nA, B and C\nD\nE\nF\n", "\t"),
    "line ends within quotes": ('Name,Land\n"A\nB; C; D",Peru\n"E;\nF",Kenya\n', ","),
    "Excel's own line": ("sep=|\r\na,b|c\r\n", "|"),
    "Excel's own line with another sign": ("sep=:\na:b\n", ":"),
}


@pytest.mark.parametrize("kind", DELIMITED)
def test_the_delimiter_is_found(kind: str) -> None:
    text, delimiter = DELIMITED[kind]
    assert read(text.encode(), "x.csv").reading.delimiter == delimiter


def test_a_wrong_guess_can_be_put_right() -> None:
    content = "Name;Note\nÑandú;a,b\n".encode("cp1252")
    assert read(content, "x.csv").reading == Reading("cp1252", ";", None, 1)
    chosen = Reading(encoding="cp1250", delimiter=",", heading=2)
    table = read(content, "x.csv", chosen)
    assert (table.reading, table.headings) == (chosen, ["Ńandú;a", "b"])
    for wrong in (Reading(encoding="x"), Reading(delimiter="x"), Reading(heading=9)):
        with pytest.raises(InvalidInput, match=r"[Tt]here (is|are) no"):
            read(content, "x.csv", wrong)


HEADED = {
    "at once": (["Name,Land", "A,Peru"], 1, ["Name", "Land"]),
    "below a title": (
        ["Our sign-ons,,", ",,", "Name,Land,Mail", "A,Peru,", "B,Kenya,"],
        3,
        ["Name", "Land", "Mail"],
    ),
    "below title and note": (["Title,,,", "as of,today,,", "Name,Land,Mail,Web", "A,Peru,m,w"], 3, None),
    "in one column": (["Name", "A", "B"], 1, ["Name"]),
    "with an empty column before": ([",Name,Land", ",A,Peru", ",B,Kenya"], 1, ["Column 1", "Name", "Land"]),
}


@pytest.mark.parametrize("kind", HEADED)
def test_the_row_of_headings_is_found(kind: str) -> None:
    lines, row, headings = HEADED[kind]
    table = read("\n".join(lines).encode(), "x.csv")
    assert table.reading.heading == row
    assert headings is None or table.headings == headings
    assert next(number for number, _ in table.top) == 1


def test_known_headings_decide_the_row() -> None:
    content = b"A,B,C\nName,Land,\nChoir,Peru,\n"
    assert read(content, "x.csv").headings == ["A", "B", "C"]
    table = read(content, "x.csv", known={"Name", "Land"})
    assert (table.reading.heading, table.headings) == (2, ["Name", "Land"])


def book(**sheets: list[list[object]]) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"remove_timezone": True}) as made:
        for name, rows in sheets.items():
            page = made.add_worksheet(name)
            for number, row in enumerate(rows):
                page.write_row(number, 0, row)
            if name == "Hidden":
                page.hide()
    return stream.getvalue()


def test_the_first_sheet_with_a_table_is_read_and_another_can_be_chosen() -> None:
    content = book(
        Cover=[["Our letter"]],
        Hidden=[["a"], ["b"]],
        Answers=[["Name"], ["Choir"]],
        More=[["Name"], ["Band"]],
    )
    table = read(content, "x.xlsx")
    assert (table.reading.sheet, table.sheets) == ("Answers", ["Cover", "Answers", "More", "Hidden"])
    assert list(table.rows) == [{"Name": "Choir"}]
    assert list(read(content, "x.xlsx", Reading(sheet="More")).rows) == [{"Name": "Band"}]
    with pytest.raises(InvalidInput, match="no such sheet"):
        read(content, "x.xlsx", Reading(sheet="Less"))


def test_cells_read_as_a_person_typed_them() -> None:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"remove_timezone": True}) as made:
        page = made.add_worksheet()
        page.merge_range(0, 0, 0, 4, "Title")
        page.write_row(1, 1, ["n", "big", "day", "moment", "yes"])
        page.write_row(2, 1, [2.50, 41791234567])
        page.write_datetime(
            2, 3, datetime(2026, 2, 3, tzinfo=UTC), made.add_format({"num_format": "d mmm yyyy"})
        )
        page.write_datetime(
            2, 4, datetime(2026, 2, 3, 9, 5, tzinfo=UTC), made.add_format({"num_format": "d/m/yy h:mm"})
        )
        page.write_boolean(2, 5, True)
    table = read(stream.getvalue(), "x.xlsx")
    assert table.reading.heading == 2
    row = {key: value for key, value in next(table.rows).items() if value}
    assert {**row, "day": row["day"][:10]} == {
        "n": "2.5",
        "big": "41791234567",
        "day": "2026-02-03",
        "moment": "2026-02-03 09:05:00",
        "yes": "TRUE",
    }


def test_rows_that_reach_too_far_are_told_apart() -> None:
    table = read(b"Name,Land\nA,Peru\nB, C and D,Kenya\n", "x.csv")
    assert [(line.number, line.beyond) for line in table.lines()] == [(2, False), (3, True)]
    with pytest.raises(InvalidInput, match="Row 3 has more cells"):
        everything(table)


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
