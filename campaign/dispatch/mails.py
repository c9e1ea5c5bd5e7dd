"""The mail that carries a letter to its addressee: it stands alone, text and HTML, with the PDF attached."""

from datetime import UTC
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
from campaign.editions.models import Edition
from campaign.editions.queries import file_for
from campaign.letters.models import Addressee, Letter
from campaign.letters.rules import DocumentUse
from campaign.outbox.leases import Claim
from campaign.outbox.message import Attachment, Mailbox, Parts
from campaign.outbox.writing import platform_sender, write
from campaign.tally import wording


def letter(claim: Claim, consignment_id: int) -> Parts | None:
    """The mail of a consignment; the same bytes at every try and for every envelope recipient. None when it was cancelled."""
    found = db.session.get(Consignment, consignment_id)
    if found is None or found.cancelled:
        return None
    return parts(found.dispatch.edition, found.addressee)


def parts(edition: Edition, addressee: Addressee) -> Parts:
    """What an addressee's mail is made of, for sending and for the preview alike."""
    frozen = thaw(edition)
    as_frozen = next(a for a in frozen.addressees if a.id == addressee.id)
    language = as_frozen.language
    with force_locale(language):
        context = _context(frozen, as_frozen, language)
        words = write("letter", **context)
    return Parts(
        subject=words.subject,
        text=words.text,
        html=words.html,
        to=[Mailbox(as_frozen.name, addressee.email or "")],
        cc=[Mailbox(copy.name or "", copy.email) for copy in addressee.copies],
        sender=Mailbox(_sender_name(frozen), platform_sender()),
        reply_to=[Mailbox(host.name, host.contact) for host in edition.letter.hosts if host.contact],
        date=edition.frozen_at,
        attachments=[_pdf(edition, as_frozen), *_documents(edition.letter)],
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
    return ", ".join(host.name for host in frozen.hosts)


def _pdf(edition: Edition, addressee: FrozenAddressee) -> Attachment:
    file = file_for(edition.id, addressee.id, addressee.language)
    day = edition.frozen_at.astimezone(UTC)
    name = f"{day:%Y-%m-%d}-{ascii_name(edition.letter.slug)}-edition-{edition.number}.pdf"
    return Attachment(name, "application/pdf", file.content)


def _documents(of: Letter) -> list[Attachment]:
    return [
        Attachment(
            f"{ascii_name(d.filename.rsplit('.', 1)[0])}.{ascii_name(d.filename.rsplit('.', 1)[-1])}",
            d.media_type,
            d.content,
        )
        for d in of.documents
        if d.use is DocumentUse.ATTACH
    ]
