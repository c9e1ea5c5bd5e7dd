"""Signing the next letter: its form filled in from a signature that was given before, without any account."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from campaign.letters.queries import public_letter
from campaign.public.forms import SignForm
from campaign.public.own import Holder, own_page
from campaign.public.places import Place
from campaign.public.shown import can_be_signed, words_for
from campaign.public.signing import form_page
from campaign.web.language import speak


@dataclass(frozen=True, slots=True)
class FilledIn(Place):
    """A letter's sign form as it is filled in for the holder of a link."""

    token: str = ""

    def here(self, language: str) -> str:
        """The same form in another language of the letter."""
        return url_for("public.own_next", token=self.token, slug=self.letter.slug, lang=language)

    def alternates(self) -> Iterator[tuple[str, str]]:
        """None: the address is a key."""
        return iter(())


@own_page("/next/<slug:slug>")
def own_next(holder: Holder, slug: str) -> ResponseReturnValue:
    """The sign form of another open letter, filled in. Sent, it is a sign-on like any other."""
    signature, letter = holder.signature, public_letter(slug)
    tag = request.args.get("lang", "")
    place = FilledIn(
        letter,
        tag if tag in letter.languages else words_for(letter, signature),
        token=holder.token,
    )
    if not can_be_signed(letter):
        return redirect(place.url(), 303)
    speak(place.language.replace("_", "-"))
    return form_page(place, SignForm(place, known=signature), 200)
