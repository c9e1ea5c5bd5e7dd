"""A letter as described, by files or by the desk's form, and what such a description must hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date as Date  # noqa: N812 -- the field is called `date`
from datetime import datetime

from campaign.core import clock, countries, locales
from campaign.core.country_overrides import check_names
from campaign.core.errors import InvalidInput
from campaign.core.sealing import checked_key
from campaign.core.text import clean, fold, has_controls
from campaign.letters.rules import (
    DEFAULT_RELEASE_DELAY,
    LONGEST_SLUG,
    RELEASE_DELAYS,
    SLUG,
    Acceptance,
    Change,
    Channel,
    Circulation,
    DocumentUse,
    Order,
    Sees,
    Silence,
    TextRule,
    Visibility,
)

LONGEST_TEXT = 60_000
LONGEST = {
    "name": 200,
    "website": 300,
    "signed_by": 120,
    "signed_title": 120,
    "title": 200,
    "body": 200,
    "honorific": 120,
    "salutation": 200,
    "closing": 300,
    "subject": 200,
    "opening": 5_000,
    "filename": 120,
    "media_type": 100,
}


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
    """A Cc as described; `sees` None means the names its addressee sees."""

    email: str
    name: str | None = None
    title: str | None = None
    printed: bool = False
    sees: Sees | None = None


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


Described = HostDraft | AddresseeDraft | CopyDraft | DocumentDraft


@dataclass(frozen=True, slots=True)
class Draft:
    """A whole letter as described.

    `texts`, `titles`, `nouns`, `notices` are keyed by language; `reviewed` None means all are.
    `release_delay` is in minutes. `text_rule`, `silence` and `further_bodies` are what the form promises;
    None leaves them as they are. `country_names` has its own names: by code, by language.
    `sealed_to` is a public key of age; empty is none, None leaves it as it is.
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
    release_delay: int = DEFAULT_RELEASE_DELAY
    text_rule: TextRule | None = None
    silence: Silence | None = None
    further_bodies: bool | None = None
    country_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sealed_to: str | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """What a change of an open letter means to those who signed it.

    A substantive one has a `summary`, said in public (empty: the words differ, that is all), and a moment by
    which they are asked to confirm again (None: the usual time).
    """

    change: Change
    summary: str = ""
    reconfirm_by: datetime | None = None


def check(draft: Draft) -> None:
    """Raises InvalidInput, naming the field, for a description that cannot become a letter."""
    if not SLUG.fullmatch(draft.slug) or len(draft.slug) > LONGEST_SLUG:
        raise InvalidInput("the slug takes lower-case letters, digits and single hyphens", "slug")
    if draft.time_zone not in clock.zones():
        raise InvalidInput("there is no such time zone", "time_zone")
    if not draft.titles.get(draft.original_language):
        raise InvalidInput("a title in the original language is needed", "title")
    if not draft.hosts:
        raise InvalidInput("a letter needs at least one host", "hosts")
    if not draft.visibilities:
        raise InvalidInput("offer at least one visibility", "visibilities")
    if set(draft.visibilities) == {Visibility.ADDRESSEES} and not _has_reader(draft):
        raise InvalidInput(
            "nobody the letter goes to sees more than public names; offer another visibility too",
            "visibilities",
        )
    if draft.release_delay not in RELEASE_DELAYS:
        raise InvalidInput(
            "a release can be taken back for %(least)d to %(most)d minutes",
            "release_delay",
            least=RELEASE_DELAYS[0],
            most=RELEASE_DELAYS[-1],
        )
    tags = {
        draft.original_language,
        *draft.titles,
        *draft.texts,
        *(a.language for a in draft.addressees if a.language),
    }
    for tag in sorted(tags):
        if not locales.is_known(tag):
            raise InvalidInput("“%(tag)s” is no language CLDR knows", "language", tag=tag)
    check_names(draft.country_names)
    if draft.sealed_to:
        checked_key(draft.sealed_to)
    _check_texts(draft)
    _check_parties(draft)


def _has_reader(draft: Draft) -> bool:
    """Whether anybody it goes to sees names withheld from the public."""
    return any(
        Sees.ALL in (addressee.sees, *(copy.sees for copy in addressee.copies))
        for addressee in draft.addressees
    )


def _check_texts(draft: Draft) -> None:
    for text in draft.texts.values():
        if len(text) > LONGEST_TEXT or has_controls(text, lines=True):
            raise InvalidInput(
                "the text is longer than %(longest)d characters or holds control characters",
                "text",
                longest=LONGEST_TEXT,
            )
    for title in (*draft.titles.values(), *draft.notices.values(), draft.place or "", draft.reference or ""):
        if len(title) > 300 or has_controls(title):
            raise InvalidInput("longer than 300 characters, or holds control characters", "title")


def _check_parties(draft: Draft) -> None:
    copies = [copy for addressee in draft.addressees for copy in addressee.copies]
    described: list[Described] = [*draft.hosts, *draft.addressees, *copies, *draft.documents]
    for party in described:
        _check_lines(party)
    for host in draft.hosts:
        if not clean(host.name) or has_controls(host.name):
            raise InvalidInput("a host needs a name", "hosts")
        if host.country_code is not None and host.country_code not in countries.CODES:
            raise InvalidInput("a host's country is a two-letter code", "hosts")
    if len({fold(h.name) for h in draft.hosts}) < len(draft.hosts):
        raise InvalidInput("two hosts have the same name", "hosts")
    if len({fold(a.name) for a in draft.addressees}) < len(draft.addressees):
        raise InvalidInput("two addressees have the same name", "addressees")
    for addressee in draft.addressees:
        if not clean(addressee.name) or has_controls(addressee.name):
            raise InvalidInput("an addressee needs a name", "addressees")


def _check_lines(described: Described) -> None:
    """Every line of a party or document fits its column and can be printed."""
    for name, longest in LONGEST.items():
        value = getattr(described, name, None) or ""
        if len(value) > longest or has_controls(value, lines=name == "opening"):
            raise InvalidInput(
                "longer than %(longest)d characters, or holds control characters", name, longest=longest
            )
