"""Commands about editions."""

import sys
from pathlib import Path

import click

from campaign.audit.rules import OPERATOR
from campaign.cli.group import Commands, finish
from campaign.core.db import Mode, db, transactions
from campaign.core.errors import Conflict
from campaign.dispatch.queries import last_sent
from campaign.editions import queries
from campaign.editions.freezing import freeze
from campaign.editions.models import Edition
from campaign.editions.rules import EditionState, short_reference
from campaign.editions.soundness import flaws
from campaign.editions.tasks import RENDER, render
from campaign.jobs.operations import owe
from campaign.letters.queries import letter_by_slug

editions = Commands("editions", help="Frozen editions of a letter.")


@editions.command("compile")
@click.argument("slug")
@click.option("--wait", is_flag=True, help="Print the files in this process; no worker is needed.")
def compile_(slug: str, wait: bool) -> None:
    """Freeze the letter as it stands, then print its PDFs."""
    with transactions(Mode.SNAPSHOT):
        letter = letter_by_slug(slug)
        edition = freeze(letter, OPERATOR, last_sent(letter.id))
        number, edition_id, hash_ = edition.number, edition.id, edition.sha256
        if not wait:
            owe(RENDER, edition_id)
        finish()
    if wait:
        render(edition_id)
        done = db.session.get_one(Edition, edition_id, populate_existing=True)
        if done.state is EditionState.FAILED:
            raise Conflict(f"edition {number} is frozen, but its files could not be printed: {done.failure}")
    click.echo(f"edition {number}\t{short_reference(hash_)}\t{hash_}")


@editions.command("verify")
@click.argument("what", metavar="FILE|HASH")
def verify(what: str) -> None:
    """Say what a file or a hash is.

    Genuine and current, superseded, redacted since (or both), or unknown (exit 1). What was changed in our
    own store since it was frozen is named (exit 1).
    """
    path = Path(what)
    found = queries.verify_file(path.read_bytes()) if path.is_file() else queries.verify_hash(what)
    if found.edition is None:
        click.echo("unknown")
        sys.exit(1)
    faults = [f"but superseded by edition {found.newest}"] if found.superseded else []
    faults += ["redacted since"] if found.redacted else []
    sentence = ", ".join(["genuine", *faults]) if faults else "genuine and current"
    click.echo(f"{sentence}\t{found.edition.letter.slug}\tedition {found.edition.number}")
    if changed := flaws(found.edition):
        raise Conflict(f"changed since it was frozen: {'; '.join(changed)}")
