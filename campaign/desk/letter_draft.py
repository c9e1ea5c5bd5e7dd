"""Between the form and the plain description of a letter that files and desk both build."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from campaign.core import countries
from campaign.core.text import ascii_name
from campaign.desk import words
from campaign.desk.fields import address, country_code
from campaign.desk.letter_countries import country_lines, wordings_of
from campaign.desk.letter_form import AddresseePart, HostPart, LetterForm, copies_of
from campaign.desk.letters import local_moment
from campaign.letters.drafts import AddresseeDraft, CopyDraft, DocumentDraft, Draft, HostDraft
from campaign.letters.models import Addressee, Letter
from campaign.letters.rules import (
    DEFAULT_RELEASE_DELAY,
    Acceptance,
    Channel,
    Circulation,
    LetterStatus,
    Order,
    Sees,
    Silence,
    TextRule,
    Visibility,
)

_ADDRESSEE_LINES = ("title", "body", "honorific", "salutation", "closing", "subject", "opening")


def draft_of(letter: Letter) -> Draft:
    """The description of a letter as it stands, with the content of its documents."""
    version = letter.text_version
    translations = version.translations if version else []
    return Draft(
        slug=letter.slug,
        original_language=letter.original_language,
        titles=letter.titles,
        texts={t.language: t.markdown for t in translations},
        nouns=letter.nouns,
        notices=letter.notices,
        reviewed=frozenset(t.language for t in translations if t.reviewed),
        hosts=tuple(
            HostDraft(h.name, h.website, h.country_code, h.contact, h.signed_by, h.signed_title)
            for h in letter.hosts
        ),
        addressees=tuple(_described(a) for a in letter.addressees if a.removed_at is None),
        documents=tuple(
            DocumentDraft(d.filename, d.title, d.content, d.media_type, d.language, d.use)
            for d in letter.documents
        ),
        deadline=letter.deadline,
        time_zone=letter.time_zone,
        date=letter.date,
        place=letter.place,
        reference=letter.reference,
        circulation=letter.circulation,
        acceptance=letter.acceptance,
        at_risk=letter.at_risk,
        visibilities=letter.offered,
        order=letter.order,
        release_delay=letter.release_delay,
        text_rule=letter.text_rule,
        silence=letter.silence,
        further_bodies=letter.further_bodies,
        country_names=letter.country_names,
        sealed_to=letter.sealed_to,
    )


def _described(addressee: Addressee) -> AddresseeDraft:
    return AddresseeDraft(
        name=addressee.name,
        email=addressee.email,
        language=addressee.language,
        sees=addressee.sees,
        channel=addressee.channel,
        copies=tuple(CopyDraft(c.email, c.name, c.title, c.printed, c.sees) for c in addressee.copies),
        **{name: getattr(addressee, name) for name in _ADDRESSEE_LINES},
    )


def form_values(letter: Letter) -> dict[str, Any]:
    """What the form shows of a letter."""
    draft = draft_of(letter)
    tags = [draft.original_language, *sorted({*draft.titles, *draft.texts} - {draft.original_language})]
    plain = (
        "slug",
        "original_language",
        "time_zone",
        "date",
        "place",
        "reference",
        "at_risk",
        "release_delay",
        "further_bodies",
    )
    return {
        **{name: getattr(draft, name) for name in plain},
        "texts": [_text_values(draft, tag) for tag in tags],
        "hosts": [_values(h, country=words.country(h.country_code, countries.NO_OWN)) for h in draft.hosts],
        "addressees": [_values(a, cc=_cc_lines(a)) for a in draft.addressees],
        "deadline": draft.deadline.astimezone(ZoneInfo(draft.time_zone)).replace(tzinfo=None)
        if draft.deadline
        else None,
        "circulation": letter.circulation.value,
        "acceptance": draft.acceptance.value,
        "order": draft.order.value,
        "text_rule": letter.text_rule.value,
        "silence": letter.silence.value,
        "country_names": country_lines(draft.country_names),
        "sealed_to": draft.sealed_to or "",
        "release_delay": str(draft.release_delay),
        "visibilities": [v.value for v in draft.visibilities],
    }


def _text_values(draft: Draft, tag: str) -> dict[str, object]:
    return {
        "language": tag,
        "title": draft.titles.get(tag),
        "noun": draft.nouns.get(tag, "groups"),
        "notice": draft.notices.get(tag),
        "text": draft.texts.get(tag),
        "reviewed": draft.reviewed is None or tag in draft.reviewed,
    }


def _values(described: HostDraft | AddresseeDraft, **more: object) -> dict[str, object]:
    names = type(described).__dataclass_fields__
    found = {
        name: getattr(described, name) for name in names if name not in ("logo", "copies", "country_code")
    }
    return {name: getattr(value, "value", value) for name, value in found.items()} | more


def _cc_lines(addressee: AddresseeDraft) -> str:
    """Copies as they are typed: "Name, title <mail>; printed; sees public".

    Which names they see is said only where the addressee sees others.
    """
    lines = []
    for copy in addressee.copies:
        who = ", ".join(part for part in (copy.name, copy.title) if part)
        said = ["printed"] if copy.printed else []
        said += [f"sees {copy.sees}"] if copy.sees not in (None, addressee.sees) else []
        lines.append("; ".join([f"{who} <{copy.email}>" if who else copy.email, *said]))
    return "\n".join(lines)


def draft_from(form: LetterForm, letter: Letter | None) -> Draft:
    """The description that a valid form gives.

    Of a letter that exists, address and files stay, and once it is out of draft also deadline and
    circulation: those change by acts of their own.
    """
    texts = [part.form for part in form.texts if not part.form.blank]
    draft = Draft(
        slug=letter.slug if letter else form.slug.data or _slug(form),
        original_language=form.original_language.data,
        titles={t.language.data: t.title.data for t in texts},
        texts={t.language.data: t.text.data for t in texts if t.text.data},
        nouns={t.language.data: t.noun.data for t in texts},
        notices={t.language.data: t.notice.data for t in texts if t.notice.data},
        reviewed=frozenset(t.language.data for t in texts if t.reviewed.data),
        hosts=tuple(_host(part.form) for part in form.hosts if not part.form.blank),
        addressees=tuple(_addressee(part.form) for part in form.addressees if not part.form.blank),
        deadline=_deadline(form),
        time_zone=form.time_zone.data,
        date=form.date.data,
        place=form.place.data or None,
        reference=form.reference.data or None,
        circulation=Circulation(form.circulation.data),
        acceptance=Acceptance(form.acceptance.data),
        at_risk=bool(form.at_risk.data),
        visibilities=tuple(v for v in Visibility if v.value in form.visibilities.data),
        order=Order(form.order.data),
        release_delay=int(form.release_delay.data or DEFAULT_RELEASE_DELAY),
        country_names=wordings_of(form.country_names.data),
        sealed_to=None if letter and letter.opened_at else form.sealed_to.data or "",
        text_rule=TextRule(form.text_rule.data) if form.text_rule.data else None,
        silence=Silence(form.silence.data) if form.silence.data else None,
        further_bodies=bool(form.further_bodies.data),
    )
    if letter is None:
        return draft
    draft = replace(draft, documents=draft_of(letter).documents)
    if letter.status is LetterStatus.DRAFT:
        return draft
    return replace(draft, deadline=letter.deadline, circulation=letter.circulation)


def _deadline(form: LetterForm) -> datetime | None:
    typed = form.deadline.data
    return local_moment(typed.isoformat(), form.time_zone.data) if typed else None


def _slug(form: LetterForm) -> str:
    """An address made from the title in the original language."""
    titles = {p.form.language.data: p.form.title.data for p in form.texts if not p.form.blank}
    return ascii_name(titles.get(form.original_language.data) or "", 60).lower()


def _host(part: HostPart) -> HostDraft:
    return HostDraft(
        name=part.name.data,
        website=part.website.data or None,
        country_code=country_code(part.country.data, countries.NO_OWN),
        contact=address(part.contact.data),
        signed_by=part.signed_by.data or None,
        signed_title=part.signed_title.data or None,
    )


def _addressee(part: AddresseePart) -> AddresseeDraft:
    return AddresseeDraft(
        name=part.name.data,
        email=address(part.email.data),
        language=part.language.data or None,
        sees=Sees(part.sees.data),
        channel=Channel(part.channel.data),
        copies=copies_of(part.cc.data),
        **{name: part[name].data or None for name in _ADDRESSEE_LINES},
    )
