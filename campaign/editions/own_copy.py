"""A signatory's own copy of the letter: the text it signed and its own name, nobody else's; no edition."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import BoundedSemaphore

from flask_babel import gettext as _

from campaign.core import locales
from campaign.core.markdown_blocks import blocks
from campaign.editions.compile import labels
from campaign.editions.document import Document, Group, Name, Signer
from campaign.editions.render import RenderFailed, pdf
from campaign.letters.history import without_figures
from campaign.letters.models import Letter, TextVersion
from campaign.signing.models import Signature

SECONDS = 15  # a copy takes less than one; whoever waits for it holds a web worker
_printing = BoundedSemaphore(1)


def own_copy(signature: Signature, heading: str, shown: str) -> Document:
    """What to print, in the language the signature was given in, or the letter's.

    `heading` is what the organisation stands under, `shown` the sentence on who may see its name.
    """
    letter, language, (title, text) = signature.letter, *text_signed(signature)
    copy = bare(letter, language, title, text, signature.signed_at)
    copy["labels"] |= {"signatories": _("Your signature")}
    copy["headline"], copy["list_note"] = heading, shown
    copy["groups"] = [_alone(signature)]
    copy["edition"] = _about(signature, language)
    return copy


def bare(letter: Letter, language: str, title: str, text: str, created: datetime) -> Document:
    """A text as Markdown on the letter's paper: no signatory, no addressee's own words, no hash."""
    return Document(
        language=language,
        direction="rtl" if locales.direction(language) == "rtl" else "ltr",
        created=created.astimezone(UTC).replace(microsecond=0).isoformat(),
        document_title=title,
        labels={**labels(), "cc": _("To")},
        hosts=[{"name": h.name, "website": h.website} for h in letter.hosts],
        reference=letter.reference,
        place_and_date=_place_and_date(letter, language),
        addressee=None,
        subject=title,
        salutation=None,
        opening=[],
        body=blocks(text),
        closing=None,
        signers=[
            Signer(host=h.name, signed_by=h.signed_by, signed_title=h.signed_title) for h in letter.hosts
        ],
        cc=_addressees(letter),
        enclosures=[],
        annexes=[],
        headline=None,
        list_note=None,
        new_note=None,
        groups=[],
        flat=False,
        list_link=None,
        unnamed_note=None,
        notice=letter.notice(language),
        edition="",
        sha256="",
        short="",
    )


def _alone(signature: Signature) -> Group:
    name: Name = {"number": 1, "name": signature.name, "other": signature.name_other, "new": False}
    return {"heading": None, "count": None, "names": [name]}


def _addressees(letter: Letter) -> list[str]:
    """Who it goes to, each in a line."""
    return [
        ", ".join(part for part in (a.honorific, a.name, a.title, a.body) if part)
        for a in letter.addressees
        if a.removed_at is None
    ]


def _about(signature: Signature, language: str) -> str:
    """What kind of paper this is, of which version and day."""
    version = version_of(signature)
    return _(
        "Copy for the signatory: version %(number)s of the text, signed on %(day)s",
        number=version.number if version else 1,
        day=locales.format_date(signature.signed_at, language),
    )


def version_of(signature: Signature) -> TextVersion | None:
    """The version it stands under: the last one it was confirmed for, else the one it was given to."""
    return signature.agreed_version or signature.text_version or signature.letter.text_version


def text_signed(signature: Signature) -> tuple[str, tuple[str, str]]:
    """Language, and in it title and Markdown, of the version that was signed; words stand for figures."""
    letter, version = signature.letter, version_of(signature)
    words = version.words() if version else {}
    tag = signature.language if signature.language in words else letter.original_language
    title, text = words.get(tag, (None, ""))
    return tag, (title or letter.title(tag), without_figures(text))


def printed(document: Document, fonts: Sequence[Path]) -> bytes:
    """The copy as a PDF, one at a time in a process, so that copies never hold up all of its pages.

    Call it with no transaction open. Raises RenderFailed, also when another copy is being printed.
    """
    if not _printing.acquire(blocking=False):
        raise RenderFailed("another copy is being printed")
    try:
        return pdf(document, fonts=fonts, seconds=SECONDS)
    finally:
        _printing.release()


def _place_and_date(letter: Letter, language: str) -> str:
    day = locales.format_date(letter.date, language) if letter.date else ""
    return (
        _("%(place)s, %(day)s", place=letter.place, day=day) if letter.place and day else letter.place or day
    )
