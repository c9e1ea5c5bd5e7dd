"""Small files that ask for a lot of memory or time when they are read as sheets, each by another way."""

from __future__ import annotations

import io
import random
import string
import zipfile
from collections.abc import Callable, Mapping

from campaign.core.spreadsheets import write_xlsx

SHEET, STRINGS, BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"


def zipped(members: Mapping[str, str | bytes], level: int = 9) -> bytes:
    """A zip file of these members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return stream.getvalue()


def changed(content: bytes, name: str, change: Callable[[str], str]) -> bytes:
    """The zip file with one member put through a function that must change it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members: dict[str, str | bytes] = {member: archive.read(member) for member in archive.namelist()}
        text = archive.read(name).decode()
    after = change(text)
    assert after != text
    return zipped(members | {name: after})


def workbook(sheet_data: str, texts: str = "") -> bytes:
    """An XLSX file whose one sheet has these rows, and whose shared texts are these."""
    stream = io.BytesIO()
    write_xlsx(stream, ["a"], [["b"]])
    plain = changed(stream.getvalue(), SHEET, lambda xml: _between(xml, "sheetData", sheet_data))
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        members: dict[str, str | bytes] = {member: archive.read(member) for member in archive.namelist()}
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    members[STRINGS] = f'<?xml version="1.0"?><sst xmlns="{space}">{texts}</sst>'
    for name in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
        members[name] = _with_texts(name, members[name])
    return zipped(members)


def _between(xml: str, tag: str, inside: str) -> str:
    before, _, rest = xml.partition(f"<{tag}>")
    return f"{before}<{tag}>{inside}</{tag}>{rest.partition(f'</{tag}>')[2]}"


def _with_texts(name: str, content: str | bytes) -> str:
    """The list of parts, or of their relations, with the shared texts in it."""
    xml = content.decode() if isinstance(content, bytes) else content
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    if "sharedStrings" in xml:
        return xml
    if name.startswith("["):
        return xml.replace("</Types>", f'<Override PartName="/{STRINGS}" ContentType="{kind}"/></Types>')
    relation = f'<Relationship Id="rIdT" Type="{office}/sharedStrings" Target="sharedStrings.xml"/>'
    return xml.replace("</Relationships>", f"{relation}</Relationships>")


def noise(length: int) -> str:
    """Text that cannot be packed well, the same each time."""
    return "".join(random.Random(length).choices(string.ascii_letters, k=length))


def shared(cell: str, cells: int, text: str) -> bytes:
    """A workbook of that many equal cells, each in a row of its own, and one shared text."""
    rows = "".join(f'<row r="{n}">{cell.format(place=f"A{n}")}</row>' for n in range(1, cells + 1))
    return workbook(rows, f"<si><t>{text}</t></si>")


def ods(table: str) -> bytes:
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
        f"{table}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    return zipped({"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": content})


def _repeated(text: str, cells: int, rows: int) -> str:
    return (
        f'<table:table-row table:number-rows-repeated="{rows}"><table:table-cell office:value-type="string" '
        f'table:number-columns-repeated="{cells}"><text:p>{text}</text:p></table:table-cell></table:table-row>'
    )


def two_directories() -> bytes:
    """A harmless workbook, and behind it a second directory, which a parser may believe instead."""
    good, bad = shared('<c r="{place}" t="s"><v>0</v></c>', 3, "good"), zipped({SHEET: "0" * 1_000_000})
    return bad[:-2] + len(good).to_bytes(2, "little") + good


BOMBS: dict[str, Callable[[], bytes]] = {
    "one long shared text in each cell": lambda: shared(
        '<c r="{place}" t="s"><v>0</v></c>', 20_000, noise(32_000)
    ),
    "the same by a prefix": lambda: shared(
        '<x:c r="{place}" t="s"><x:v >0</x:v></x:c>', 9_000, noise(32_000)
    ),
    "the same in disguise": lambda: shared('<c r="{place}" t="s"><v>&#48;</v></c>', 9_000, noise(32_000)),
    "the same behind a comment": lambda: shared(
        '<c r="{place}" t="s"><v><!-- --></v></c>', 9_000, noise(32_000)
    ),
    "the same unparsed": lambda: shared(
        '<c r="{place}" t="s"><v><![CDATA[0]]></v></c>', 9_000, noise(32_000)
    ),
    "many shared texts": lambda: workbook("<row><c><v>1</v></c></row>", "<si><t/></si>" * 4_000_000),
    "nested entities": lambda: changed(
        shared('<c r="{place}" t="s"><v>0</v></c>', 3, "&i;"),
        STRINGS,
        lambda xml: xml.replace(
            "<sst",
            "<!DOCTYPE sst [<!ENTITY a 'lol'>"
            + "".join(f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
            + "]><sst",
        ),
    ),
    "cells without a place": lambda: workbook(f"<row>{'<c><v>1</v></c>' * 3_500_000}</row>"),
    "rows without a place": lambda: workbook("<row/>" * 9_000_000 + "<row><c><v>1</v></c></row>"),
    "a cell far away": lambda: workbook('<row><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>'),
    "many sheets": lambda: changed(
        workbook(""),
        BOOK,
        lambda xml: xml.replace(
            "</sheets>",
            "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="rId1"/>' for n in range(2, 500_000))
            + "</sheets>",
        ),
    ),
    "two directories": two_directories,
    "repeated cells of a long text": lambda: ods(_repeated(noise(30_000), 100, 1_000)),
    "repeated spaces": lambda: ods(_repeated('<text:s text:c="4000000000"/>', 1, 1)),
    "repeated attributes": lambda: ods(
        '<table:table-row table:number-rows-repeated="20000"><table:table-cell office:value-type="string" '
        f'office:string-value="{noise(30_000)}" table:number-columns-repeated="90"/></table:table-row>'
    ),
    "a million styles": lambda: changed(
        workbook(""),
        "xl/styles.xml",
        lambda xml: xml.replace("</cellXfs>", '<xf numFmtId="14"/>' * 1_000_000 + "</cellXfs>"),
    ),
    "all zeros": lambda: zipped({SHEET: "0" * 500_000_000}, 1),
}

# These ask for nothing that cannot be had, and are read.
HARMLESS: dict[str, Callable[[], bytes]] = {
    "a huge dimension": lambda: changed(
        workbook('<row r="1"><c r="A1"><v>1</v></c></row>'),
        SHEET,
        lambda xml: xml.replace('ref="A1:A2"', 'ref="A1:XFD1048576"'),
    ),
    "many styles": lambda: changed(
        workbook('<row r="1"><c r="A1"><v>1</v></c></row>'),
        "xl/styles.xml",
        lambda xml: xml.replace("</cellXfs>", '<xf numFmtId="14"/>' * 20_000 + "</cellXfs>"),
    ),
    "deep elements": lambda: changed(
        workbook('<row r="1"><c r="A1"><v>1</v></c></row>'),
        "xl/styles.xml",
        lambda xml: xml.replace("<fonts", "<x>" * 20_000 + "</x>" * 20_000 + "<fonts"),
    ),
    "as large as can be": lambda: workbook(
        "".join(
            f'<row r="{n}">{"".join(f"<c><v>{n}</v></c>" for _ in range(10))}</row>'
            for n in range(1, 100_001)
        )
    ),
}
