"""Commands about the record of who did what."""

import click

from campaign.audit.queries import verify as verify_record
from campaign.cli.group import Commands
from campaign.core.errors import Conflict

audit = Commands("audit", help="The record of who did what.")


@audit.command("verify")
def audit_verify() -> None:
    """Walk the chain; exit 1 when a row was changed behind our back."""
    found = verify_record()
    click.echo(f"chained {found.chained}, waiting {found.waiting}")
    if found.broken_at is not None:
        raise Conflict(f"the record is broken at number {found.broken_at}")
