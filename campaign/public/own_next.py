"""Signing the next letter: its form filled in from a signature that was given before, without any account."""

from flask import redirect
from flask.typing import ResponseReturnValue

from campaign.letters.queries import public_letter
from campaign.public.forms import SignForm
from campaign.public.own import Holder, own_page
from campaign.public.shown import can_be_signed, place_for
from campaign.public.signing import form_page
from campaign.web.language import speak


@own_page("/next/<slug:slug>")
def own_next(holder: Holder, slug: str) -> ResponseReturnValue:
    """The sign form of another open letter, filled in. Sent, it is a sign-on like any other."""
    signature, letter = holder.signature, public_letter(slug)
    place = place_for(letter, signature)
    if not can_be_signed(letter):
        return redirect(place.url(), 303)
    speak(place.language.replace("_", "-"))
    return form_page(place, SignForm(place, known=signature), 200)
