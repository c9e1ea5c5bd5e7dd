"""The mail that carries a letter to its addressee: it stands alone, text and HTML, with the PDF attached."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import force_locale
from flask_babel import gettext as _

from campaign.core import locales, markdown
from campaign.core.db import db
from campaign.core.markdown_text import plain
from campaign.core.text import ascii_name
from campaign.dispatch.models import Consignment
from campaign.editions.compile import place_and_date
from campaign.editions.frozen import Frozen, FrozenAddressee, thaw
from campaign.editions.models import Edition, EditionFile
from campaign.editions.queries import file_for
from campaign.letters.models import Addressee, Document
from campaign.letters.rules import DocumentUse
from campaign.outbox.leases import Claim
from campaign.outbox.message import Attachment, Mailbox, Parts
from campaign.outbox.writing import platform_sender, write
from campaign.tally import wording


def letter(claim: Claim, consignment_id: int) -> Parts | None:
    """The mail of a consignment; the same bytes at every try and for every envelope recipient.

    None when it was cancelled.
    """
    found = db.session.get(Consignment, consignment_id)
    if found is None or found.cancelled or found.parts is None:
        return None
    return assembled(json.loads(found.parts))


def text_of(owed: Consignment) -> str:
    """The letter as plain text, to paste where a channel wants it."""
    return str(json.loads(owed.parts)["text"]) if owed.parts else ""


def written(edition: Edition, addressee: Addressee, leaves_at: datetime) -> dict[str, Any]:
    """An addressee's mail as JSON-ready facts.

    Headers and words as they are, dated when it leaves, files by reference.
    """
    frozen = thaw(edition)
    as_frozen = next(a for a in frozen.addressees if a.id == addressee.id)
    language = as_frozen.language
    with force_locale(language):
        words = write("letter", **_context(frozen, as_frozen, language))
    return {
        "subject": as_frozen.subject or words.subject,
        "text": words.text,
        "html": words.html,
        "to": [[as_frozen.name, addressee.email or ""]],
        "cc": [[copy.name or "", copy.email] for copy in addressee.copies],
        "sender": [_sender_name(frozen), platform_sender()],
        "reply_to": [[host.name, host.contact] for host in edition.letter.hosts if host.contact],
        "date": leaves_at.replace(microsecond=0).isoformat(),
        "pdf": [file_for(edition.id, addressee.id, language).id, _pdf_name(edition)],
        "documents": [d.id for d in edition.letter.documents if d.use is not DocumentUse.LIST],
    }


def assembled(facts: dict[str, Any]) -> Parts:
    """The parts of a mail from its facts, with the files they name."""
    file_id, name = facts["pdf"]
    pdf = Attachment(name, "application/pdf", db.session.get_one(EditionFile, file_id).content)
    return Parts(
        subject=facts["subject"],
        text=facts["text"],
        html=facts["html"],
        to=[Mailbox(*box) for box in facts["to"]],
        cc=[Mailbox(*box) for box in facts["cc"]],
        sender=Mailbox(*facts["sender"]),
        reply_to=[Mailbox(*box) for box in facts["reply_to"]],
        date=datetime.fromisoformat(facts["date"]),
        attachments=[pdf, *(_document(db.session.get_one(Document, i)) for i in facts["documents"])],
        automatic=False,
    )


def _context(frozen: Frozen, addressee: FrozenAddressee, language: str) -> dict[str, object]:
    text = frozen.text(language)
    values = {
        "groups": wording.groups(frozen.figures.signatories, text.noun),
        "countries": wording.countries(frozen.figures.countries),
    }
    body = markdown.fill(text.markdown, values)
    opening = markdown.fill(addressee.opening, values) if addressee.opening else ""
    day = frozen.date or frozen.frozen_at.astimezone(ZoneInfo(frozen.time_zone)).date()
    return {
        "frozen": frozen,
        "addressee": addressee,
        "title": text.title,
        "notice": text.notice,
        "groups": values["groups"],
        "headline": wording.headline(frozen.figures, text.noun),
        "day": locales.format_date(day, language),
        "place_and_date": place_and_date(frozen, language),
        "subject_line": addressee.subject or text.title,
        "closing": addressee.closing or _("Yours sincerely,"),
        "body_text": plain(body),
        "body_html": markdown.html(body),
        "opening_text": plain(opening) if opening else "",
        "opening_html": markdown.html(opening, "opening") if opening else "",
        "locale": language,
        "direction": locales.direction(language),
    }


def _sender_name(frozen: Frozen) -> str:
    """The platform writes, for the hosts, who are named."""
    return " / ".join(host.name for host in frozen.hosts)


def _pdf_name(edition: Edition) -> str:
    day = edition.frozen_at.astimezone(UTC)
    return f"{day:%Y-%m-%d}-{ascii_name(edition.letter.slug)}-edition-{edition.number}.pdf"


def _document(document: Document) -> Attachment:
    stem, _dot, ending = document.filename.rpartition(".")
    name = f"{ascii_name(stem or ending)}.{ascii_name(ending, 8)}"
    return Attachment(name, document.media_type, document.content)
