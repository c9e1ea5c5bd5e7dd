"""What became of a letter to one recipient, said so that nobody believes more than is known."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from campaign.desk import words
from campaign.desk.reasons import reason
from campaign.dispatch.models import Consignment
from campaign.dispatch.queries import progress
from campaign.dispatch.rules import Progress
from campaign.outbox.models import Mail, MailReport
from campaign.outbox.rules import FOUND_ARRIVED, MailState, ReportKind, found_arrived


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where one recipient's copy stands, its word and colour, the sentence, and the relay's own words."""

    progress: Progress
    word: str
    colour: str
    sentence: str
    said: str = ""


def outcome(owed: Consignment, reports: Sequence[MailReport] = (), mended: bool = False) -> Outcome:
    """What is known of one recipient's copy; `reports` are what came back of its mail, oldest first.

    Of one that is `mended`, for it goes to a corrected address instead, nothing more is advised.
    """
    where = progress(owed)
    word, colour = progress_word(where)
    if owed.mail is None:
        return Outcome(where, word, colour, _not_mailed(owed, where))
    newest = reports[-1] if reports else None
    said = newest.words if newest else (owed.mail.answer or "").replace(FOUND_ARRIVED, "")
    return Outcome(where, word, colour, _mailed(owed, owed.mail, newest, mended), said)


def progress_word(where: Progress) -> words.Said:
    """Where a copy stands, in a word with its colour."""
    said: dict[Progress, words.Said] = {
        Progress.PROPOSED: (_("not approved"), "wait"),
        Progress.WAITING: (_("waiting"), "wait"),
        Progress.TRYING: (_("trying"), "wait"),
        Progress.HANDED_OVER: (_("handed over"), "good"),
        Progress.REFUSED: (_("refused"), "wrong"),
        Progress.UNKNOWN: (_("not known"), "wrong"),
        Progress.BOUNCED: (_("came back"), "wrong"),
        Progress.CANCELLED: (_("taken back"), "quiet"),
        Progress.HELD: (_("held"), "wrong"),
        Progress.TO_DO: (_("to do"), "wait"),
        Progress.DONE: (_("done"), "good"),
    }
    return said[where]


def _mailed(owed: Consignment, mail: Mail, newest: MailReport | None, mended: bool) -> str:
    zone = owed.dispatch.letter.time_zone
    due = words.at(mail.due_at, zone)
    ended = words.at(mail.finished_at, zone, seconds=True) if mail.finished_at else ""
    if found_arrived(mail.state, mail.answer):
        return _("A person said that it had left already, %(time)s. No server told us so.", time=ended)
    if mail.state is MailState.ACCEPTED and newest and newest.kind is ReportKind.DELAYED:
        told = words.at(newest.at, zone)
        return _(
            "Handed to our mail relay %(ended)s. At %(told)s a server said it is still trying.",
            ended=ended,
            told=told,
        )
    return {
        MailState.QUEUED: _("Leaves at %(time)s.", time=due),
        MailState.CLAIMED: _("Is being handed over at this moment."),
        MailState.SUBMITTING: _("Is being handed over at this moment."),
        MailState.ACCEPTED: _(
            "Handed to our mail relay %(time)s, no bounce so far (not proof it was read).", time=ended
        ),
        MailState.DEFERRED: _("Asked to wait, trying again %(time)s.", time=due),
        MailState.REFUSED: _refused(_("Refused: %(what)s. %(advice)s"), mail, None, mended),
        MailState.UNKNOWN: _("We do not know whether it left. Ask before you resend."),
        MailState.BOUNCED: _refused(_("It came back: %(what)s. %(advice)s"), mail, newest, mended),
        MailState.HELD: _("Held since the backup was restored: it may have left before. Compare first."),
        MailState.CANCELLED: _("Taken back before it left."),
    }[mail.state]


def _refused(sentence: str, mail: Mail, report: MailReport | None, mended: bool) -> str:
    why = reason(report.words, report.status) if report else reason(mail.answer or "")
    if mail.state is MailState.BOUNCED and report is None:
        why = reason("")  # the relay's own answer was a yes
    return (sentence % {"what": why.what.rstrip("."), "advice": "" if mended else why.advice}).rstrip()


def _not_mailed(owed: Consignment, where: Progress) -> str:
    way, zone = words.channel(owed.channel), owed.dispatch.letter.time_zone
    leaves = owed.dispatch.leaves_at
    if where is Progress.WAITING and leaves:
        return _("Leaves at %(time)s.", time=words.at(leaves, zone))
    if where is Progress.DONE:
        return _("Done %(way)s.", way=way)
    if where is Progress.TO_DO:
        return _(
            "A person brings it %(way)s: print the PDF or paste the text, then close the task here.", way=way
        )
    return {
        Progress.PROPOSED: _("Nothing has left: the release is not approved."),
        Progress.HELD: _("Held since the backup was restored. Nothing leaves by itself."),
    }.get(where, _("Taken back before it left."))
