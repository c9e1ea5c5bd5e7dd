"""A letter's words set for a page: its text with the figures filled in, the openings, and the headline."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from markupsafe import Markup, escape

from campaign.core import locales, markdown
from campaign.letters.history import figures_unknown
from campaign.letters.models import Addressee, Letter
from campaign.public.places import Place
from campaign.tally import wording
from campaign.tally.rules import Figures
from campaign.web.language import language

_NUMBER = re.compile("([0-9]+)")


@dataclass(frozen=True, slots=True)
class Opening:
    """The paragraph only one addressee's letter begins with, in their language."""

    addressee: Addressee
    html: Markup
    direction: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A letter ready to be read in one language."""

    html: Markup
    reviewed: bool
    headline: Markup
    addressees: Sequence[Addressee]
    openings: Sequence[Opening]
    copies: Sequence[str]


def read_letter(place: Place, figures: Figures) -> Reading:
    """The current text of a letter in the place's language."""
    letter, values = place.letter, figures_in(place, figures)
    text = letter.text_version.markdown(place.language) if letter.text_version else None
    addressees = [a for a in letter.addressees if a.removed_at is None]
    return Reading(
        html=markdown.html(markdown.fill(text or "", values)),
        reviewed=_reviewed(letter, place.language),
        headline=headline_of(figures, letter.noun(place.language)),
        addressees=addressees,
        openings=[
            Opening(
                a,
                markdown.html(markdown.fill(a.opening, values), f"opening-{n}"),
                locales.direction(a.language),
            )
            for n, a in enumerate(addressees, start=1)
            if a.opening
        ],
        copies=_copies(addressees),
    )


def figures_in(place: Place, figures: Figures) -> dict[str, str]:
    """What the letter's text says of its figures; before the first signature, that they will come."""
    if not figures.signatories:
        return figures_unknown()
    noun = place.letter.noun(place.language)
    return {
        "groups": wording.groups(figures.signatories, noun),
        "countries": wording.countries(figures.countries),
    }


def headline_of(figures: Figures, noun: str) -> Markup:
    """ "137 groups from 55 countries" with its numbers set apart, grouped as the language does."""
    if not figures.signatories:
        return escape(_("No signatures yet"))
    return set_apart(wording.headline(figures, noun))


def set_apart(words: str) -> Markup:
    """A headline with its numbers set apart."""
    parts = _NUMBER.split(words.replace("\xa0", " "))  # numbers may stand on lines of their own
    return Markup().join(_numeral(part) if part.isdecimal() else escape(part) for part in parts)


def _numeral(digits: str) -> Markup:
    return Markup("<b>{}</b>").format(locales.format_number(int(digits), language()))


def _reviewed(letter: Letter, tag: str) -> bool:
    """Whether somebody has checked this language; the original needs none."""
    known = letter.text_version.translations if letter.text_version else []
    return tag == letter.original_language or all(t.reviewed for t in known if t.language == tag)


def _copies(addressees: Sequence[Addressee]) -> list[str]:
    """Those printed under "copy to", each once, by name and title; a mail address is not for a page."""
    named = (", ".join(p for p in (c.name, c.title) if p) for a in addressees for c in a.copies if c.printed)
    return list(dict.fromkeys(filter(None, named)))
