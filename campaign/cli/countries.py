"""Commands that need no letter: what a typed country is."""

import re
import sys
from io import TextIOWrapper

import click

from campaign.cli.group import Commands
from campaign.core.countries import Reason, resolve
from campaign.core.errors import InvalidInput
from campaign.core.locales import is_known

# A tab, and what else some programs take for the end of a line: the answer has one line for each typed one.
_STEPS = re.compile("[\t\v\f\x1c-\x1e\x85\u2028\u2029]")

countries = Commands("countries", help="Typed country names.")


@countries.command("resolve", with_appcontext=False)
@click.option("--lang", default=None, help="The language people typed in, where known.")
def resolve_(lang: str | None) -> None:
    """One typed text a line on standard input, in UTF-8; out: text, tab, code.

    ? for ambiguous or several, - for none or blank.
    """
    if lang is not None and not is_known(lang):
        raise InvalidInput(f"{lang!r} is no language CLDR knows", "--lang")
    for line in TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace"):
        text = _STEPS.sub(" ", line.rstrip("\r\n").removeprefix("\ufeff"))
        found = resolve(text, lang)
        unsure = found.reason in (Reason.AMBIGUOUS, Reason.SEVERAL)
        click.echo(f"{text}\t{found.code or ('?' if unsure else '-')}")
