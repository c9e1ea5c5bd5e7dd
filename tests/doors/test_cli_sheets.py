"""Commands that bring sign-ons in, take lists out, and compare figures with them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import select, update

from campaign.audit.models import AuditEntry
from campaign.core import spreadsheets
from campaign.core.db import db
from campaign.letters.models import Letter
from campaign.letters.rules import Visibility
from campaign.outbox.models import Mail
from campaign.signing.exporting import ADDRESSEE_COLUMNS, COLUMNS, PUBLIC_COLUMNS
from campaign.signing.models import Import, Signature
from campaign.signing.rules import ImportState, SignatureStatus
from campaign.tally.models import Delta
from tests.doors.cli_kit import refusal, said
from tests.factories import (
    make_command,
    make_letter,
    make_listing,
    make_person,
    make_signature,
    make_signatures,
)

pytestmark = pytest.mark.usefixtures("app_sqlite")
Command = Callable[..., Result]
MAPPED = ("--map", "organisation=Name", "--map", "country=Land")


def sheet(folder: Path, content: str = "Name,Land\nFerns,Peru\nMosses,Atlantis\nFerns,Peru\n") -> str:
    (folder / "sheet.csv").write_text(content, encoding="utf-8")
    return str(folder / "sheet.csv")


def test_a_sheet_comes_in_once(command: Command, tmp_path: Path) -> None:
    slug, file = make_letter().slug, sheet(tmp_path)
    rehearsed = command("signatures", "import", slug, file, *MAPPED, "--accepted", "--dry-run")
    assert said(rehearsed) == "would add 2, already there 1\n"
    assert rehearsed.stderr.splitlines() == [
        "already there, skipped: lines 4",
        "country not recognised, text kept: lines 3",
    ]
    assert db.session.scalars(select(Signature)).all() == []
    assert (
        said(command("signatures", "import", slug, file, *MAPPED, "--accepted"))
        == "added 2, already there 1\n"
    )
    again = command("signatures", "import", slug, file, *MAPPED, "--accepted")
    assert said(again) == "added 0, already there 3\n"
    assert said(command("counts", "show", slug)).splitlines() == [
        "2 groups from 1 country",
        "PE\t1\tPeru",
        "regional\t0",
        "international\t0",
        "no_country\t1",
        "withheld_country\t0",
    ]


def test_rows_keep_the_sheet_they_came_from(command: Command, tmp_path: Path) -> None:
    slug, file = make_letter().slug, sheet(tmp_path)
    said(command("signatures", "import", slug, file, *MAPPED, "--accepted"))
    kept = db.session.scalars(select(Import)).one()
    digest = hashlib.sha256((tmp_path / "sheet.csv").read_bytes()).hexdigest()
    assert (kept.filename, kept.sha256, kept.created_by, kept.content) == ("sheet.csv", digest, None, None)
    assert (kept.state, kept.mapping) == (ImportState.DONE, {"organisation": "Name", "country": "Land"})
    rows = db.session.execute(select(Signature.import_id, Signature.import_line).order_by(Signature.id)).all()
    assert rows == [(kept.id, 2), (kept.id, 3)]
    assert (kept.report["lines"], kept.settings["arrival"]) == (3, "count")


def test_what_is_alike_is_named_and_waits(command: Command, tmp_path: Path) -> None:
    slug = make_letter().slug
    file = sheet(
        tmp_path, "Our list,\n,\nName,Land\nMarsh Harrier Trust,Peru\nThe Marsh Harrier Trust,Peru\n"
    )
    for ending, told in ((("--dry-run",), "would add 2"), ((), "added 2")):
        result = command("signatures", "import", slug, file, *MAPPED, "--accepted", *ending)
        assert said(result) == f"{told}, already there 0\n"
        assert result.stderr.splitlines() == ["looks like another organisation, waits at the desk: lines 5"]
    assert said(command("counts", "show", slug)).startswith("1 group from 1 country\n")


def test_without_accepted_a_sheet_waits_at_the_desk(command: Command, tmp_path: Path) -> None:
    slug, file = make_letter().slug, sheet(tmp_path, "organisation;email\nFerns;ferns@example.org\n")
    said(command("signatures", "import", slug, file, "--visibility", "unnamed"))
    found = db.session.scalars(select(Signature)).one()
    assert (found.status, found.visibility) == (SignatureStatus.PENDING, Visibility.UNNAMED)
    assert db.session.scalars(select(Mail)).all() == []
    assert said(command("counts", "show", slug)).startswith("0 groups\n")


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        (("organisation=Nowhere",), "no column 'Nowhere'"),
        (("organisation=Name", "colour=Land"), "no field 'colour'"),
        (("country=Land",), "say which column holds the organisation"),
        ((), "say which column holds the organisation"),
        (("organisation",), "--map is written field=Column"),
        (("=Name",), "say which column holds the organisation"),
        (("organisation=",), "no column ''"),
        (("organisation=name",), "no column 'name'"),
    ],
)
def test_mappings_that_do_not_fit(
    command: Command, tmp_path: Path, mapping: tuple[str, ...], words: str
) -> None:
    pairs = [word for pair in mapping for word in ("--map", pair)]
    result = command("signatures", "import", make_letter().slug, sheet(tmp_path), *pairs)
    assert words in refusal(result)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("Name,Land\nFerns,Peru\n,Kenya\n", "line 3: organisation: the name is missing"),
        ("Name,Land\nFerns,Peru\n" + "x" * 201 + ",Kenya\n", "line 3: organisation"),
        ("Name,Land\nFe\u0007rns,Peru\n", "line 2: organisation"),
        ("", "The file has no rows."),
        ("Name,Land\nFerns,Peru,more\n", "Row 2 has more cells than there are headings"),
    ],
)
def test_one_bad_line_refuses_the_whole_sheet(
    command: Command, tmp_path: Path, content: str, words: str
) -> None:
    slug = make_letter().slug
    assert words in refusal(command("signatures", "import", slug, sheet(tmp_path, content), *MAPPED))
    assert db.session.scalars(select(Signature)).all() == []


def test_files_that_are_no_sheet(command: Command, tmp_path: Path) -> None:
    slug, file = make_letter().slug, tmp_path / "sheet.xlsx"
    file.write_bytes(b"PK\x03\x04 and nothing more")
    assert refusal(command("signatures", "import", slug, str(file), *MAPPED))
    assert "does not exist" in refusal(
        command("signatures", "import", slug, str(tmp_path / "no.csv"), *MAPPED)
    )
    assert "no such letter" in refusal(
        command("signatures", "import", "nothing-here", sheet(tmp_path), *MAPPED)
    )
    unknown = command("signatures", "import", slug, sheet(tmp_path), *MAPPED, "--visibility", "secret")
    assert "'secret' is not one of" in refusal(unknown)


def listed_letter() -> Letter:
    """One signature of each visibility, one that starts like a formula, and one that does not count."""
    letter = make_letter()
    person = make_person(name="Ana Example", role="Director", email="ana@example.org")
    make_signature(
        letter, command=make_command(make_listing(organisation="=Öpen", country_code="PE"), person)
    )
    make_signature(letter, organisation="For readers", visibility=Visibility.ADDRESSEES)
    make_signature(letter, organisation="Unnamed one", visibility=Visibility.UNNAMED)
    make_signature(letter, SignatureStatus.REJECTED, organisation="Rejected one")
    return letter


EXPORTS = [
    ("public", PUBLIC_COLUMNS, ["=Öpen"]),
    ("addressees", ADDRESSEE_COLUMNS, ["=Öpen", "For readers"]),
    ("coordinators", COLUMNS, ["=Öpen", "For readers", "Unnamed one", "Rejected one"]),
]


def rows_of(form: str, content: bytes) -> list[dict[str, Any]]:
    """The rows of an export, whatever its form."""
    if form == "json":
        found: list[dict[str, Any]] = json.loads(content)
        return found
    if form == "csv":
        assert content.startswith(b"\xef\xbb\xbf")
        assert content.count(b"\n") == content.count(b"\r\n")
        return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    return list(spreadsheets.read(content, "export.xlsx").rows)


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
@pytest.mark.parametrize(("audience", "columns", "names"), EXPORTS)
def test_each_audience_gets_its_own_columns_and_rows(
    command: Command, tmp_path: Path, form: str, audience: str, columns: tuple[str, ...], names: list[str]
) -> None:
    slug = listed_letter().slug
    arguments = ("signatures", "export", slug, "--format", form, "--audience", audience)
    shown = command(*arguments)
    assert shown.exit_code == 0
    file = tmp_path / f"list.{form}"
    assert said(command(*arguments, "-o", str(file))) == ""
    rows = rows_of(form, file.read_bytes())
    assert [tuple(row) for row in rows] == [columns] * len(names)
    guarded = [f"'{name}" if form == "csv" and name.startswith("=") else name for name in names]
    assert [row["organisation"] for row in rows] == guarded
    assert [row["number"] for row in rows] == [str(n) for n in range(1, len(names) + 1)]
    assert (b"ana@example.org" in file.read_bytes()) is (audience == "coordinators" and form != "xlsx")
    assert rows_of(form, shown.stdout_bytes) == rows
    noted = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "signatures.exported")).all()
    assert len(noted) == (2 if audience == "coordinators" else 0)


def test_an_empty_list_is_a_list(command: Command) -> None:
    slug = make_letter().slug
    for form, rows in (("json", "[]\n"), ("csv", "\ufeff" + ",".join(PUBLIC_COLUMNS) + "\r\n")):
        result = command("signatures", "export", slug, "--format", form, "--audience", "public")
        assert result.stdout_bytes.decode() == rows


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nothing-here", "--format", "csv", "--audience", "public"), "there is no such letter"),
        (("SLUG", "--format", "pdf", "--audience", "public"), "'pdf' is not one of"),
        (("SLUG", "--format", "csv", "--audience", "everybody"), "'everybody' is not one of"),
        (("SLUG", "--format", "csv"), "Missing option '--audience'"),
        (("SLUG", "--format", "csv", "--audience", "public", "-o", "/nowhere/list.csv"), "/nowhere/list.csv"),
    ],
)
def test_exports_that_cannot_be(command: Command, arguments: tuple[str, ...], words: str) -> None:
    slug = make_letter().slug
    assert words in refusal(command("signatures", "export", *[slug if a == "SLUG" else a for a in arguments]))


def test_figures_as_json(command: Command) -> None:
    letter = make_letter()
    make_signatures(letter, ["BH", "BH", "FR"])
    assert json.loads(said(command("counts", "show", letter.slug, "--json"))) == {
        "signatories": 3,
        "by_country": {"BH": 2, "FR": 1},
        "regional": 0,
        "international": 0,
        "no_country": 0,
        "withheld_country": 0,
        "countries": 2,
    }
    assert "no such letter" in refusal(command("counts", "show", "nothing-here"))


def test_figures_that_were_tampered_with_are_told(command: Command) -> None:
    letter, other = make_letter(), make_letter()
    make_signatures(letter, ["BH", "FR"])
    make_signatures(other, ["PE"])
    assert said(command("counts", "verify")) == ""
    db.session.execute(update(Delta).where(Delta.country_code == "FR").values(change=5))
    for arguments in ((), (letter.slug,)):
        result = command("counts", "verify", *arguments)
        assert result.exit_code == 1
        assert result.stdout == f"{letter.slug}\tFR\tnational\tpublic\tfigure 5\tlist 1\n"
    assert said(command("counts", "verify", other.slug)) == ""
    assert "no such letter" in refusal(command("counts", "verify", "nothing-here"))
