"""The public history of a letter's text: what changed when, and each version as it was."""

from dataclasses import dataclass

from flask import Response
from flask_babel import gettext as _

from campaign.core import locales, markdown
from campaign.core.comparing import Passage, around
from campaign.letters.history import Difference, difference, shown_version, shown_versions, without_figures
from campaign.letters.models import TextVersion
from campaign.letters.rules import Change
from campaign.public.answers import show
from campaign.public.places import Place, letter_page
from campaign.web.language import language

MOST_SHOWN = 12  # older changes are shown on the pages of their versions


@dataclass(frozen=True, slots=True)
class Step:
    """A version in the history: what it was, and what it changed; the first changed nothing."""

    version: TextVersion
    day: str
    kind: str
    difference: Difference | None
    passages: tuple[Passage, ...] = ()


@letter_page("/history", private=True)
def history(place: Place) -> Response:
    """The versions of the text, newest first, each with what it changed."""
    versions = shown_versions(place.letter)
    pairs = list(zip(versions, [None, *versions], strict=False))[::-1]
    steps = [step(place, one, before if n < MOST_SHOWN else None) for n, (one, before) in enumerate(pairs)]
    return show("public/history.html", place, steps=steps, first=versions[0].number if versions else 0)


@letter_page("/versions/<int(max=999999999):number>", private=True)
def version(place: Place, number: int) -> Response:
    """The text as it was. Figures were not kept with it, so words stand for them."""
    found, before = shown_version(place.letter, number)
    tag = place.language if place.language in found.languages else place.letter.original_language
    title, text = found.words().get(tag, (None, ""))
    return show(
        "public/version.html",
        place,
        step=step(place, found, before),
        tag=tag,
        title=title or place.letter.title(tag),
        html=markdown.html(without_figures(text)),
        current=found.id == place.letter.text_version_id,
    )


def step(place: Place, version: TextVersion, before: TextVersion | None) -> Step:
    """A version as a reader of this place is told of it."""
    changed = difference(before, version, place.language, place.letter.original_language) if before else None
    return Step(
        version,
        locales.format_moment(version.created_at, place.letter.time_zone, language()),
        kind_of(version, before is None),
        changed,
        tuple(around(changed.passages)) if changed and not changed.came else (),
    )


def kind_of(version: TextVersion, first: bool) -> str:
    """What a change meant to those who had signed."""
    if version.change is Change.MINOR and not first:
        return _("A slip corrected; signatures stand")
    if version.change is Change.SUBSTANTIVE:
        return _("A change of substance; signatories are asked to confirm again")
    return _("The text as it was opened for signature")
