"""Reading: the open letters, a letter, and who signed it."""

from datetime import date
from zoneinfo import ZoneInfo

from flask import Response, make_response, render_template, request
from flask_babel import gettext as _

from campaign.core import clock, locales
from campaign.core.errors import NotFound
from campaign.core.text import clean
from campaign.dispatch.queries import embargoed, responses
from campaign.editions.models import Edition
from campaign.editions.naming import list_name
from campaign.editions.queries import rendered
from campaign.letters.history import changed_at
from campaign.letters.models import Letter
from campaign.letters.queries import public_letters
from campaign.letters.rules import LetterStatus, Order, takes_signatures
from campaign.public.answers import hide, keep, show
from campaign.public.lists import LONGEST_SEARCH, NOWHERE, Search, headings, roll_of, search_roll
from campaign.public.places import Place, letter_page, public, read_in
from campaign.public.sharing import share_of
from campaign.public.shown import can_be_signed
from campaign.public.texts import headline_of, read_letter
from campaign.tally.queries import figures_of, letter_figures
from campaign.web.language import language
from campaign.web.numbers import row_number

ORDERS = (Order.COUNTRY, Order.NAME)  # what readers may choose besides the letter's own


@public.get("/")
def home() -> Response:
    """The letters that can be signed, and those that are closed."""
    found = public_letters()
    figures = figures_of([letter.id for letter in found])
    now, tag = clock.now(), language()
    cards = [
        {
            "place": read_in(letter, tag),
            "letter": letter,
            "headline": headline_of(figures[letter.id], letter.noun(tag)),
            "open": takes_signatures(letter.status, letter.paused, letter.deadline, now),
        }
        for letter in found
    ]
    response = make_response(render_template("public/home.html", cards=cards))
    response.vary.add("Accept-Language")
    return keep(response)


@public.get("/parts")
def parts() -> Response:
    """Everything pages are made of, for whoever builds pages; found by nobody else."""
    return hide(make_response(render_template("public/parts.html")))


@letter_page("", private=True)
def letter(place: Place) -> Response:
    """The letter, with its figure in the margin and its signatories below."""
    figures = letter_figures(place.letter.id)
    now = clock.now()
    of = place.letter
    return show(
        "public/letter.html",
        place,
        reading=read_letter(place, figures),
        roll=roll_of(of, figures, place.language),
        figures=figures,
        editions=() if place.private else _editions(of),
        signable=takes_signatures(of.status, of.paused, of.deadline, now),
        paused=of.status is LetterStatus.OPEN and of.paused,
        replies=() if place.private else responses(of.id, published=True),
        embargo=_embargo(of) if place.private else "",
        changed_on=_changed_on(of),
        share=None if place.private else share_of(place),
    )


def _changed_on(of: Letter) -> date | None:
    """The day of the newest change of the text, in the letter's own zone."""
    changed = changed_at(of)
    return changed.astimezone(ZoneInfo(of.time_zone)).date() if changed else None


def _editions(of: Letter) -> list[tuple[Edition, str]]:
    """Each list that can be read, with its name; newest first."""
    return [(found, list_name(found.number)) for found in rendered(of.id)]


def _embargo(of: Letter) -> str:
    """Until when a private letter is not to be spoken of; empty when nobody has set its release going."""
    sent = embargoed(of.id)
    if sent is None:
        return ""
    now = clock.now()
    if sent.leaves_at is None or sent.leaves_at <= now:  # its time passed, and it is stopped or held
        return _("Embargoed until it is sent")
    this_year = now.astimezone(ZoneInfo(of.time_zone)).year
    moment = locales.format_appointment(sent.leaves_at, of.time_zone, language(), this_year)
    return _("Embargoed until %(moment)s", moment=moment)


@letter_page("/replies/<int(max=999999999):response_id>", prefixed=False)
def reply_file(place: Place, response_id: int) -> Response:
    """The file of a published reply, always as a download: it came from outside."""
    found = next((r for r in responses(place.letter.id, published=True) if r.id == response_id), None)
    if found is None or found.file is None:
        raise NotFound("there is no such reply")
    response = make_response(found.file.content)
    response.mimetype = found.file.media_type
    response.headers["Content-Disposition"] = f'attachment; filename="{found.file.filename}"'
    return keep(response)


@letter_page("/signatories")
def signatories(place: Place) -> Response:
    """Who signed; `q` searches names, `country` shows one heading, `after` is the page before's last id.

    `by` is "country" or "name"; without it, or with anything else, the letter's own order.
    """
    typed = clean(request.args.get("q", ""))[:LONGEST_SEARCH]
    after = row_number(request.args.get("after", "") or "0")
    if after is None:
        raise NotFound("there is no such page")
    by = next((order for order in ORDERS if order == request.args.get("by")), None)
    search = Search(typed, request.args.get("country"), after, by)
    figures = letter_figures(place.letter.id)
    found = search_roll(place.letter, search, place.language, figures)
    here = place.at(q=search.words or None, country=search.heading, after=search.after or None, by=by)
    return show(
        "public/signatories.html",
        here,
        search=search,
        found=found,
        orders=_orders(place),
        figures=figures,
        signable=can_be_signed(place.letter),
        headline=headline_of(figures, place.letter.noun(place.language)),
        counts={h.key.replace(NOWHERE, ""): h.count for h in headings(place.letter, figures, place.language)},
    )


def _orders(place: Place) -> list[tuple[Order, str]]:
    """The orders to choose from, in words."""
    words = {
        Order.COUNTRY: _("by country"),
        Order.NAME: _("by name"),
        Order.SIGNED: _("in the order of signing"),
    }
    own = [] if place.letter.order in ORDERS else [place.letter.order]
    return [(order, words[order]) for order in (*ORDERS, *own)]
