"""Commands about editions, their dispatch and the outbox."""

import sys
from pathlib import Path

import click

from campaign.audit.queries import verify as verify_record
from campaign.audit.rules import OPERATOR
from campaign.cli.group import Commands, finish
from campaign.cli.letters import moment
from campaign.core import clock
from campaign.core.db import Mode, db, transactions
from campaign.core.errors import Conflict
from campaign.dispatch import operations as dispatching
from campaign.dispatch import queries as dispatches
from campaign.editions import queries
from campaign.editions.freezing import freeze
from campaign.editions.models import Edition
from campaign.editions.rules import EditionState, Verdict, short_reference
from campaign.editions.tasks import RENDER, render
from campaign.jobs.operations import owe
from campaign.jobs.tasks import sweep as sweep_tables
from campaign.letters.queries import letter_by_slug
from campaign.outbox import operations as outbox_operations
from campaign.outbox import queries as outbox_queries
from campaign.outbox.rules import MailState

editions = Commands("editions", help="Frozen editions of a letter.")
dispatch = Commands("dispatch", help="Sending an edition to its addressees.")
outbox = Commands("outbox", help="Every mail that is owed.")
audit = Commands("audit", help="The record of who did what.")


@editions.command("compile")
@click.argument("slug")
@click.option("--wait", is_flag=True, help="Print the files in this process; no worker is needed.")
def compile_(slug: str, wait: bool) -> None:
    """Freeze the letter as it stands, then print its PDFs."""
    with transactions(Mode.SNAPSHOT):
        edition = freeze(letter_by_slug(slug), OPERATOR)
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

    Genuine and current, genuine but superseded, redacted since, or unknown (exit 1).
    """
    path = Path(what)
    found = queries.verify_file(path.read_bytes()) if path.is_file() else queries.verify_hash(what)
    sentences = {
        Verdict.CURRENT: "genuine and current",
        Verdict.SUPERSEDED: f"genuine, but superseded by edition {found.newest}",
        Verdict.REDACTED: "genuine; redacted since",
        Verdict.UNKNOWN: "unknown",
    }
    about = f"\t{found.edition.letter.slug}\tedition {found.edition.number}" if found.edition else ""
    click.echo(f"{sentences[found.verdict]}{about}")
    if found.verdict is Verdict.UNKNOWN:
        sys.exit(1)


@dispatch.command("release")
@click.argument("slug")
@click.option("--edition", "number", type=int, required=True)
@click.option("--at", help="When it leaves: ISO 8601 with offset.")
@click.option("--now", "at_once", is_flag=True, help="Leave at once, by the operator's own decision.")
@click.option("--reason", default="", help="Why it leaves at once; kept in the record.")
def release(slug: str, number: int, at: str | None, at_once: bool, reason: str) -> None:
    """Send an edition to its addressees.

    After 15 minutes in which it can be cancelled, at a time, or --now with a --reason.
    """
    if at_once and not reason.strip():
        raise click.UsageError("--now needs a --reason")
    if at_once and at:
        raise click.UsageError("--now and --at exclude each other")
    edition = queries.edition(letter_by_slug(slug).id, number)
    sent = dispatching.release(edition, OPERATOR, moment(at) if at else None, at_once, reason)
    finish()
    click.echo(f"edition {number}: {len(sent.consignments)} recipients, leaves {clock.iso(sent.leaves_at)}")


@dispatch.command("cancel")
@click.argument("slug")
def cancel(slug: str) -> None:
    """Take back the newest release as far as it has not left."""
    found = [d for d in dispatches.dispatches(letter_by_slug(slug).id) if d.cancelled_at is None]
    if not found:
        raise Conflict("nothing was released")
    taken = dispatching.cancel(found[0], OPERATOR)
    finish()
    click.echo(f"taken back: {taken}")


@dispatch.command("status")
@click.argument("slug")
def status(slug: str) -> None:
    """One line per envelope recipient: address, state, the relay's last answer."""
    for owed in dispatches.envelopes(letter_by_slug(slug).id):
        if owed.mail is not None:
            click.echo(f"{owed.mail.recipient}\t{owed.mail.state.value}\t{owed.mail.answer or ''}")


@outbox.command("status")
def outbox_status() -> None:
    """How many mails stand in each state."""
    totals = outbox_queries.totals()
    for state in MailState:
        click.echo(f"{state.value}\t{totals.get(state, 0)}")


@outbox.command("sweep")
def sweep() -> None:
    """Do what is due now, as a worker would."""
    click.echo(f"done {sweep_tables()}")


@outbox.command("decide")
@click.argument("mail_id", type=int, metavar="ID")
@click.argument("decision", type=click.Choice(["arrived", "resend"]))
def decide(mail_id: int, decision: str) -> None:
    """A person's word on a mail whose outcome is unknown."""
    outbox_operations.decide(mail_id, decision == "arrived", OPERATOR)
    finish()
    click.echo(f"{mail_id}\t{decision}")


@audit.command("verify")
def audit_verify() -> None:
    """Walk the chain; exit 1 when a row was changed behind our back."""
    found = verify_record()
    click.echo(f"chained {found.chained}, waiting {found.waiting}")
    if found.broken_at is not None:
        raise Conflict(f"the record is broken at number {found.broken_at}")
