"""Commands about the keys of contacts."""

import click

from campaign.audit.operations import record
from campaign.audit.rules import OPERATOR
from campaign.care import rotation
from campaign.cli.group import Commands, finish
from campaign.core.db import db
from campaign.core.errors import Conflict

contacts = Commands("contacts", help="Contacts and the keys they are encrypted with.")


@contacts.command("rotate")
@click.option(
    "--check", is_flag=True, help="Only say what still needs an older key; exit 1 if anything does."
)
def rotate(check: bool) -> None:
    """Encrypt all contacts anew with the first of CONTACT_KEYS. One line a column: column, how many.

    It can be stopped and begun again; web and workers go on meanwhile.
    """
    columns = rotation.encrypted_columns()
    commit = db.session.commit
    found = [rotation.check(c) if check else rotation.rotate(c, commit) for c in columns]
    old, lost = sum(told.old for told in found), sum(told.lost for told in found)
    if not check and old:
        record(OPERATOR, "contacts.rotated", "contacts", 0, None, values=old)
    finish()
    for told in found:
        click.echo(f"{told.column}\t{told.old}")
    if lost:
        where = ", ".join(told.column for told in found if told.lost)
        raise Conflict(f"no key of CONTACT_KEYS opens {lost} values, in {where}; give back the key they need")
    if check and old:
        raise Conflict(f"{old} values still need an older key of CONTACT_KEYS")
