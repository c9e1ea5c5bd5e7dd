"""The lines of an addressee's timeline in words."""

from dataclasses import dataclass

from flask_babel import gettext as _

from campaign.desk import words
from campaign.desk.reasons import reason
from campaign.dispatch.models import Consignment, KeptFile, Response
from campaign.dispatch.timeline import Event, Happened
from campaign.letters.models import Addressee

COLOURS = {
    Happened.HANDED_OVER: "good",
    Happened.DONE: "good",
    Happened.ACKNOWLEDGED: "good",
    Happened.REPLIED: "good",
    Happened.DEFERRED: "wait",
    Happened.DELAYED: "wait",
    Happened.REFUSED: "wrong",
    Happened.BOUNCED: "wrong",
    Happened.UNKNOWN: "wrong",
}
QUOTED = (Happened.HANDED_OVER, Happened.DEFERRED, Happened.DELAYED, Happened.REFUSED, Happened.BOUNCED)


@dataclass(frozen=True, slots=True)
class Told:
    """One line: when, what, its colour, which Cc it is about, somebody's own words, and the answer itself."""

    when: str
    sentence: str
    colour: str = "quiet"
    copy: str = ""
    said: str = ""
    quoted: bool = False
    scan: KeptFile | None = None
    response: Response | None = None


def told(event: Event, addressee: Addressee) -> Told:
    """An event of that addressee's timeline."""
    zone, happened = addressee.letter.time_zone, event.happened
    when = (
        words.day(event.at.date())
        if event.whole_day
        else words.at(event.at, zone, seconds=happened is Happened.HANDED_OVER)
    )
    return Told(
        when,
        _sentence(event),
        COLOURS.get(happened, "quiet"),
        copy_name(event.consignment),
        event.words,
        happened in QUOTED or happened is Happened.UNKNOWN,
        event.consignment.done_scan if event.consignment and happened is Happened.DONE else None,
        event.response if happened is not Happened.PUBLISHED else None,
    )


def copy_name(owed: Consignment | None) -> str:
    """Whom of an addressee's Cc a consignment is for; empty for the addressee."""
    if owed is None or owed.envelope == 0:
        return ""
    copy = next((c for c in owed.addressee.copies if c.id == owed.envelope), None)
    return (copy.name if copy else None) or owed.address or _("a former Cc")


def _sentence(event: Event) -> str:
    owed = event.consignment
    what = _what(owed) if owed else ""
    if event.happened in (Happened.REFUSED, Happened.BOUNCED):
        why = reason(event.words).what.rstrip(".")
        if event.happened is Happened.REFUSED:
            return _("Refused: %(why)s.", why=why)
        return _("It came back: %(why)s.", why=why)
    return {
        Happened.PROPOSED: _("%(what)s was proposed.", what=what),
        Happened.RELEASED: _("%(what)s was released.", what=what),
        Happened.CANCELLED: _("%(what)s was taken back.", what=what),
        Happened.HANDED_OVER: _("Handed to our mail relay."),
        Happened.DEFERRED: _("Asked to wait."),
        Happened.UNKNOWN: _("We do not know whether it left."),
        Happened.FOUND_ARRIVED: _("A person said that it had left already."),
        Happened.DELAYED: _("A server on the way says it is still trying."),
        Happened.DONE: _("Done %(way)s.", way=words.channel(owed.channel)) if owed else "",
        Happened.ACKNOWLEDGED: _("They acknowledged it."),
        Happened.REPLIED: _("They replied."),
        Happened.PUBLISHED: _("Their reply was published."),
    }[event.happened]


def _what(owed: Consignment) -> str:
    number, purpose = owed.dispatch.edition.number, words.purpose(owed.dispatch.purpose)
    if purpose:
        return _("List no. %(number)d, %(purpose)s,", number=number, purpose=purpose)
    return _("List no. %(number)d", number=number)
