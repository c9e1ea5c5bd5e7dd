"""Commands that send an edition to its addressees."""

import click

from campaign.audit.rules import OPERATOR
from campaign.cli.group import Commands, finish
from campaign.cli.letters import moment
from campaign.core import clock
from campaign.core.errors import Conflict
from campaign.dispatch import operations, queries
from campaign.editions.queries import edition
from campaign.letters.queries import letter_by_slug

dispatch = Commands("dispatch", help="Sending an edition to its addressees.")


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
    released = edition(letter_by_slug(slug).id, number)
    sent = operations.release(released, OPERATOR, moment(at) if at else None, at_once, reason)
    finish()
    click.echo(
        f"edition {number}: {len(sent.consignments)} recipients, leaves {clock.iso(sent.leaves_at or clock.now())}"
    )


@dispatch.command("cancel")
@click.argument("slug")
def cancel(slug: str) -> None:
    """Take back the newest release as far as it has not left."""
    found = [d for d in queries.dispatches(letter_by_slug(slug).id) if d.cancelled_at is None]
    if not found:
        raise Conflict("nothing was released")
    taken = operations.cancel(found[0], OPERATOR)
    finish()
    click.echo(f"taken back: {taken}")


@dispatch.command("status")
@click.argument("slug")
def status(slug: str) -> None:
    """One line per envelope recipient: address, state, the relay's last answer."""
    for owed in queries.envelopes(letter_by_slug(slug).id):
        if owed.mail is not None:
            click.echo(f"{owed.mail.recipient}\t{owed.mail.state.value}\t{owed.mail.answer or ''}")
