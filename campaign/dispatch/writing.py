"""What is written to an addressee: who gets the same bytes, and the mail's headers and words as facts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from flask_babel import force_locale

from campaign.core import locales, markdown
from campaign.core.db import db
from campaign.core.errors import Conflict, NotFound
from campaign.core.markdown_text import plain
from campaign.core.text import ascii_name
from campaign.dispatch.models import Consignment
from campaign.dispatch.queries import thread
from campaign.dispatch.rules import Purpose
from campaign.editions.compile import dated, place_and_date
from campaign.editions.frozen import Frozen, FrozenAddressee, thaw
from campaign.editions.models import Edition, EditionFile
from campaign.editions.naming import day_of
from campaign.editions.queries import file_for
from campaign.letters.models import Addressee, Copy, Document
from campaign.letters.rules import DocumentUse
from campaign.outbox.message import Attachment, Mailbox, Parts
from campaign.outbox.writing import platform_sender, write
from campaign.signing.roll import Entry
from campaign.tally import wording

MOST_NAMES = 300  # more new names than this stand in the PDF only


@dataclass(frozen=True, slots=True)
class Envelope:
    """One envelope recipient: 0 for the addressee, else the id of a Cc."""

    number: int
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Group:
    """Those of an addressee's recipients who see the same names and so get the same bytes."""

    reader: int
    envelopes: tuple[Envelope, ...]


@dataclass(frozen=True)
class Errand:
    """What is sent and why: an edition, in a purpose, with the words a person put before it."""

    edition: Edition
    purpose: Purpose = Purpose.LETTER
    covering: str = ""

    @cached_property
    def frozen(self) -> Frozen:
        """The edition's facts, read back once for all its mails: there may be ten thousand names."""
        return thaw(self.edition)

    def inside(self, addressee: Addressee) -> FrozenAddressee | None:
        """An addressee as the edition has them; None for one who was added later."""
        return next((a for a in self.frozen.addressees if a.id == addressee.id), None)


def groups(errand: Errand, addressee: Addressee) -> list[Group]:
    """An addressee's recipients by what they see, the addressee's own group first.

    A Cc that was added after freezing is in none: nobody compiled what they may see. Nor is one who was set
    to see less since, nor anybody of an addressee who is not in the edition at all.
    """
    inside = errand.inside(addressee)
    if inside is None:
        return []
    found: dict[int, list[Envelope]] = {0: [Envelope(0, inside.name, addressee.email or "")]}
    for copy in addressee.copies:
        reader = reader_of(errand.frozen, inside, copy)
        if reader is not None:
            found.setdefault(reader, []).append(Envelope(copy.id, copy.name or "", copy.email))
    return [Group(reader, tuple(envelopes)) for reader, envelopes in sorted(found.items())]


def reader_of(frozen: Frozen, inside: FrozenAddressee, copy: Copy) -> int | None:
    """The group whose file a Cc may be given; None when there is none in this edition."""
    reader = inside.reader_of(copy.id)
    if reader is None or not frozen.may_read(inside, reader, copy.sees, copy.sees_since):
        return None
    return reader


def written(errand: Errand, addressee: Addressee, group: Group, leaves_at: datetime) -> dict[str, Any]:
    """A group's mail as JSON-ready facts.

    Headers and words as they are, dated when it leaves, files by reference.
    """
    edition, frozen, as_frozen = errand.edition, errand.frozen, errand.inside(addressee)
    if as_frozen is None:
        raise NotFound("this addressee is not in the edition")
    language = as_frozen.language
    references = (
        [] if errand.purpose is Purpose.CORRECTION else thread(addressee.id, group.envelopes[0].address)
    )
    with force_locale(language):
        template = _template(errand, as_frozen, references)
        context = _context(errand, as_frozen, group.reader)
        words = write(template, language, language, **context)
        subject = as_frozen.subject or words.subject
        if references:
            subject = f"Re: {subject}"
    to, cc = _headed(group)
    return {
        "subject": subject,
        "text": words.text,
        "html": words.html,
        "to": to,
        "cc": cc,
        "sender": [_sender_name(frozen), platform_sender()],
        "reply_to": [[host.name, host.contact] for host in edition.letter.hosts if host.contact],
        "references": references,
        "date": leaves_at.replace(microsecond=0).isoformat(),
        "pdf": [file_for(edition.id, addressee.id, language, group.reader).id, _pdf_name(edition)],
        "documents": [d.id for d in edition.letter.documents if d.use is not DocumentUse.LIST],
    }


def assembled(facts: dict[str, Any]) -> Parts:
    """The parts of a mail from its facts, with the files they name."""
    file_id, name = facts["pdf"]
    content = db.session.get_one(EditionFile, file_id).content
    if not content:
        raise Conflict("the file of this edition was erased; a letter does not leave without it")
    pdf = Attachment(name, "application/pdf", content)
    references = facts.get("references", [])
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
        in_reply_to=references[-1] if references else None,
        references=references,
    )


def text_of(owed: Consignment) -> str:
    """The letter as plain text, to paste where a channel wants it."""
    return str(json.loads(owed.parts)["text"]) if owed.parts else ""


def _template(errand: Errand, addressee: FrozenAddressee, references: Sequence[str]) -> str:
    """The whole letter the first time; afterwards what is new, or the words of whoever reminds."""
    if errand.purpose is Purpose.REMINDER:
        return "again"
    return "further" if references and addressee.earlier else "letter"


def _headed(group: Group) -> tuple[list[list[str]], list[list[str]]]:
    """The mailboxes in To and in Cc. Cc who see other names than their addressee have a mail of their own."""
    boxes = [[envelope.name, envelope.address] for envelope in group.envelopes]
    return (boxes[:1], boxes[1:]) if group.envelopes[0].number == 0 else (boxes, [])


def _context(errand: Errand, addressee: FrozenAddressee, reader: int) -> dict[str, object]:
    frozen, language = errand.frozen, addressee.language
    text, figures, spoken = frozen.text(language), frozen.figures_for(addressee), locales.spoken(language)
    values = {
        "groups": wording.groups(figures.signatories, text.noun),
        "countries": wording.countries(figures.countries),
    }
    body = markdown.fill(text.markdown, values)
    opening = markdown.fill(addressee.opening, values) if addressee.opening else ""
    return {
        "frozen": frozen,
        "addressee": addressee,
        "title": text.title,
        "titled_in": text.language,
        "notice": text.notice,
        "noticed_in": text.language,
        "groups": values["groups"],
        "headline": wording.headline(figures, text.noun),
        "day": locales.format_date(dated(frozen), spoken),
        "place_and_date": place_and_date(frozen, language),
        "subject_line": addressee.subject or text.title,
        "answered": any(host.contact for host in errand.edition.letter.hosts),
        "closing": addressee.closing,
        "body_text": plain(body),
        "body_html": markdown.html(body),
        "opening_text": plain(opening) if opening else "",
        "opening_html": markdown.html(opening, "opening") if opening else "",
        "covering_text": plain(errand.covering) if errand.covering else "",
        "covering_html": markdown.html(errand.covering, "covering") if errand.covering else "",
        **_further(frozen, addressee, reader),
    }


def _further(frozen: Frozen, addressee: FrozenAddressee, reader: int) -> dict[str, object]:
    """What a further list says: since when, how many more, and who."""
    if addressee.earlier is None:
        return {}
    spoken, noun = locales.spoken(addressee.language), frozen.text(addressee.language).noun
    new = frozen.new_names(addressee, reader)
    return {
        "earlier_day": day_of(addressee.earlier, frozen.time_zone, spoken),
        "earlier_number": addressee.earlier.number,
        "further": wording.further(frozen.more(addressee), frozen.figures_for(addressee), noun),
        "new_names": [listed(entry) for entry in new] if len(new) <= MOST_NAMES else [],
    }


def listed(entry: Entry) -> str:
    """A new signatory as a further list names them."""
    return f"{entry.name} ({entry.name_other})" if entry.name_other else entry.name


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
