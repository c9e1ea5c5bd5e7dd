"""What became of a letter to one recipient, said so that nobody believes more than is known."""

from dataclasses import dataclass

from flask_babel import gettext as _

from campaign.desk import words
from campaign.dispatch.models import Consignment
from campaign.dispatch.queries import progress
from campaign.dispatch.rules import Progress
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState


@dataclass(frozen=True, slots=True)
class Outcome:
    """A state's word with its colour, the sentence, and whether a person has to say what became of it."""

    progress: Progress
    word: str
    colour: str
    sentence: str


def outcome(owed: Consignment) -> Outcome:
    """What is known of one recipient's letter."""
    where, zone = progress(owed), owed.dispatch.letter.time_zone
    word, colour = _said(where)
    return Outcome(where, word, colour, _mailed(owed.mail, zone) if owed.mail else _task(owed, where))


def _said(where: Progress) -> words.Said:
    said: dict[Progress, words.Said] = {
        Progress.WAITING: (_("waiting"), "wait"),
        Progress.TRYING: (_("trying"), "wait"),
        Progress.HANDED_OVER: (_("handed over"), "good"),
        Progress.REFUSED: (_("refused"), "wrong"),
        Progress.UNKNOWN: (_("not known"), "wrong"),
        Progress.BOUNCED: (_("came back"), "wrong"),
        Progress.CANCELLED: (_("taken back"), "quiet"),
        Progress.HELD: (_("held"), "wait"),
        Progress.TO_DO: (_("to do"), "wait"),
        Progress.DONE: (_("done"), "good"),
    }
    return said[where]


def _mailed(mail: Mail, zone: str) -> str:
    due = words.at(mail.due_at, zone)
    ended = words.at(mail.finished_at, zone, seconds=True) if mail.finished_at else ""
    return {
        MailState.QUEUED: _("Leaves at %(time)s.", time=due),
        MailState.CLAIMED: _("Is being handed over at this moment."),
        MailState.SUBMITTING: _("Is being handed over at this moment."),
        MailState.ACCEPTED: _(
            "Handed to our mail relay %(time)s, no bounce so far (not proof it was read).", time=ended
        ),
        MailState.DEFERRED: _("Asked to wait, trying again %(time)s.", time=due),
        MailState.REFUSED: _("Refused. Correct the address."),
        MailState.UNKNOWN: _("We do not know whether it left. Ask before you resend."),
        MailState.BOUNCED: _("It came back. Correct the address."),
        MailState.HELD: _("Held: somebody has to say that it may leave."),
        MailState.CANCELLED: _("Taken back before it left."),
    }[mail.state]


def _task(owed: Consignment, where: Progress) -> str:
    way = words.channel(owed.channel)
    if where is Progress.CANCELLED:
        return _("Taken back before it was done.")
    if where is Progress.DONE:
        return _("Done %(way)s.", way=way)
    return _(
        "A person brings it %(way)s: print the PDF or paste the text, then close the task here.", way=way
    )
