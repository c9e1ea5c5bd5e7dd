"""Commands about organisations: what two names are to each other."""

import sys

import click

from campaign.cli.group import Commands
from campaign.organisations.matching import compare

organisations = Commands("organisations", help="Organisations and their names.")


@organisations.command("match", with_appcontext=False)
def match() -> None:
    """Two names a line on standard input, a tab between them.

    Out, with tabs between: both names, same|similar|different|lookalike, a score from 0 to 100, the reason.
    One line for each line, whatever stands in it.
    """
    for line in sys.stdin.buffer:
        text = line.decode(errors="replace").rstrip("\r\n")
        fields = text.split("\t")
        first, second = fields[0], fields[1] if len(fields) > 1 else ""
        found = compare(first, second)
        click.echo("\t".join((first, second, found.verdict, str(found.score), found.reason)))
