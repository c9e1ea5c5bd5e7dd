"""For programs that follow or search: a feed of what is published, a map of the site, and robots' rules."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask import Response, render_template
from flask_babel import gettext as _

from campaign.core import clock, locales
from campaign.dispatch.queries import responses
from campaign.editions.naming import list_name_as_of
from campaign.editions.queries import rendered
from campaign.letters.models import Letter
from campaign.letters.queries import public_letters
from campaign.outbox.writing import public_url
from campaign.public.answers import keep
from campaign.public.places import Place, public
from campaign.web.language import language

NEWEST = 50  # entries of the feed
PAGES = ("letter", "signatories", "countries", "history", "privacy")
SHUT = ("/desk/", "/confirm/", "/reconfirm/", "/signature/", "/p/", "/*/p/", "/*/sign")


@dataclass(frozen=True, slots=True)
class News:
    """One entry: a letter opened, a list frozen, a reply published."""

    id: str
    title: str
    link: str
    at: datetime
    summary: str


@public.get("/feed.atom")
def feed() -> Response:
    """The newest letters, lists of signatories and published replies (RFC 4287)."""
    found = sorted((news for letter in public_letters() for news in _news(letter)), key=_second)
    newest = found[::-1][:NEWEST]
    page = render_template(
        "public/feed.xml",
        entries=newest,
        updated=clock.iso(newest[0].at if newest else datetime.fromisoformat("2020-02-03T00:00:00+00:00")),
        base=public_url(),
        iso=clock.iso,
    )
    response = Response(page, mimetype="application/atom+xml")
    response.vary.add("Accept-Language")
    return keep(response)


def _second(news: News) -> datetime:
    """Lists are frozen at whole seconds; within one, what comes later in a letter's life stays later."""
    return news.at.replace(microsecond=0)


def _news(letter: Letter) -> Iterator[News]:
    place = Place(letter, letter.original_language)
    title, link = letter.title(letter.original_language), public_url(place.url())
    if letter.opened_at:
        said = _(
            "An open letter by %(hosts)s", hosts=locales.listing([h.name for h in letter.hosts], language())
        )
        yield News(f"{link}#opened", title, link, letter.opened_at, said)
    for edition in rendered(letter.id):
        name = list_name_as_of(edition.number, edition.frozen_at, letter.time_zone, language())
        at = public_url(place.url("edition", number=edition.number))
        yield News(at, f"{title}: {name}", at, edition.frozen_at, name)
    for reply in responses(letter.id, published=True):
        said = _("Reply to: %(title)s", title=title)
        yield News(f"{link}#reply-{reply.id}", said, link, reply.published_at or reply.recorded_at, "")


@public.get("/sitemap.xml")
def sitemap() -> Response:
    """Every public page of every public letter, with its languages."""
    found = public_letters()
    places = [
        *(Place(letter, tag, page=page) for letter in found for tag in letter.languages for page in PAGES),
        *(
            Place(letter, tag, page="edition").at(number=edition.number)
            for letter in found
            for edition in rendered(letter.id)
            for tag in letter.languages
        ),
    ]
    page = render_template("public/sitemap.xml", places=places, base=public_url(), public_url=public_url)
    return keep(Response(page, mimetype="application/xml"))


@public.get("/robots.txt")
def robots() -> Response:
    """What robots need not open: the desk, mailed links, private letters and forms."""
    shut = "".join(f"Disallow: {path}\n" for path in SHUT)
    return keep(
        Response(f"User-agent: *\n{shut}Sitemap: {public_url('/sitemap.xml')}\n", mimetype="text/plain")
    )
