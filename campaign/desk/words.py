"""The desk's words: each state with its colour, findings before release, and times at a place."""

from collections.abc import Sequence
from datetime import date as Date  # noqa: N812 -- functions here are called by plain words
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel import dates
from flask_babel import gettext as _
from flask_babel import ngettext

from campaign.accounts.rules import Action
from campaign.audit.models import AuditEntry
from campaign.audit.rules import ActorKind
from campaign.core import clock, countries, locales
from campaign.core import domains as domain_records
from campaign.dispatch.models import Dispatch
from campaign.dispatch.preview import Finding
from campaign.dispatch.rules import Check, DispatchState, Purpose
from campaign.editions.rules import EditionState, short_reference
from campaign.letters.models import Letter
from campaign.letters.rules import Channel, Circulation, LetterStatus, Visibility
from campaign.organisations.rules import Scope
from campaign.signing.rules import Evidence, SignatureStatus, Source
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
    said: dict[LetterStatus, Said] = {
        LetterStatus.DRAFT: (_("draft"), "quiet"),
        LetterStatus.OPEN: (_("open"), "good"),
        LetterStatus.CLOSED: (_("closed"), "wait"),
        LetterStatus.ARCHIVED: (_("archived"), "quiet"),
        LetterStatus.WITHDRAWN: (_("withdrawn"), "wrong"),
    }
    return said[letter.status]


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


def evidence(value: Evidence) -> Said:
    """What speaks for a sign-on being genuine."""
    said: dict[Evidence, Said] = {
        Evidence.NONE: (_("none yet"), "quiet"),
        Evidence.VOUCHED: (_("vouched for"), "wait"),
        Evidence.MAILBOX: (_("mailbox proven"), "good"),
    }
    return said[value]


def visibility(value: Visibility) -> str:
    """Who may see a name."""
    return {
        Visibility.PUBLIC: _("public"),
        Visibility.ADDRESSEES: _("addressees only"),
        Visibility.UNNAMED: _("counted, not named"),
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
    said: dict[DispatchState, Said] = {
        DispatchState.PROPOSED: (_("not approved"), "wait"),
        DispatchState.RELEASED: (_("approved, has not left"), "wait"),
        DispatchState.LEFT: (_("left"), "good"),
        DispatchState.HELD: (_("held"), "wrong"),
        DispatchState.CANCELLED: (_("taken back"), "quiet"),
    }
    return said[sent.state]


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


def country(code: str | None) -> str:
    """A country's name in the language of the page; empty for none."""
    return countries.name(code, language()) if code else ""


def country_names() -> list[str]:
    """All countries, as a field with suggestions offers them."""
    return [name for _code, name in countries.choices(language())]


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
    return f"{dates.format_skeleton(skeleton, local, tzinfo=local.tzinfo, locale=locales.parse(tag))}, {time}"


def when(moment: datetime, zone: str) -> str:
    """An hour that was set: "Monday 3 February, 09:00 Zurich (08:00 UTC)"."""
    this_year = clock.now().astimezone(ZoneInfo(zone)).year
    return locales.format_appointment(moment, zone, language(), this_year)


def day(date: Date) -> str:
    """A day in full: "2 February 2026"."""
    return locales.format_date(date, language())


def size(octets: int) -> str:
    """A size in KB or MB."""
    return f"{octets / 1_000_000:.1f} MB" if octets >= 1_000_000 else f"{max(octets // 1000, 1)} KB"


def finding(found: Finding) -> str:
    """What a check found, as a sentence."""
    if found.check is Check.UNDECIDED:
        return ngettext(
            "%(num)d confirmed sign-on waits for a decision and will not be in.",
            "%(num)d confirmed sign-ons wait for a decision and will not be in.",
            found.count,
        )
    if found.check is Check.UNCONFIRMED:
        return ngettext(
            "%(num)d sign-on is not confirmed yet and will not be in.",
            "%(num)d sign-ons are not confirmed yet and will not be in.",
            found.count,
        )
    return _about(found)


def _about(found: Finding) -> str:
    what = found.about
    return {
        Check.NOT_REVIEWED: _("%(what)s is not reviewed.", what=language_name(what)),
        Check.NO_SALUTATION: _("There is no salutation for %(what)s: cannot send.", what=what),
        Check.NO_ADDRESS: _("There is no mail address for %(what)s: cannot send.", what=what),
        Check.TOO_LARGE: _("The mail to %(what)s is larger than 7 MB: cannot send.", what=what),
        Check.OUTDATED: _(
            "The list has changed since this edition was frozen. A new edition would have what is new."
        ),
        Check.CHANGED: _(
            "Name or salutation of %(what)s changed after this edition was frozen; the PDF still has the old "
            "ones. A new edition would have the new ones.",
            what=what,
        ),
        Check.SEES_LESS: _(
            "%(what)s was set to see fewer names after this edition was frozen: cannot send. A new edition "
            "would fit.",
            what=what,
        ),
        Check.NOT_INSIDE: _(
            "%(what)s was added after this edition was frozen and will not get it. A new edition would "
            "include them.",
            what=what,
        ),
        Check.NOT_MARKED: _(
            "%(what)s got an earlier list after this edition was frozen, so it cannot show what is new to "
            "them. A new edition would.",
            what=what,
        ),
    }[found.check]


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
