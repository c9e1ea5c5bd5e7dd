"""What a signatory takes along: their own copy of the letter, and all that is kept about them."""

import json

from flask import Response, current_app, make_response, render_template
from flask.typing import ResponseReturnValue

from campaign.care.access import data_of
from campaign.core import clock, locales, markdown
from campaign.core.db import db
from campaign.core.text import ascii_name
from campaign.editions.own_copy import own_copy, printed, text_signed, version_of
from campaign.editions.render import RenderFailed
from campaign.public.own import Holder, own_page
from campaign.public.readers import readers_now
from campaign.public.shown import heading_of
from campaign.signing.models import Signature
from campaign.signing.statements import shown
from campaign.web.language import speak


@own_page("/copy")
def own_letter(holder: Holder) -> ResponseReturnValue:
    """The text they signed and how they are listed, as a PDF; where none can be printed now, as a page.

    It is in the language they signed in, whoever reads the page that leads here.
    """
    signature = holder.signature
    speak(signature.language.replace("_", "-"))
    name = f"{ascii_name(signature.letter.slug)}-{signature.signed_at:%Y-%m-%d}"
    document = own_copy(signature, heading_of(signature, signature.language), _shown(signature))
    db.session.rollback()  # nothing stays open while Typst works
    try:
        content = printed(document, current_app.config["SETTINGS"].font_paths)
    except RenderFailed:
        return _file(_plain(signature), "text/html; charset=utf-8", f"{name}.html")
    return _file(content, "application/pdf", f"{name}.pdf")


@own_page("/data.json")
def own_data(holder: Holder) -> ResponseReturnValue:
    """Everything that is kept about the signature and whoever gave it."""
    facts = json.dumps(data_of(holder.signature), ensure_ascii=False, indent=2)
    return _file(facts, "application/json", f"{clock.now():%Y-%m-%d}-my-data.json")


def _plain(signature: Signature) -> str:
    """The same as one page that needs nothing else to be read."""
    language, (title, text) = text_signed(signature)
    return render_template(
        "public/own_copy.html",
        signature=signature,
        letter=signature.letter,
        tag=language.replace("_", "-"),
        reading=locales.direction(language),
        title=title,
        html=markdown.html(text),
        version=version_of(signature),
        heading=heading_of(signature, signature.language),
        shown=_shown(signature),
    )


def _shown(signature: Signature) -> str:
    return shown(signature.visibility, readers_now(signature))


def _file(content: str | bytes, media_type: str, name: str) -> Response:
    response = make_response(content)
    response.headers["Content-Type"] = media_type
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
