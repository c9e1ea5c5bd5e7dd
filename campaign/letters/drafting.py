"""Writing a letter down, new or changed, from one plain description that files and desk build alike."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date as Date  # noqa: N812 -- the field is called `date`
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core import clock, countries, locales
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.core.text import ascii_name, clean, clean_lines, fold, has_controls
from campaign.letters.models import Addressee, Copy, Document, Host, Letter, TextVersion, Translation
from campaign.letters.rules import (
    LONGEST_SLUG,
    SLUG,
    Acceptance,
    Change,
    Channel,
    Circulation,
    DocumentUse,
    LetterStatus,
    Order,
    Sees,
    Visibility,
)

LONGEST_TEXT = 60_000


@dataclass(frozen=True, slots=True)
class HostDraft:
    """A host as described; `country_code` is ISO 3166-1 alpha-2 or XK."""

    name: str
    website: str | None = None
    country_code: str | None = None
    contact: str | None = None
    signed_by: str | None = None
    signed_title: str | None = None
    logo: bytes | None = None


@dataclass(frozen=True, slots=True)
class CopyDraft:
    """A Cc as described."""

    email: str
    name: str | None = None
    title: str | None = None
    printed: bool = False


@dataclass(frozen=True, slots=True)
class AddresseeDraft:
    """An addressee as described; `language` empty means the letter's original language."""

    name: str
    title: str | None = None
    body: str | None = None
    email: str | None = None
    language: str | None = None
    honorific: str | None = None
    salutation: str | None = None
    closing: str | None = None
    subject: str | None = None
    opening: str | None = None
    sees: Sees = Sees.ALL
    channel: Channel = Channel.MAIL
    copies: tuple[CopyDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentDraft:
    """An enclosed file as described."""

    filename: str
    title: str
    content: bytes
    media_type: str
    language: str | None = None
    use: DocumentUse = DocumentUse.ATTACH


@dataclass(frozen=True, slots=True)
class Draft:
    """A whole letter as described.

    `texts`, `titles`, `nouns`, `notices` are keyed by language; `reviewed` None means all are.
    """

    slug: str
    original_language: str
    titles: Mapping[str, str]
    texts: Mapping[str, str]
    hosts: tuple[HostDraft, ...]
    addressees: tuple[AddresseeDraft, ...] = ()
    documents: tuple[DocumentDraft, ...] = ()
    nouns: Mapping[str, str] = field(default_factory=dict)
    notices: Mapping[str, str] = field(default_factory=dict)
    reviewed: frozenset[str] | None = None
    deadline: datetime | None = None
    time_zone: str = "UTC"
    date: Date | None = None
    place: str | None = None
    reference: str | None = None
    circulation: Circulation | None = None
    acceptance: Acceptance = Acceptance.MODERATED
    at_risk: bool = False
    visibilities: tuple[Visibility, ...] = tuple(Visibility)
    order: Order = Order.COUNTRY


def write_down(
    draft: Draft, change: Change | None, actor: Actor, circulation: Circulation
) -> tuple[Letter, list[str]]:
    """Create the letter of that slug, or bring it up to date. Returns it and the names of what changed
    (["created"] for a new one).

    `circulation` is the default of the door it came through. Raises InvalidInput for a bad description, and
    Conflict when the text of an open letter would change without `change` saying what that means for those
    who signed.
    """
    check(draft)
    letter = db.session.query(Letter).filter_by(slug=draft.slug).one_or_none()
    new = letter is None
    if letter is None:
        letter = Letter(
            slug=draft.slug,
            status=LetterStatus.DRAFT,
            circulation=circulation,
            paused=False,
            created_at=clock.now(),
        )
    changed = _settle_plain(letter, draft)
    if new:
        db.session.add(letter)
        db.session.flush()  # versions and the audit row need the id
    changed += _settle_text(letter, draft, change)
    changed += _settle_hosts(letter, draft.hosts)
    changed += _settle_addressees(letter, draft)
    changed += _settle_documents(letter, draft.documents)
    if new or changed:
        record(
            actor,
            "letter.created" if new else "letter.changed",
            "letter",
            letter.id,
            letter.id,
            changed=changed,
        )
    return letter, ["created"] if new else changed


def check(draft: Draft) -> None:
    """Raises InvalidInput, naming the field, for a description that cannot become a letter."""
    if not SLUG.fullmatch(draft.slug) or len(draft.slug) > LONGEST_SLUG:
        raise InvalidInput("the slug takes lower-case letters, digits and single hyphens", "slug")
    if draft.time_zone not in available_timezones():
        raise InvalidInput("there is no such time zone", "time_zone")
    if not draft.titles.get(draft.original_language):
        raise InvalidInput("a title in the original language is needed", "title")
    if not draft.hosts:
        raise InvalidInput("a letter needs at least one host", "hosts")
    if not draft.visibilities:
        raise InvalidInput("offer at least one visibility", "visibilities")
    tags = {
        draft.original_language,
        *draft.titles,
        *draft.texts,
        *(a.language for a in draft.addressees if a.language),
    }
    for tag in sorted(tags):
        if not locales.is_known(tag):
            raise InvalidInput(f"{tag!r} is no language CLDR knows", "language")
    _check_texts(draft)
    _check_parties(draft)


def _check_texts(draft: Draft) -> None:
    for text in draft.texts.values():
        if len(text) > LONGEST_TEXT or has_controls(text, lines=True):
            raise InvalidInput(
                f"the text is longer than {LONGEST_TEXT} characters or holds control characters", "text"
            )
    for title in (*draft.titles.values(), *draft.notices.values(), draft.place or "", draft.reference or ""):
        if len(title) > 300 or has_controls(title):
            raise InvalidInput("longer than 300 characters, or holds control characters", "title")


def _check_parties(draft: Draft) -> None:
    for host in draft.hosts:
        if not clean(host.name) or has_controls(host.name):
            raise InvalidInput("a host needs a name", "hosts")
        if host.country_code is not None and host.country_code not in countries.CODES:
            raise InvalidInput("a host's country is a two-letter code", "hosts")
    if len({fold(h.name) for h in draft.hosts}) < len(draft.hosts):
        raise InvalidInput("two hosts have the same name", "hosts")
    for addressee in draft.addressees:
        if not clean(addressee.name) or has_controls(addressee.name):
            raise InvalidInput("an addressee needs a name", "addressees")


def _settle_plain(letter: Letter, draft: Draft) -> list[str]:
    values: dict[str, object] = {
        "original_language": draft.original_language,
        "titles": {tag: clean(text) for tag, text in draft.titles.items()},
        "nouns": dict(draft.nouns),
        "notices": {tag: clean(text) for tag, text in draft.notices.items()},
        "date": draft.date,
        "place": draft.place,
        "reference": draft.reference,
        "time_zone": ZoneInfo(draft.time_zone).key,
        "acceptance": draft.acceptance,
        "at_risk": draft.at_risk,
        "visibilities": [v.value for v in draft.visibilities],
        "order": draft.order,
        "circulation": draft.circulation or letter.circulation,
        "deadline": draft.deadline or letter.deadline,
    }
    changed = [name for name, value in values.items() if getattr(letter, name) != value]
    for name in changed:
        setattr(letter, name, values[name])
    return changed


def _settle_text(letter: Letter, draft: Draft, change: Change | None) -> list[str]:
    texts = {tag: clean_lines(text) for tag, text in draft.texts.items()}
    reviewed = {tag: draft.reviewed is None or tag in draft.reviewed for tag in texts}
    current = letter.text_version
    if current is not None and {t.language: (t.markdown, t.reviewed) for t in current.translations} == {
        tag: (text, reviewed[tag]) for tag, text in texts.items()
    }:
        return []
    if not texts:
        return []
    if current is not None and letter.status is not LetterStatus.DRAFT and change is None:
        raise Conflict("the text of an open letter changes: say --minor or --substantive")
    number = current.number + 1 if current else 1
    version = TextVersion(
        letter_id=letter.id,
        number=number,
        change=Change.FIRST if current is None else change or Change.MINOR,
        created_at=clock.now(),
        translations=[
            Translation(language=tag, markdown=text, reviewed=reviewed[tag]) for tag, text in texts.items()
        ],
    )
    db.session.add(version)
    db.session.flush()  # the letter points at its current version
    letter.text_version = version
    return [f"text (version {number})"]


def _settle_hosts(letter: Letter, drafts: Sequence[HostDraft]) -> list[str]:
    """Hosts are known by their name, so that their links and sign-ons stay theirs."""
    known = {fold(host.name): host for host in letter.hosts}
    before = [_host_values(host) for host in letter.hosts]
    settled = []
    for position, draft in enumerate(drafts):
        host = known.get(fold(draft.name)) or Host(code=_host_code(draft.name))
        host.position, host.name, host.website = position, clean(draft.name), draft.website
        host.country_code, host.contact = draft.country_code, draft.contact
        host.signed_by, host.signed_title = draft.signed_by, draft.signed_title
        if draft.logo is not None:
            host.logo = draft.logo
        settled.append(host)
    letter.hosts = settled
    return ["hosts"] if [_host_values(host) for host in settled] != before else []


def _host_values(host: Host) -> tuple[object, ...]:
    return (host.name, host.website, host.country_code, host.contact, host.signed_by, host.signed_title)


def _host_code(name: str) -> str:
    """A short word for the host's own link, with a few random letters so that it cannot be guessed into
    being.
    """
    return f"{ascii_name(name, 24).lower()}-{secrets.token_hex(2)}"


def _settle_addressees(letter: Letter, draft: Draft) -> list[str]:
    """Addressees are known by their place in the list of those not removed; one that falls away is marked,
    never deleted.
    """
    current = [a for a in letter.addressees if a.removed_at is None]
    known = {fold(a.name): a for a in current}
    before = [_addressee_values(a) for a in current]
    kept = []
    for position, described in enumerate(draft.addressees):
        addressee = known.get(fold(described.name))
        if addressee is None:
            addressee = Addressee(created_at=clock.now())
            letter.addressees.append(addressee)
        _fill_addressee(addressee, described, position, draft.original_language)
        kept.append(addressee)
    for addressee in current:
        if addressee not in kept:
            addressee.removed_at = clock.now()
    return ["addressees"] if [_addressee_values(a) for a in kept] != before else []


def _fill_addressee(addressee: Addressee, described: AddresseeDraft, position: int, language: str) -> None:
    addressee.position, addressee.name = position, clean(described.name)
    addressee.language = described.language or language
    for name in (
        "title",
        "body",
        "email",
        "honorific",
        "salutation",
        "closing",
        "subject",
        "opening",
        "sees",
        "channel",
    ):
        setattr(addressee, name, getattr(described, name))
    copies = [(c.email, c.name, c.title, c.printed) for c in described.copies]
    if copies != [(c.email, c.name, c.title, c.printed) for c in addressee.copies]:
        addressee.copies = [
            Copy(position=n, email=email, name=name, title=title, printed=printed)
            for n, (email, name, title, printed) in enumerate(copies)
        ]


def _addressee_values(a: Addressee) -> tuple[object, ...]:
    plain = (
        a.name,
        a.title,
        a.body,
        a.email,
        a.language,
        a.honorific,
        a.salutation,
        a.closing,
        a.subject,
        a.opening,
    )
    return (*plain, a.sees, a.channel, tuple((c.email, c.name, c.title, c.printed) for c in a.copies))


def _settle_documents(letter: Letter, drafts: Sequence[DocumentDraft]) -> list[str]:
    described = [
        (d.filename, d.title, d.language, d.use, hashlib.sha256(d.content).hexdigest()) for d in drafts
    ]
    if described == [(d.filename, d.title, d.language, d.use, d.sha256) for d in letter.documents]:
        return []
    for document in letter.documents:
        document.removed_at = clock.now()
    letter.kept_documents += [
        Document(
            position=position,
            filename=draft.filename,
            title=clean(draft.title),
            language=draft.language,
            use=draft.use,
            media_type=draft.media_type,
            sha256=hashlib.sha256(draft.content).hexdigest(),
            content=draft.content,
        )
        for position, draft in enumerate(drafts)
    ]
    return ["documents"]
