"""A card for partners' sites: title, figure and a way to sign, in a frame; the only page others may frame."""

from flask import Response, render_template

from campaign.core import clock
from campaign.letters.rules import takes_signatures
from campaign.outbox.writing import public_url
from campaign.public.answers import keep
from campaign.public.places import Place, letter_page
from campaign.public.texts import headline_of
from campaign.tally.queries import letter_figures

FRAMED = "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors *"


@letter_page("/embed")
def embed(place: Place) -> Response:
    """The card. It holds no form and no script, so that nothing can be done through another site's frame."""
    letter = place.letter
    figures = letter_figures(letter.id)
    signable = takes_signatures(letter.status, letter.paused, letter.deadline, clock.now())
    page = render_template(
        "public/embed.html",
        place=place,
        letter=letter,
        headline=headline_of(figures, letter.noun(place.language)),
        signable=signable,
        address=public_url(place.url("sign" if signable else "letter")),
        counted=public_url(place.url("signatories")),
    )
    response = keep(Response(page, mimetype="text/html"))
    response.headers["Content-Security-Policy"] = FRAMED
    return response
