"""Commands that need no letter: what a typed country is."""

import sys

import click

from campaign.cli.group import Commands
from campaign.core.countries import Reason, resolve
from campaign.core.errors import InvalidInput
from campaign.core.locales import is_known

countries = Commands("countries", help="Typed country names.")


@countries.command("resolve", with_appcontext=False)
@click.option("--lang", default=None, help="The language people typed in, where known.")
def resolve_(lang: str | None) -> None:
    """One typed text a line on standard input; out: text, tab, code.

    ? for ambiguous or several, - for none or blank.
    """
    if lang is not None and not is_known(lang):
        raise InvalidInput(f"{lang!r} is no language CLDR knows", "--lang")
    for line in sys.stdin:
        text = line.rstrip("\r\n")
        found = resolve(text, lang)
        unsure = found.reason in (Reason.AMBIGUOUS, Reason.SEVERAL)
        click.echo(f"{text}\t{found.code or ('?' if unsure else '-')}")
