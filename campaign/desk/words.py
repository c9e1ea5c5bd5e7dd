"""The desk's words: each state with its colour, findings before release, and times at a place."""

from collections.abc import Sequence
from datetime import date as Date  # noqa: N812 -- functions here are called by plain words
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from babel import dates
from flask_babel import gettext as _

from campaign.accounts.rules import Action
from campaign.audit.models import AuditEntry
from campaign.audit.rules import ActorKind
from campaign.core import clock, countries, locales
from campaign.core import domains as domain_records
from campaign.dispatch.models import Dispatch
from campaign.dispatch.rules import DispatchState, Purpose
from campaign.editions.rules import EditionState, short_reference
from campaign.letters.models import Letter
from campaign.letters.rules import Channel, Circulation, LetterStatus, Visibility
from campaign.organisations.rules import DomainSource, NameKind, Resemblance, Scope
from campaign.signing.evidence import Grounds
from campaign.signing.models import Import
from campaign.signing.rules import (
    Audience,
    Evidence,
    Flag,
    ImportState,
    InvalidationState,
    SignatureStatus,
    Source,
)
from campaign.web.domain_words import said
from campaign.web.language import language

ACTIONS = tuple(Action)
Said = tuple[str, str]  # a word and the colour it has: good, wait, wrong or quiet
__all__ = ["short_reference"]


def letter_state(letter: Letter) -> Said:
    """Where a letter stands."""
    if letter.status is LetterStatus.OPEN and letter.paused:
        return _("paused"), "wait"
    if letter.status is LetterStatus.OPEN and letter.deadline and letter.deadline < clock.now():
        return _("open, deadline over"), "wait"
    return letter_status(letter.status)


def letter_status(status: LetterStatus) -> Said:
    """How far a letter is, its deadline apart."""
    said: dict[LetterStatus, Said] = {
        LetterStatus.DRAFT: (_("draft"), "quiet"),
        LetterStatus.OPEN: (_("open"), "good"),
        LetterStatus.CLOSED: (_("closed"), "wait"),
        LetterStatus.ARCHIVED: (_("archived"), "quiet"),
        LetterStatus.WITHDRAWN: (_("withdrawn"), "wrong"),
    }
    return said[status]


def circulation(value: Circulation) -> Said:
    """Who can find a letter."""
    return (_("public"), "good") if value is Circulation.PUBLIC else (_("private"), "wait")


def signature_state(status: SignatureStatus) -> Said:
    """Where a sign-on stands."""
    said: dict[SignatureStatus, Said] = {
        SignatureStatus.UNVERIFIED: (_("not confirmed"), "wait"),
        SignatureStatus.PENDING: (_("waiting"), "wait"),
        SignatureStatus.HELD: (_("held"), "wait"),
        SignatureStatus.QUERIED: (_("asked back"), "wait"),
        SignatureStatus.ACCEPTED: (_("accepted"), "good"),
        SignatureStatus.REJECTED: (_("rejected"), "wrong"),
        SignatureStatus.INVALIDATED: (_("invalidated"), "wrong"),
        SignatureStatus.SUPERSEDED: (_("superseded"), "quiet"),
        SignatureStatus.EXPIRED: (_("expired"), "quiet"),
        SignatureStatus.WITHDRAWN: (_("withdrawn"), "quiet"),
    }
    return said[status]


def edition_state(state: EditionState) -> Said:
    """How far an edition is."""
    said: dict[EditionState, Said] = {
        EditionState.FROZEN: (_("frozen, being printed"), "wait"),
        EditionState.RENDERED: (_("ready"), "good"),
        EditionState.FAILED: (_("printing failed"), "wrong"),
    }
    return said[state]


def invalidation_state(state: InvalidationState) -> Said:
    """Where a bulk invalidation stands."""
    said: dict[InvalidationState, Said] = {
        InvalidationState.PROPOSED: (_("not confirmed"), "wait"),
        InvalidationState.RUNNING: (_("at work"), "wait"),
        InvalidationState.CANCELLED: (_("cancelled"), "quiet"),
        InvalidationState.DONE: (_("done"), "good"),
        InvalidationState.UNDOING: (_("being undone"), "wait"),
        InvalidationState.UNDONE: (_("undone"), "quiet"),
    }
    return said[state]


def state(value: StrEnum) -> str:
    """Any state as a word, as it stands in a refusal."""
    if isinstance(value, LetterStatus):
        return letter_status(value)[0]
    if isinstance(value, SignatureStatus):
        return signature_state(value)[0]
    if isinstance(value, EditionState):
        return edition_state(value)[0]
    if isinstance(value, DispatchState):
        return release_status(value)[0]
    return invalidation_state(value)[0] if isinstance(value, InvalidationState) else str(value)


def becomes(status: SignatureStatus) -> Said:
    """What a bulk invalidation makes of a sign-on that stands so."""
    counted = status is SignatureStatus.ACCEPTED
    return signature_state(SignatureStatus.INVALIDATED if counted else SignatureStatus.REJECTED)


def evidence(value: Evidence) -> Said:
    """What speaks for a sign-on being genuine."""
    said: dict[Evidence, Said] = {
        Evidence.NONE: (_("none yet"), "quiet"),
        Evidence.VOUCHED: (_("vouched for"), "wait"),
        Evidence.MAILBOX: (_("mailbox proven"), "good"),
        Evidence.DOMAIN: (_("mailbox of its website"), "good"),
        Evidence.BEFORE: (_("signed before"), "good"),
    }
    return said[value]


def flag(value: str) -> Said:
    """Why a person should look at a sign-on before it counts; what holds it back is coloured wrong."""
    said: dict[str, Said] = {
        Flag.LOOK_ALIKE: (_("look-alike name"), "wrong"),
        Flag.DUPLICATE: (_("possible duplicate"), "wait"),
        Flag.SHARED_MAILBOX: (_("shared mailbox"), "wait"),
        Flag.LIMIT: (_("over a limit"), "wait"),
        Flag.DENIED: (_("on the deny list"), "wrong"),
        Flag.HONEYPOT: (_("trap field filled in"), "wrong"),
    }
    return said.get(value, (value, "wait"))


def import_state(sheet: Import) -> Said:
    """Where a sheet of sign-ons stands."""
    if sheet.state is ImportState.CANCELLED and "taken_back" in sheet.report:
        return _("taken back"), "wrong"
    said: dict[ImportState, Said] = {
        ImportState.UPLOADED: (_("waits for you"), "wait"),
        ImportState.RUNNING: (_("at work"), "wait"),
        ImportState.DONE: (_("brought in"), "good"),
        ImportState.CANCELLED: (_("given up"), "quiet"),
    }
    return said[sheet.state]


def bringer(sheet: Import, people: dict[int, str]) -> str:
    """Who brought a sheet: a coordinator, or the operator by a command."""
    kind = ActorKind.USER if sheet.created_by else ActorKind.OPERATOR
    return somebody(kind, sheet.created_by, people)


def resemblance(value: Resemblance) -> Said:
    """What two names are to each other, as a question to a person."""
    said: dict[Resemblance, Said] = {
        Resemblance.SAME: (_("the same name"), "wait"),
        Resemblance.SIMILAR: (_("may be the same"), "wait"),
        Resemblance.DIFFERENT: (_("different"), "quiet"),
        Resemblance.LOOKALIKE: (_("made to look alike"), "wrong"),
    }
    return said[value]


def name_kind(value: NameKind) -> str:
    """What a name is to its organisation."""
    said = {
        NameKind.NAME: _("name"),
        NameKind.ALIAS: _("also known as"),
        NameKind.FORMER: _("former name"),
        NameKind.ACRONYM: _("acronym"),
    }
    return said[value]


def domain_source(value: DomainSource) -> str:
    """How we know that a domain is an organisation's own."""
    return _("website accepted with a sign-on") if value is DomainSource.WEBSITE else _("mailbox proven")


def grounds(value: Evidence, found: Grounds | None) -> str:
    """What evidence rests on, without an address; empty where there is nothing to tell."""
    if found is None or not found.mailbox:
        return ""
    facts = {"mailbox": found.mailbox, "website": found.website}
    if value is Evidence.BEFORE and found.earlier:
        title = found.earlier.letter.title(language().replace("-", "_"))
        return _("mailbox at %(mailbox)s, which signed for it before: %(title)s", **facts, title=title)
    if value is Evidence.DOMAIN:
        return _("mailbox at %(mailbox)s, the website’s own domain", **facts)
    if found.free:
        return _("mailbox at %(mailbox)s, where anybody can have one", **facts)
    if found.website:
        return _("mailbox at %(mailbox)s, not the domain of the website (%(website)s)", **facts)
    return _("mailbox at %(mailbox)s; no website to compare with", **facts)


def visibility(value: Visibility) -> str:
    """Who may see a name."""
    return {
        Visibility.PUBLIC: _("public"),
        Visibility.ADDRESSEES: _("addressees only"),
        Visibility.UNNAMED: _("counted, not named"),
    }[value]


def audience(value: Audience) -> str:
    """Whom a list is for."""
    return {
        Audience.PUBLIC: _("for the public"),
        Audience.ADDRESSEES: _("for addressees"),
        Audience.COORDINATORS: _("for coordinators"),
    }[value]


def scope(value: Scope) -> str:
    """What kind of signatory."""
    return {
        Scope.NATIONAL: _("national"),
        Scope.REGIONAL: _("regional network"),
        Scope.INTERNATIONAL: _("international network"),
    }[value]


def source(value: Source) -> str:
    """How a sign-on reached us."""
    return {
        Source.FORM: _("the form"),
        Source.IMPORT: _("a sheet"),
        Source.MAIL: _("mail"),
        Source.PHONE: _("phone"),
        Source.MESSAGE: _("a message"),
    }[value]


def domains(found: Sequence[domain_records.Finding]) -> list[tuple[Said, str]]:
    """What was found of the domain our mail comes from, each with its word."""
    verdict = domain_records.Verdict
    words = {
        verdict.GOOD: (_("good"), "good"),
        verdict.WARN: (_("look"), "wait"),
        verdict.BAD: (_("wrong"), "wrong"),
        verdict.NOT_CHECKED: (_("not checked"), "quiet"),
    }
    return [(words[finding.verdict], said(finding)) for finding in found]


def release_state(sent: Dispatch) -> Said:
    """How far a release is."""
    return release_status(sent.state)


def release_status(state: DispatchState) -> Said:
    """The same, of a state alone."""
    said: dict[DispatchState, Said] = {
        DispatchState.PROPOSED: (_("not approved"), "wait"),
        DispatchState.RELEASED: (_("approved, has not left"), "wait"),
        DispatchState.LEFT: (_("left"), "good"),
        DispatchState.HELD: (_("held"), "wrong"),
        DispatchState.CANCELLED: (_("taken back"), "quiet"),
    }
    return said[state]


def purpose(value: Purpose) -> str:
    """Why something goes out, beside the number of its edition."""
    return {
        Purpose.LETTER: "",
        Purpose.CORRECTION: _("to a corrected address"),
        Purpose.REMINDER: _("as a reminder"),
    }[value]


def channel(value: Channel) -> str:
    """How a letter reaches its addressee."""
    return {
        Channel.MAIL: _("by mail"),
        Channel.PORTAL: _("through a portal"),
        Channel.POST: _("by post"),
        Channel.FAX: _("by fax"),
        Channel.HAND: _("by hand"),
    }[value]


def country(code: str | None, own: countries.Names) -> str:
    """A country's name in the language of the page, as the letter words it; empty for none."""
    return countries.name(code, language(), own) if code else ""


def country_names(own: countries.Names) -> list[str]:
    """All countries as the letter words them, as a field with suggestions offers them."""
    return [name for _code, name in countries.choices(language(), own)]


def since(moment: datetime) -> str:
    """How long ago, in one unit: "3 days"."""
    passed = max(clock.now() - moment, timedelta(seconds=1))
    return dates.format_timedelta(passed, granularity="minute", locale=locales.parse(language()))


def at(moment: datetime, zone: str, seconds: bool = False) -> str:
    """A clock time at a place, with the day when it is not today's: "09:15 CET", "2 Feb, 18:00 CET"."""
    local, tag = moment.astimezone(ZoneInfo(zone)), language().replace("-", "_")
    time = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    here = clock.now().astimezone(ZoneInfo(zone))
    name = local.tzname() or ""
    time = f"{time} {name if name.isalpha() else f'UTC{name}'}"
    if local.date() == here.date():
        return time
    skeleton = "MMMd" if local.year == here.year else "yMMMd"
    day = dates.format_skeleton(skeleton, local, tzinfo=local.tzinfo, locale=locales.parse(tag))
    return f"{day}{locales.comma(tag)} {time}"


def when(moment: datetime, zone: str) -> str:
    """An hour that was set: "Monday 3 February, 09:00 Zurich (08:00 UTC)"."""
    this_year = clock.now().astimezone(ZoneInfo(zone)).year
    return locales.format_appointment(moment, zone, language(), this_year)


def day(date: Date) -> str:
    """A day in full: "2 February 2026"."""
    return locales.format_date(date, language())


def size(octets: int) -> str:
    """A size in KB or MB."""
    if octets < 1_000_000:
        return _("%(size)s KB", size=locales.format_number(max(octets // 1000, 1), language()))
    return _("%(size)s MB", size=locales.format_number(round(octets / 1_000_000, 1), language()))


def language_name(tag: str) -> str:
    """What the language of the page calls a language."""
    if not locales.is_known(tag):
        return tag
    return locales.parse(tag).get_display_name(locales.parse(language())) or tag


def actor(entry: AuditEntry, people: dict[int, str]) -> str:
    """Who did it; `people` are addresses of accounts by id."""
    return somebody(entry.actor_kind, entry.actor_id, people)


def somebody(kind: ActorKind, account_id: int | None, people: dict[int, str]) -> str:
    """A coordinator by their address, anybody else by what they are."""
    if kind is ActorKind.USER:
        return people.get(account_id or 0, _("a former coordinator"))
    return {
        ActorKind.OPERATOR: _("operator of the server"),
        ActorKind.SIGNATORY: _("the signatory"),
        ActorKind.VISITOR: _("a visitor"),
        ActorKind.WORKER: _("the program"),
        ActorKind.SETTING: _("the letter’s setting"),
    }[kind]
