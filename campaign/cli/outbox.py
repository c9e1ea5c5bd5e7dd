"""Commands about every mail that is owed."""

import click

from campaign.audit.rules import OPERATOR
from campaign.cli.group import Commands, finish
from campaign.jobs.tasks import sweep as sweep_tables
from campaign.outbox import operations, queries
from campaign.outbox.rules import MailState

outbox = Commands("outbox", help="Every mail that is owed.")


@outbox.command("status")
def outbox_status() -> None:
    """How many mails stand in each state."""
    totals = queries.totals()
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
    operations.decide(mail_id, decision == "arrived", OPERATOR)
    finish()
    click.echo(f"{mail_id}\t{decision}")
