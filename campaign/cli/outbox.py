"""Commands about every mail that is owed."""

import os
import sys

import click
from sqlalchemy.exc import DBAPIError

from campaign.audit.rules import OPERATOR
from campaign.cli.group import Commands, finish
from campaign.core.errors import Conflict
from campaign.dispatch.restoring import BUILDERS
from campaign.jobs.tasks import sweep as sweep_tables
from campaign.outbox import bounces, operations, queries, restoring
from campaign.outbox.incoming import LARGEST
from campaign.outbox.rules import MailState

outbox = Commands("outbox", help="Every mail that is owed.")


class Later(click.ClickException):
    """Not now: a mail server keeps the message and hands it in again (EX_TEMPFAIL of sysexits.h)."""

    exit_code = os.EX_TEMPFAIL


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
    """A person's word on a mail whose outcome is unknown, or that is held since a restore."""
    operations.decide(mail_id, decision == "arrived", OPERATOR)
    finish()
    click.echo(f"{mail_id}\t{decision}")


@outbox.command("held")
def held() -> None:
    """One line per mail held since a restore: its id, what it is, its address."""
    for mail in restoring.held():
        click.echo(f"{mail.id}\t{mail.kind}\t{mail.recipient}")


@outbox.command("resume")
def resume() -> None:
    """After a restore: send on what is held, except letters to addressees.

    People compare those and decide on them one by one.
    """
    freed = operations.resume(OPERATOR, but_not=BUILDERS)
    finish()
    click.echo(f"resumed {freed}")


@outbox.command("bounce")
@click.option(
    "--recipient", metavar="ADDRESS", help="The envelope recipient, where the mail server tells it."
)
def bounce(recipient: str | None) -> None:
    """Read a message that came back, on standard input.

    Answers `bounced` or `delayed` and the mail's id, or `ignored` and why. Exits with 75 when the message
    must be handed in again later.
    """
    try:
        taken = bounces.take(_message(), recipient)
        finish()
    except (Conflict, DBAPIError) as fault:
        raise Later(fault.message if isinstance(fault, Conflict) else "the database is away") from fault
    if taken.result in (bounces.Result.BOUNCED, bounces.Result.DELAYED):
        click.echo(f"{taken.result}\t{taken.mail_id}")
    else:
        click.echo(f"ignored\t{taken.result}")


def _message() -> bytes:
    """The beginning of standard input; the rest is read and let go, for a mail server minds a broken pipe."""
    given = sys.stdin.buffer
    beginning = given.read(LARGEST)
    while given.read(1 << 16):
        pass
    return beginning
