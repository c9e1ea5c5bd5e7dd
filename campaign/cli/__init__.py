"""The door for operators: commands on the server."""

from flask import Flask

from campaign.cli.accounts import accounts
from campaign.cli.audit import audit
from campaign.cli.backup import backup
from campaign.cli.care import care
from campaign.cli.contacts import contacts
from campaign.cli.countries import countries
from campaign.cli.demo import demo
from campaign.cli.dispatch import dispatch
from campaign.cli.editions import editions
from campaign.cli.letters import letters
from campaign.cli.organisations import organisations
from campaign.cli.outbox import outbox
from campaign.cli.signatures import counts, signatures


def init_app(app: Flask) -> None:
    """Add the commands."""
    for group in (
        accounts,
        letters,
        signatures,
        counts,
        editions,
        dispatch,
        outbox,
        countries,
        organisations,
        audit,
        backup,
        care,
        contacts,
        demo,
    ):
        app.cli.add_command(group)
