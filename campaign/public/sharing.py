"""Passing a letter on: the picture beside a link, and texts to copy or send, without anybody's tracker."""

from dataclasses import dataclass
from urllib.parse import quote

from flask import Response, current_app, make_response
from flask_babel import gettext as _

from campaign.core import clock, locales
from campaign.editions.card import Card, card_of, drawn
from campaign.editions.frozen import thaw
from campaign.editions.queries import rendered
from campaign.letters.models import Letter
from campaign.letters.rules import takes_signatures
from campaign.outbox.writing import public_url
from campaign.public.answers import keep
from campaign.public.places import Place, letter_page
from campaign.tally import wording

_FRAME = '<iframe src="{}" title="{}" width="320" height="300"></iframe>'


@dataclass(frozen=True, slots=True)
class Share:
    """A text with the letter's address, and the links that open it in an app of the reader's own choice."""

    text: str
    address: str
    whatsapp: str
    mail: str
    frame: str


@letter_page("/preview.png")
def preview(place: Place) -> Response:
    """The picture for chats. Only what is fixed stands on it; a private letter has none."""
    fonts = tuple(current_app.config["SETTINGS"].font_paths)
    response = make_response(drawn(_card(place.letter, place.language), fonts))
    response.mimetype = "image/png"
    return keep(response)


def _card(letter: Letter, tag: str) -> Card:
    hosts = [host.name for host in letter.hosts]
    direction = locales.direction(tag)
    return card_of(_("Open letter"), letter.title(tag), hosts, _figure(letter, tag), tag, direction)


def _figure(letter: Letter, tag: str) -> str | None:
    """What the newest frozen list says, with its day; nothing before there is one."""
    lists = rendered(letter.id)
    if not lists:
        return None
    frozen = thaw(lists[0])
    day = locales.format_date(lists[0].frozen_at.date(), tag)
    return _("%(figure)s, %(day)s", figure=wording.headline(frozen.figures, frozen.text(tag).noun), day=day)


def share_of(place: Place) -> Share:
    """The texts for one public letter in the reader's language."""
    letter = place.letter
    address = public_url(place.url())
    signable = takes_signatures(letter.status, letter.paused, letter.deadline, clock.now())
    text = (
        _("“%(title)s”: an open letter that organisations can sign.", title=place.title)
        if signable
        else _("“%(title)s”: an open letter.", title=place.title)
    )
    whole = quote(f"{text}\n{address}")
    return Share(
        text,
        address,
        f"https://wa.me/?text={whole}",
        f"mailto:?subject={quote(place.title)}&body={whole}",
        _FRAME.format(public_url(place.url("embed")), _("Open letter")),
    )
