"""After release: what became of each recipient's letter, and what a person still has to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_security import current_user

from campaign.accounts.queries import releasers
from campaign.accounts.rules import Action
from campaign.core import clock
from campaign.desk.answers import day_of
from campaign.desk.files import refusal_status, upload
from campaign.desk.frame import desk, done, refusals, replaced_among, show
from campaign.desk.happened import Told, copy_name, told
from campaign.desk.outcomes import Outcome, outcome
from campaign.desk.releases import standing
from campaign.dispatch import queries
from campaign.dispatch.models import Consignment, Dispatch
from campaign.dispatch.responses import Deed, complete
from campaign.dispatch.rules import DispatchState, Progress, Purpose, needs_second_person
from campaign.dispatch.timeline import timelines
from campaign.dispatch.writing import text_of
from campaign.editions.models import EditionFile
from campaign.letters.models import Addressee, Letter
from campaign.letters.queries import letter_by_slug
from campaign.letters.rules import Channel
from campaign.outbox.models import MailAttempt
from campaign.outbox.queries import attempts_of, reports_of
from campaign.outbox.rules import MailState
from campaign.web.guards import actor, allowed

# One that is queued has left the release and is due: the worker would be faster than the hand.
CANCELLABLE = (MailState.DEFERRED, MailState.HELD)
# What a person may do about a recipient, by where their copy stands.
ACTS = {
    Progress.UNKNOWN: "decide",
    Progress.HELD: "compare",
    Progress.REFUSED: "correct",
    Progress.BOUNCED: "correct",
    Progress.HANDED_OVER: "remind",
    Progress.TO_DO: "close",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One recipient as the page shows it.

    `text` is ready to be pasted, for other channels than mail; `act` is what a person may do; `tried` is the
    last try; `instead` is what went to their corrected address; `reported` are a server's words that came
    back since.
    """

    owed: Consignment
    copy: str
    outcome: Outcome
    act: str
    file: EditionFile | None
    text: str
    tried: MailAttempt | None
    instead: Consignment | None
    reported: str


@dataclass(frozen=True, slots=True)
class Section:
    """One release with its recipients, for how many it can be taken back, and what it waits for."""

    sent: Dispatch
    lines: Sequence[Line]
    left: int
    standing: str


@desk.get("/letters/<slug>/dispatch")
@allowed(Action.MODERATE)
def dispatch(slug: str) -> ResponseReturnValue:
    """All releases of a letter, newest first, those that wait for somebody before all others."""
    return dispatch_page(letter_by_slug(slug))


def dispatch_page(
    letter: Letter, wrong: Mapping[int, str] | None = None, status: int = 422
) -> ResponseReturnValue:
    """The page; `wrong` has a sentence by consignment, and there what was typed is kept."""
    found = queries.dispatches(letter.id)
    sections = _sections(found)
    return show(
        letter,
        "dispatch",
        status if wrong else 200,
        sections=sorted(sections, key=lambda section: not section.standing),
        addressees=_last_events(letter, found),
        second_person=needs_second_person(releasers(), current_user.id),
        wrong=wrong or {},
        typed=request.form,
        today=clock.now().date().isoformat(),
    )


def _sections(found: Sequence[Dispatch]) -> list[Section]:
    mails = [owed.mail_id for sent in found for owed in sent.consignments if owed.mail_id is not None]
    tries, reports, instead = attempts_of(mails), reports_of(mails), replaced_among(found)

    def line(owed: Consignment) -> Line:
        came_back = reports.get(owed.mail_id or 0, ())
        became = outcome(owed, came_back, owed.id in instead)
        tried = tries.get(owed.mail_id or 0, ())
        by_hand = owed.channel is not Channel.MAIL
        return Line(
            owed,
            copy_name(owed),
            became,
            _act(owed, became.progress, instead),
            _file(owed) if by_hand else None,
            text_of(owed) if by_hand else "",
            tried[-1] if tried else None,
            instead.get(owed.id),
            came_back[-1].words if came_back else "",
        )

    return [Section(s, [line(owed) for owed in s.consignments], _takeable(s), standing(s)) for s in found]


def _act(owed: Consignment, where: Progress, instead: Mapping[int, Consignment]) -> str:
    """What a person may do: nothing about a mail of a release that is itself held, or that was replaced."""
    if owed.id in instead or owed.dispatch.state is DispatchState.HELD:
        return ""
    act = ACTS.get(where, "")
    whole = owed.envelope == 0 and owed.dispatch.purpose is not Purpose.REMINDER
    return act if act != "remind" or whole else ""


def _file(owed: Consignment) -> EditionFile | None:
    files = owed.dispatch.edition.files
    return next((f for f in files if (f.addressee_id, f.reader) == (owed.addressee_id, owed.reader)), None)


def _takeable(sent: Dispatch) -> int:
    """For how many recipients the release can still be taken back."""
    if sent.state is DispatchState.CANCELLED:
        return 0
    return sum(
        owed.mail.state in CANCELLABLE if owed.mail else owed.done_at is None and not owed.cancelled
        for owed in sent.consignments
    )


def _last_events(letter: Letter, found: Sequence[Dispatch]) -> list[tuple[Addressee, Told | None]]:
    """Each addressee to whom anything happened, or who is on the letter, with what happened last."""
    lines = timelines(found, queries.responses(letter.id))
    return [
        (whom, told(lines[whom.id][-1], whom) if lines.get(whom.id) else None)
        for whom in letter.addressees
        if whom.removed_at is None or whom.id in lines
    ]


@desk.post("/letters/<slug>/dispatch/consignments/<int:consignment_id>/done")
@allowed(Action.RELEASE)
def close_task(slug: str, consignment_id: int) -> ResponseReturnValue:
    """A person brought, posted, faxed or typed it in: the day, who, a reference, a scan of the receipt."""
    owed, scan = queries.consignment(letter_by_slug(slug).id, consignment_id), upload("scan")
    who, reference = request.form.get("who", ""), request.form.get("reference", "")
    with refusals() as refusal:
        complete(
            owed, Deed(day_of(request.form.get("done_on", ""), "done_on"), who, reference, scan), actor()
        )
    if refusal:
        return dispatch_page(letter_by_slug(slug), {consignment_id: refusal[0]}, refusal_status(scan))
    return done(url_for("desk.dispatch", slug=slug), _("Noted: %(name)s has it.", name=owed.addressee.name))
