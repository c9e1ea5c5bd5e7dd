"""What a letter calls a country: its own wording before the operator's, ours and CLDR's."""

from campaign.core import countries
from campaign.letters.models import Letter


def country_name(letter: Letter, code: str, locale: str) -> str:
    """The country's name in that language, as pages, mails and sheets of this letter show it.

    A frozen list has its own words: see `editions.frozen.Frozen.country_names`.
    """
    return countries.name(code, locale, letter.country_names)
