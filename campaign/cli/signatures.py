"""Commands about signatures and their figures."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import click

from campaign.audit.rules import OPERATOR
from campaign.cli.group import Commands, finish
from campaign.core import spreadsheets
from campaign.core.db import Mode, db, transactions
from campaign.core.errors import InvalidInput
from campaign.letters.models import Letter
from campaign.letters.naming import country_name
from campaign.letters.queries import all_letters, letter_by_slug
from campaign.letters.rules import Visibility
from campaign.sheets import operations, writing
from campaign.sheets.columns import FIELDS
from campaign.sheets.lines import Arrival, Choices, check_mapping, read_rows
from campaign.sheets.rehearsing import judge_rows
from campaign.signing import exporting, sealing
from campaign.signing.reconcile import differences
from campaign.signing.rules import Audience
from campaign.tally.queries import letter_figures
from campaign.tally.wording import headline

signatures = Commands("signatures", help="Sign-ons in and out of sheets.")
counts = Commands("counts", help="Figures by country.")


@signatures.command("import")
@click.argument("slug")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--map", "pairs", multiple=True, metavar="FIELD=COLUMN", help=f"Fields: {', '.join(FIELDS)}.")
@click.option(
    "--visibility", type=click.Choice([v.value for v in Visibility]), help="For rows that do not say."
)
@click.option("--accepted", is_flag=True, help="Count them at once; without it they wait at the desk.")
@click.option("--dry-run", is_flag=True, help="Report only; write nothing.")
def import_(
    slug: str, file: Path, pairs: tuple[str, ...], visibility: str | None, accepted: bool, dry_run: bool
) -> None:
    """Bring in the sign-ons of a CSV, XLSX or ODS FILE, all or nothing; running it again adds nothing.

    What looks like another organisation, or like another line, waits at the desk even with --accepted.
    """
    with file.open("rb") as opened:
        content = opened.read(spreadsheets.MAX_BYTES + 1)
    known = {pair.partition("=")[2].strip() for pair in pairs}
    table = spreadsheets.read(content, file.name, known=known)
    mapping = _mapping(pairs, list(table.headings))
    check_mapping(mapping, table.headings)
    letter = letter_by_slug(slug)
    choices = Choices(
        Visibility(visibility) if visibility else None, Arrival.COUNT if accepted else Arrival.DESK
    )
    rows = read_rows(letter, table.numbered_rows(), mapping, choices.visibility)
    judged = judge_rows(letter.id, rows)
    if dry_run:
        _say(writing.expected(judged, choices.arrival), dry_run)
        return
    sheet = operations.of_command(letter, file.name, sha256(content).hexdigest(), mapping, choices)
    report = writing.write(letter, judged, choices.arrival, OPERATOR, sheet)
    operations.note_result(sheet, report)
    finish()
    _say(report, dry_run)


def _mapping(pairs: tuple[str, ...], headings: list[str]) -> dict[str, str]:
    """`field=Column` pairs; without any, columns named like fields are taken."""
    if not pairs:
        return {h.strip().lower(): h for h in headings if h.strip().lower() in FIELDS}
    mapping = {}
    for pair in pairs:
        name, equals, column = pair.partition("=")
        if not equals:
            raise InvalidInput("--map is written field=Column")
        mapping[name.strip()] = column.strip()
    return mapping


def _say(report: writing.Report, dry_run: bool) -> None:
    click.echo(
        f"{'would add' if dry_run else 'added'} {report.new}, already there {len(report.already_there)}"
    )
    if report.already_there:
        click.echo(f"already there, skipped: lines {_lines(report.already_there)}", err=True)
    if report.alike:
        click.echo(
            f"looks like another organisation, waits at the desk: lines {_lines(report.alike)}", err=True
        )
    if report.unpublished:
        click.echo(f"no yes to being published, not named: lines {_lines(report.unpublished)}", err=True)
    if report.no_country:
        click.echo(f"country not recognised, text kept: lines {_lines(report.no_country)}", err=True)


def _lines(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:20]))
    return f"{shown} and {len(numbers) - 20} more" if len(numbers) > 20 else shown


@signatures.command("export")
@click.argument("slug")
@click.option("--format", "form", type=click.Choice(["csv", "xlsx", "json"]), required=True)
@click.option("--audience", type=click.Choice([a.value for a in Audience]), required=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file instead of standard output.",
)
def export(slug: str, form: str, audience: str, output: Path | None) -> None:
    """Write the signatories that an audience may see."""
    letter, seen_by = letter_by_slug(slug), Audience(audience)
    exporting.note_export(letter, seen_by, form, OPERATOR)
    finish()
    with transactions(Mode.SNAPSHOT):
        letter = letter_by_slug(slug)
        if output:
            with output.open("wb") as stream:
                _write(stream, letter, seen_by, form)
        else:
            _write(sys.stdout.buffer, letter, seen_by, form)
        db.session.rollback()


@signatures.command("contacts")
@click.argument("slug")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="A ZIP.")
def contacts(slug: str, output: Path) -> None:
    """Write the sealed contacts of a sealed letter: one file a sign-on, which the age tool opens."""
    with output.open("wb") as stream:
        count = sealing.write_contacts(letter_by_slug(slug), stream, OPERATOR)
    finish()
    click.echo(f"{count} sealed contacts")


def _write(stream: BinaryIO, letter: Letter, audience: Audience, form: str) -> None:
    columns, rows = exporting.columns(audience), exporting.rows(letter, audience, "en")
    if form == "csv":
        spreadsheets.write_csv(stream, columns, rows)
    elif form == "xlsx":
        spreadsheets.write_xlsx(stream, columns, rows)
    else:
        _write_json(stream, columns, rows)
    stream.flush()


def _write_json(stream: BinaryIO, columns: Sequence[str], rows: Iterator[Sequence[str]]) -> None:
    """An array with one object a line, written as it is read."""
    before = b"[\n"
    for row in rows:
        stream.write(before + json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False).encode())
        before = b",\n"
    stream.write(b"\n]\n" if before == b",\n" else b"[]\n")


@counts.command("show")
@click.argument("slug")
@click.option("--json", "as_json", is_flag=True)
def show(slug: str, as_json: bool) -> None:
    """The figures of a letter by country."""
    letter = letter_by_slug(slug)
    figures = letter_figures(letter.id)
    if as_json:
        click.echo(json.dumps({**asdict(figures), "countries": figures.countries}, ensure_ascii=False))
        return
    click.echo(headline(figures, letter.noun("en")))
    for code, count in figures.by_country.items():
        click.echo(f"{code}\t{count}\t{country_name(letter, code, 'en')}")
    for name in ("regional", "international", "no_country", "withheld_country"):
        click.echo(f"{name}\t{getattr(figures, name)}")


@counts.command("verify")
@click.argument("slug", required=False)
def verify(slug: str | None) -> None:
    """Compare figures and list; exit 1 with a table on any difference."""
    with transactions(Mode.SNAPSHOT):
        found = [letter_by_slug(slug)] if slug else list(all_letters())
        wrong = {letter.slug: differences(letter.id) for letter in found}
        db.session.rollback()
    for name, cells in wrong.items():
        for cell, (figure, listed) in cells.items():
            click.echo(
                "\t".join(
                    (
                        name,
                        cell.country_code or "-",
                        cell.scope,
                        cell.visibility,
                        f"figure {figure}",
                        f"list {listed}",
                    )
                )
            )
    if any(wrong.values()):
        sys.exit(1)
    click.echo(f"{len(found)} letters: figures and lists agree", err=True)
