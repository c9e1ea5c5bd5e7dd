"""Commands about letters."""

from datetime import datetime
from pathlib import Path

import click

from campaign.audit.rules import OPERATOR
from campaign.cli.group import Commands, finish
from campaign.core import clock
from campaign.core.errors import InvalidInput
from campaign.letters import drafting, files, operations, queries
from campaign.letters.drafts import Revision
from campaign.letters.rules import Change, Circulation
from campaign.tally.queries import figures_of

letters = Commands("letters", help="Open letters.")


@letters.command("import")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--minor", "change", flag_value=Change.MINOR.value, help="The text changes, its meaning does not."
)
@click.option(
    "--substantive", "change", flag_value=Change.SUBSTANTIVE.value, help="The text changes in substance."
)
@click.option("--summary", default="", help="What changed, in a sentence that everybody can read.")
@click.option(
    "--reconfirm-by",
    "by",
    help="With --substantive: until when signatories confirm again, ISO 8601 with offset; else in a week.",
)
def import_(directory: Path, change: str | None, summary: str, by: str | None) -> None:
    """Create or update a letter from the files in DIRECTORY; print what changed.

    A change of an open letter's text needs --minor or --substantive. A further body that it is to go to is
    always a substantive change, unless the sign form said that it may go there.
    """
    draft = files.read(directory)
    if (summary or by) and not change:
        raise InvalidInput("--summary and --reconfirm-by belong to --minor or --substantive")
    if by and change != Change.SUBSTANTIVE.value:
        raise InvalidInput("--reconfirm-by belongs to --substantive")
    revision = Revision(Change(change), summary, moment(by) if by else None) if change else None
    letter, changed = drafting.write_down(draft, revision, OPERATOR, Circulation.PUBLIC)
    finish()
    click.echo(f"{letter.slug}: {', '.join(changed) if changed else 'unchanged'}")


@letters.command("open")
@click.argument("slug")
def open_(slug: str) -> None:
    """Let organisations sign."""
    operations.open_letter(queries.letter_by_slug(slug), OPERATOR)
    finish()
    click.echo(f"{slug}: open")


@letters.command("close")
@click.argument("slug")
def close(slug: str) -> None:
    """Take no more signatures."""
    operations.close(queries.letter_by_slug(slug), OPERATOR)
    finish()
    click.echo(f"{slug}: closed")


@letters.command("archive")
@click.argument("slug")
def archive(slug: str) -> None:
    """Make a closed letter history: it stays readable, and contacts are deleted after some days."""
    operations.archive(queries.letter_by_slug(slug), OPERATOR)
    finish()
    click.echo(f"{slug}: archived")


@letters.command("pause")
@click.argument("slug")
@click.option("--resume", is_flag=True, help="Go on with signing.")
def pause(slug: str, resume: bool) -> None:
    """Hold signing, or go on with --resume."""
    operations.pause(queries.letter_by_slug(slug), not resume, OPERATOR)
    finish()
    click.echo(f"{slug}: {'open' if resume else 'paused'}")


@letters.command("withdraw")
@click.argument("slug")
@click.option("--reason", required=True, help="A sentence everybody can read.")
def withdraw(slug: str, reason: str) -> None:
    """Take the letter back."""
    operations.withdraw(queries.letter_by_slug(slug), reason, OPERATOR)
    finish()
    click.echo(f"{slug}: withdrawn")


@letters.command("extend")
@click.argument("slug")
@click.option("--until", required=True, help="ISO 8601 with offset, such as 2030-01-31T18:00+01:00.")
def extend(slug: str, until: str) -> None:
    """Give the letter a later deadline."""
    letter = queries.letter_by_slug(slug)
    operations.extend(letter, moment(until), OPERATOR)
    finish()
    click.echo(f"{slug}: extended to {clock.iso(moment(until))}")


@letters.command("publish")
@click.argument("slug")
def publish(slug: str) -> None:
    """Make a private letter public."""
    operations.publish(queries.letter_by_slug(slug), OPERATOR)
    finish()
    click.echo(f"{slug}: public")


@letters.command("list")
def list_() -> None:
    """One line a letter: slug, status, circulation, groups, countries, deadline."""
    found = queries.all_letters()
    figures = figures_of([letter.id for letter in found])
    for letter in found:
        status = "paused" if letter.paused and letter.status == "open" else letter.status.value
        counted = figures[letter.id]
        deadline = clock.iso(letter.deadline) if letter.deadline else "-"
        facts = (
            letter.slug,
            status,
            letter.circulation.value,
            counted.signatories,
            counted.countries,
            deadline,
        )
        click.echo("\t".join(str(fact) for fact in facts))


def moment(typed: str) -> datetime:
    """A typed time with offset. Raises InvalidInput."""
    try:
        found = datetime.fromisoformat(typed)
    except ValueError as fault:
        raise InvalidInput("a time is written in ISO 8601, such as 2030-01-31T18:00+01:00") from fault
    if found.tzinfo is None:
        raise InvalidInput("the time needs an offset, such as Z or +01:00")
    return found
