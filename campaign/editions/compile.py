"""Compiling: the document to print, for one addressee or as the public list, from a frozen edition."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date
from zoneinfo import ZoneInfo

from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from campaign.core import locales, markdown
from campaign.core.markdown_blocks import blocks
from campaign.editions.document import Addressee, Document, Group, Labels, ListLink, Name, Signer
from campaign.editions.frozen import Frozen, FrozenAddressee
from campaign.editions.naming import list_name_as_of, new_note, withdrawn
from campaign.editions.rules import short_reference
from campaign.letters.rules import Order
from campaign.outbox.writing import public_url
from campaign.signing import roll
from campaign.signing.roll import Entry
from campaign.tally import wording
from campaign.tally.rules import Figures


def document(frozen: Frozen, addressee: FrozenAddressee | None, language: str, reader: int = 0) -> Document:
    """An addressee's letter, with the names that group of its readers may see, or else the public list."""
    with force_locale(language):
        text = frozen.text(language)
        values = _values(frozen.figures_for(addressee), text.noun)
        named = frozen.named_for(addressee, reader)
        new = {entry.id for entry in frozen.new_names(addressee, reader)}
        gone = frozen.withdrawn_for(addressee, reader)
        return Document(
            language=language,
            direction="rtl" if locales.direction(language) == "rtl" else "ltr",
            created=frozen.frozen_at.astimezone(UTC).isoformat(),
            document_title=text.title,
            labels=labels(),
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
            headline=headline(frozen, addressee, text.noun),
            list_note=_list_note(frozen, addressee, language, text.reviewed),
            new_note=_new_note(frozen, addressee, language, len(new)),
            groups=[*_groups(named, new, frozen, language), *_withdrawn(gone, len(named))],
            flat=frozen.order is not Order.COUNTRY,
            list_link=_link(frozen),
            unnamed_note=_unnamed_note(frozen.figures_for(addressee).signatories - len(named) - gone),
            notice=text.notice,
            edition=list_name_as_of(frozen.number, frozen.frozen_at, frozen.time_zone, language),
            sha256=frozen.sha256,
            short=short_reference(frozen.sha256),
        )


def headline(frozen: Frozen, addressee: FrozenAddressee | None, noun: str) -> str:
    """The figures, and how many more they are than in the list an addressee, or the public, had before."""
    if frozen.earlier_of(addressee) is None:
        return wording.headline(frozen.figures_for(addressee), noun)
    return wording.further(frozen.more(addressee), frozen.figures_for(addressee), noun)


def dated(frozen: Frozen) -> date:
    """The letter's own date, or the day it was frozen in its zone."""
    return frozen.date or frozen.frozen_at.astimezone(ZoneInfo(frozen.time_zone)).date()


def place_and_date(frozen: Frozen, language: str) -> str:
    """ "Geneva, 3 February 2020": the letter's own date, or the day it was frozen in its zone."""
    said = locales.format_date(dated(frozen), language)
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


def _values(figures: Figures, noun: str) -> dict[str, str]:
    """What the text's {groups} and {countries} stand for."""
    return {
        "groups": wording.groups(figures.signatories, noun),
        "countries": wording.countries(figures.countries),
    }


def _signers(frozen: Frozen) -> list[Signer]:
    return [Signer(host=h.name, signed_by=h.signed_by, signed_title=h.signed_title) for h in frozen.hosts]


def labels() -> Labels:
    """The fixed words of a page in the language in force."""
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
        new=_("new"),
        verify=_("Anyone can check this file or this hash at %(address)s", address=public_url("/verify")),
    )


def _list_note(frozen: Frozen, addressee: FrozenAddressee | None, language: str, reviewed: bool) -> str:
    hosts = ngettext("The host is not counted.", "The %(num)d hosts are not counted.", len(frozen.hosts))
    draft = (
        ""
        if reviewed or language == frozen.original_language
        else _("This translation has not been reviewed.")
    )
    figures = frozen.figures_for(addressee)
    networks = figures.regional + figures.international
    note = ngettext(
        "%(num)d is a regional or international network and stands under no country.",
        "%(num)d are regional or international networks and stand under no country.",
        networks,
    )
    return " ".join(
        part
        for part in (hosts, note if networks else "", draft, *_version(frozen, addressee, language))
        if part
    )


def _version(frozen: Frozen, addressee: FrozenAddressee | None, language: str) -> Iterator[str]:
    """Which version of the text this is, once it has changed, and how many have not confirmed it yet."""
    if frozen.text_changed_at is None:
        return
    day = frozen.text_changed_at.astimezone(ZoneInfo(frozen.time_zone)).date()
    yield _(
        "This is version %(number)s of the text, of %(day)s.",
        number=frozen.text_version,
        day=locales.format_date(day, language),
    )
    if count := frozen.unanswered_for(addressee):
        yield ngettext(
            "%(num)d of the signatories signed an earlier version and has not confirmed this one yet.",
            "%(num)d of the signatories signed an earlier version and have not confirmed this one yet.",
            count,
        )


def _new_note(frozen: Frozen, addressee: FrozenAddressee | None, language: str, new: int) -> str | None:
    earlier = frozen.earlier_of(addressee)
    return new_note(earlier, new, frozen.time_zone, language) if earlier else None


def _unnamed_note(count: int) -> str | None:
    if count <= 0:
        return None
    return ngettext(
        "%(num)d more is counted without being named.", "%(num)d more are counted without being named.", count
    )


def _groups(named: Sequence[Entry], new: Collection[int], frozen: Frozen, language: str) -> list[Group]:
    """The list with one running number; the ids in `new` are marked."""
    order, own = frozen.order, frozen.country_names
    if order is not Order.COUNTRY:
        return [Group(heading=None, count=None, names=_names(roll.arranged(named, order, language), new, 1))]
    groups, number = [], 1
    for group in roll.by_country(named, language, wording.headings(), own):
        groups.append(
            Group(heading=group.heading, count=len(group.entries), names=_names(group.entries, new, number))
        )
        number += len(group.entries)
    return groups


def _withdrawn(count: int, before: int) -> list[Group]:
    """Those who were erased since, after all others: where they stood is not known any more either."""
    if not count:
        return []
    names = [Name(number=before + n, name=withdrawn(), other=None, new=False) for n in range(1, count + 1)]
    return [Group(heading=_("Withdrawn since this list was made"), count=count, names=names)]


def _names(entries: Sequence[Entry], new: Collection[int], first: int) -> list[Name]:
    return [
        Name(number=n, name=e.name, other=e.name_other, new=e.id in new)
        for n, e in enumerate(entries, start=first)
    ]


def _link(frozen: Frozen) -> ListLink | None:
    if not frozen.public:
        return None
    url = public_url(f"/letters/{frozen.slug}/editions/{frozen.number}")
    return ListLink(text=_("The whole list is at %(address)s", address=url), url=url)
