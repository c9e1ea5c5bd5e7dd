"""Compiling: the document to print, for one addressee or as the public list, from a frozen edition."""

from collections.abc import Sequence
from datetime import UTC
from zoneinfo import ZoneInfo

from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from campaign.core import locales, markdown
from campaign.core.markdown_blocks import blocks
from campaign.editions.document import Addressee, Document, Group, Labels, ListLink, Name, Signer
from campaign.editions.frozen import Frozen, FrozenAddressee
from campaign.editions.rules import short_reference
from campaign.letters.rules import Order
from campaign.outbox.writing import public_url
from campaign.signing import roll
from campaign.signing.roll import Entry
from campaign.tally import wording


def document(frozen: Frozen, addressee: FrozenAddressee | None, language: str) -> Document:
    """What is printed.

    With an addressee: their letter and the names they may see; without: the public list in that language.
    """
    with force_locale(language):
        text = frozen.text(language)
        values = _values(frozen, text.noun)
        named = frozen.named_for(sees_all=addressee is not None and addressee.sees == "all")
        return Document(
            language=language,
            direction="rtl" if locales.direction(language) == "rtl" else "ltr",
            created=frozen.frozen_at.astimezone(UTC).isoformat(),
            document_title=text.title,
            labels=_labels(),
            hosts=[{"name": h.name, "website": h.website} for h in frozen.hosts],
            reference=frozen.reference,
            place_and_date=place_and_date(frozen, language),
            addressee=_address(addressee),
            subject=(addressee.subject if addressee else None) or text.title,
            salutation=addressee.salutation if addressee else None,
            opening=blocks(markdown.fill((addressee.opening if addressee else "") or "", values)),
            body=blocks(markdown.fill(text.markdown, values)),
            closing=(addressee.closing or _("Yours sincerely,")) if addressee else None,
            signers=_signers(frozen),
            cc=list(addressee.printed_copies) if addressee else [],
            enclosures=list(frozen.enclosures),
            annexes=[],
            headline=wording.headline(frozen.figures, text.noun),
            list_note=_list_note(frozen, language, text.reviewed),
            groups=_groups(named, frozen.order, language),
            flat=frozen.order is not Order.COUNTRY,
            list_link=_link(frozen),
            unnamed_note=_unnamed_note(frozen.figures.signatories - len(named)),
            notice=text.notice,
            edition=_edition_line(frozen, language),
            sha256=frozen.sha256,
            short=short_reference(frozen.sha256),
        )


def place_and_date(frozen: Frozen, language: str) -> str:
    """ "Geneva, 3 February 2020": the letter's own date, or the day it was frozen in its zone."""
    day = frozen.date or frozen.frozen_at.astimezone(ZoneInfo(frozen.time_zone)).date()
    said = locales.format_date(day, language)
    return _("%(place)s, %(day)s", place=frozen.place, day=said) if frozen.place else said


def _address(addressee: FrozenAddressee | None) -> Addressee | None:
    if addressee is None:
        return None
    return Addressee(
        name=" ".join(part for part in (addressee.honorific, addressee.name) if part),
        title=addressee.title,
        body=addressee.body,
        lines=[],
    )


def _values(frozen: Frozen, noun: str) -> dict[str, str]:
    """What the text's {groups} and {countries} stand for."""
    return {
        "groups": wording.groups(frozen.figures.signatories, noun),
        "countries": wording.countries(frozen.figures.countries),
    }


def _signers(frozen: Frozen) -> list[Signer]:
    return [Signer(host=h.name, signed_by=h.signed_by, signed_title=h.signed_title) for h in frozen.hosts]


def _labels() -> Labels:
    return Labels(
        kind=_("Open letter"),
        reference=_("Reference:"),
        subject=_("Subject:"),
        cc=_("Copy to"),
        enclosures=_("Enclosures"),
        signatories=_("Signatories"),
        hosts_heading=_("On behalf of the hosts"),
        continued=_("{heading} (continued)"),
        page=_("Page {page} of {pages}"),
        hash=_("SHA-256 of this edition"),
        verify=_("Anyone can check this file or this hash at %(address)s", address=public_url("/verify")),
    )


def _list_note(frozen: Frozen, language: str, reviewed: bool) -> str:
    hosts = ngettext("The host is not counted.", "The %(num)d hosts are not counted.", len(frozen.hosts))
    draft = (
        ""
        if reviewed or language == frozen.original_language
        else _("This translation has not been reviewed.")
    )
    networks = frozen.figures.regional + frozen.figures.international
    note = ngettext(
        "%(num)d is a regional or international network and stands under no country.",
        "%(num)d are regional or international networks and stand under no country.",
        networks,
    )
    return " ".join(part for part in (hosts, note if networks else "", draft) if part)


def _unnamed_note(count: int) -> str | None:
    if count <= 0:
        return None
    return ngettext(
        "%(num)d more is counted without being named.", "%(num)d more are counted without being named.", count
    )


def _groups(named: Sequence[Entry], order: Order, language: str) -> list[Group]:
    """The list with one running number."""
    if order is not Order.COUNTRY:
        return [Group(heading=None, count=None, names=_names(roll.arranged(named, order, language), 1))]
    groups, number = [], 1
    for group in roll.by_country(named, language, wording.headings()):
        groups.append(
            Group(heading=group.heading, count=len(group.entries), names=_names(group.entries, number))
        )
        number += len(group.entries)
    return groups


def _names(entries: Sequence[Entry], first: int) -> list[Name]:
    return [Name(number=n, name=e.name, other=e.name_other) for n, e in enumerate(entries, start=first)]


def _link(frozen: Frozen) -> ListLink | None:
    if not frozen.public:
        return None
    url = public_url(f"/letters/{frozen.slug}/editions/{frozen.number}")
    return ListLink(text=_("The whole list is at %(address)s", address=url), url=url)


def _edition_line(frozen: Frozen, language: str) -> str:
    moment = locales.format_moment(frozen.frozen_at, frozen.time_zone, language)
    return _("Edition %(number)s, as of %(moment)s", number=frozen.number, moment=moment)
