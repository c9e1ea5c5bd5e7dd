"""Commands for signatories who ask, and for what is deleted by itself. Addresses come on standard input."""

import json
import sys
from collections.abc import Iterator

import click
from flask import current_app

from campaign.audit.rules import OPERATOR
from campaign.care import erasure, journal, retention
from campaign.care.access import data_of_mailbox
from campaign.cli.group import Commands, finish
from campaign.core import clock
from campaign.core.addresses import checked
from campaign.core.db import db
from campaign.core.errors import InvalidInput
from campaign.signing.models import Signature

care = Commands("care", help="Erasure, access and retention.")


@care.command("retention")
@click.option("--dry-run", is_flag=True, help="Say what is due; delete nothing.")
def retention_(dry_run: bool) -> None:
    """Delete what was kept long enough. One line each: what, how many, older than."""
    done = {}
    for duty in retention.duties(current_app.config["SETTINGS"].retention, clock.now()):
        done[duty.what] = retention.count(duty) if dry_run else _delete(duty)
        click.echo(f"{duty.what}\t{done[duty.what]}\t{clock.iso(duty.before)}")
    if not dry_run:
        retention.note(done, OPERATOR)
        finish()


def _delete(duty: retention.Duty) -> int:
    """All of it, each slice in a transaction of its own, so that nobody waits for long."""
    total = 0
    while number := retention.perform(duty):
        total += number
        db.session.commit()
    return total


@care.command("access")
def access() -> None:
    """Everything that is kept about a mailbox, as JSON; its address is read from standard input."""
    click.echo(json.dumps(data_of_mailbox(_address()), ensure_ascii=False, indent=1))


@care.command("erase")
@click.option("--mailbox", is_flag=True, help="Everything of the mailbox given on standard input.")
@click.option("--signature", "number", type=int, help="One sign-on, by the number the desk shows.")
def erase(mailbox: bool, number: int | None) -> None:
    """Erase a signatory, or everything of a mailbox on all letters, everywhere we control."""
    if mailbox == (number is not None):
        raise click.UsageError("say either --mailbox or --signature NUMBER")
    if mailbox:
        erased = erasure.erase_mailbox(_address(), OPERATOR)
    else:
        erasure.erase(_signature(number), OPERATOR)
        erased = 1
    finish()
    click.echo(f"erased {erased}")


@care.command("replay")
def replay() -> None:
    """Do erasures again that a restored backup does not know of: the workers' logs come on standard input."""
    done = journal.replay(sys.stdin, OPERATOR)
    finish()
    click.echo(f"erased again {done.again}, erased already {done.already}, not here {done.missing}")


def _address() -> str:
    """The address on the first line of standard input: never an argument, which others on the server see."""
    return checked(next(_lines(), ""))


def _lines() -> Iterator[str]:
    return (line.strip() for line in sys.stdin if line.strip())


def _signature(number: int | None) -> Signature:
    found = db.session.get(Signature, number)
    if found is None:
        raise InvalidInput("there is no such sign-on", "--signature")
    return found
