"""The text alone as a PDF, for a board that decides whether to sign: nobody's name is in it; no edition."""

import json
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from campaign.core import locales
from campaign.core.errors import NotFound
from campaign.editions.document import Document
from campaign.editions.own_copy import bare, printed
from campaign.letters.history import without_figures
from campaign.letters.models import Letter
from campaign.letters.rules import Circulation
from campaign.outbox.writing import public_url

KEPT = 32  # files; each is made again only when its words change


def text_copy(letter: Letter, language: str, page: str) -> Document:
    """The current text in that language, with words in place of figures; `page` is where the letter is read.

    Raises NotFound for a letter without a text.
    """
    version = letter.text_version
    if version is None:
        raise NotFound("there is no such version")
    text = version.markdown(language) or version.markdown(letter.original_language) or ""
    copy = bare(letter, language, letter.title(language), without_figures(text), version.created_at)
    day = version.created_at.astimezone(ZoneInfo(letter.time_zone)).date()
    said = [
        _(
            "This is version %(number)s of the text, of %(day)s.",
            number=version.number,
            day=locales.format_date(day, language),
        )
    ]
    if letter.circulation is Circulation.PRIVATE:
        draft = _("Draft for sign-on. Not published. Please do not post.")
        copy["notice"] = " ".join(filter(None, [draft, copy["notice"]]))
    else:
        said.append(_("The letter and its signatories: %(address)s", address=public_url(page)))
    copy["edition"] = " ".join(said)
    return copy


def text_printed(document: Document, fonts: tuple[Path, ...]) -> bytes:
    """The copy as a PDF, made once for the same words. Raises RenderFailed, also while another is printed."""
    return _made(json.dumps(document, ensure_ascii=False), fonts)


@lru_cache(maxsize=KEPT)
def _made(document: str, fonts: tuple[Path, ...]) -> bytes:
    return printed(json.loads(document), fonts)
