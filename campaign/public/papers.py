"""The letter on paper: a Word file and a PDF that a board can read, mark and decide on."""

from flask import Response, current_app, make_response, redirect
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import ServiceUnavailable

from campaign.core import locales, markdown
from campaign.core.db import db
from campaign.core.text import ascii_name
from campaign.core.word import WordFile
from campaign.editions.render import MissingGlyphs, RenderFailed
from campaign.editions.text_copy import text_copy, text_printed
from campaign.outbox.writing import public_url
from campaign.public.answers import hide, keep
from campaign.public.places import Place, letter_page
from campaign.public.texts import figures_in
from campaign.tally.queries import letter_figures

SOON = 5  # seconds after which another file is printed
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@letter_page("/letter.docx", private=True)
def word(place: Place) -> Response:
    """The current text in the place's language, with those it goes to; no signatory's name is in it."""
    return _file(place, _written(place), DOCX, "docx")


@letter_page("/letter.pdf", private=True)
def printed(place: Place) -> ResponseReturnValue:
    """The same on the letter's own paper; the Word file where no font of ours has the script."""
    document = text_copy(place.letter, place.language, place.url())
    db.session.rollback()  # nothing stays open while Typst works
    try:
        content = text_printed(document, tuple(current_app.config["SETTINGS"].font_paths))
    except MissingGlyphs:
        return redirect(place.url("word"), 307)
    except RenderFailed as failure:
        raise ServiceUnavailable(retry_after=SOON) from failure
    return _file(place, content, "application/pdf", "pdf")


def _file(place: Place, content: bytes, media_type: str, kind: str) -> Response:
    """A file to take along; of a private letter nobody keeps it."""
    response = make_response(content)
    response.mimetype = media_type
    name = f"{ascii_name(place.title)}-{ascii_name(place.language)}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return hide(response) if place.private else keep(response)


def _written(place: Place) -> bytes:
    letter, tag = place.letter, place.language.replace("_", "-")
    paper = WordFile(place.title, tag, locales.direction(tag) == "rtl")
    if place.private:
        paper.line(_("Draft for sign-on. Not published. Please do not post."))
    if place.notice:
        paper.line(place.notice, quiet=True)
    paper.line(" · ".join(host.name for host in letter.hosts), quiet=True)
    paper.heading(place.title)
    for addressee in letter.addressees:
        if addressee.removed_at is None:
            said = (addressee.honorific, addressee.name, addressee.title, addressee.body)
            paper.line(", ".join(part for part in said if part))
    paper.markdown(_text(place))
    for host in letter.hosts:
        if host.signed_by:
            paper.line(", ".join(part for part in (host.signed_by, host.signed_title, host.name) if part))
    if not place.private:
        paper.line(
            _("The letter and its signatories: %(address)s", address=public_url(place.url())), quiet=True
        )
    return paper.content()


def _text(place: Place) -> str:
    letter, values = place.letter, figures_in(place, letter_figures(place.letter.id))
    text = letter.text_version.markdown(place.language) if letter.text_version else None
    return markdown.fill(text or "", values)
