"""Commands about accounts."""

import sys

import click

from campaign.accounts import operations
from campaign.accounts.rules import Role
from campaign.audit.rules import OPERATOR
from campaign.cli.group import Commands, finish
from campaign.core.addresses import checked

accounts = Commands("accounts", help="Who may sign in at the desk.")


@accounts.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input instead of asking."
)
def create(email: str, role: str, password_stdin: bool) -> None:
    """Create an account for EMAIL."""
    address = checked(email)
    password = sys.stdin.readline().rstrip("\n") if password_stdin else _ask()
    operations.create(address, password, Role(role), OPERATOR)
    finish()
    click.echo(f"created {role}")


def _ask() -> str:
    answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return answer
