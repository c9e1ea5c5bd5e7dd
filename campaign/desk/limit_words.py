"""Limits and lists in words."""

from flask_babel import gettext as _
from flask_babel import ngettext

from campaign.core import locales
from campaign.signing.access import Entry
from campaign.signing.pacing import Pace
from campaign.signing.rules import AccessKind, LimitPer, Verdict
from campaign.signing.watching import Traffic, Trial
from campaign.web.language import language


def pace(value: Pace) -> str:
    """A limit as a sentence: "30 sign-ons in 10 minutes from one network, then a person looks"."""
    return _(
        "%(count)s in %(span)s %(per)s, then a person looks.",
        count=count(value.most),
        span=span(value.span),
        per=per(value.per),
    )


def count(number: int) -> str:
    """So many sign-ons."""
    said = locales.format_number(number, language())
    return ngettext("%(figure)s sign-on", "%(figure)s sign-ons", number, figure=said)


def span(seconds: int) -> str:
    """A span in the largest unit that says it exactly."""
    if seconds % 86_400 == 0:
        return ngettext("%(num)d day", "%(num)d days", seconds // 86_400)
    if seconds % 3_600 == 0:
        return ngettext("%(num)d hour", "%(num)d hours", seconds // 3_600)
    if seconds % 60 == 0:
        return ngettext("%(num)d minute", "%(num)d minutes", seconds // 60)
    return ngettext("%(num)d second", "%(num)d seconds", seconds)


def per(value: LimitPer) -> str:
    """What a limit counts sign-ons by."""
    return {
        LimitPer.LETTER: _("on the whole letter"),
        LimitPer.NETWORK: _("from one network"),
        LimitPer.MAILBOX: _("by one mailbox"),
    }[value]


def pers() -> list[tuple[str, str]]:
    """What a limit may count by, as options of a select."""
    return [(value.value, per(value)) for value in LimitPer]


def verdict(value: Verdict) -> tuple[str, str]:
    """Which list something is on, with its colour."""
    return (_("a person always looks"), "wrong") if value == Verdict.DENY else (_("no limit"), "good")


def kind(value: AccessKind) -> str:
    """What a pattern describes."""
    return _("network") if value is AccessKind.NETWORK else _("mail domain")


def network(value: Traffic) -> str:
    """From how many networks sign-ons came, and how many from the busiest."""
    networks = ngettext("from %(num)d network", "from %(num)d networks", value.networks)
    if value.networks < 2:
        return networks
    return _("%(networks)s; the busiest sent %(busiest)s", networks=networks, busiest=value.busiest)


def trial(found: Trial) -> tuple[str, str]:
    """What would become of a sign-on, and the kind of message it is."""
    if found.verdict is Verdict.DENY:
        return _("A person would look at every sign-on from there before it counts."), "refused"
    if found.verdict is Verdict.ALLOW:
        return _("No limit would hold for sign-ons from there."), "done"
    if found.over:
        return _("Over a limit now: the mail would leave later, and a person would look."), "wait"
    return _("A sign-on from there would pass."), "done"


def because(entry: Entry) -> str:
    """The line that decides."""
    where = _("this letter’s list") if entry.own else _("the list for all letters")
    return _(
        "%(pattern)s stands on %(where)s: %(verdict)s.",
        pattern=entry.pattern,
        where=where,
        verdict=verdict(entry.verdict)[0],
    )
