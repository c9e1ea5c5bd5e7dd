"""After release: what became of each recipient's letter, and what a person still has to do."""

from dataclasses import dataclass
from datetime import date

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from campaign.accounts.rules import Action
from campaign.core import clock
from campaign.core.errors import InvalidInput, NotFound
from campaign.desk.frame import desk, done, refusals, refused, show
from campaign.desk.outcomes import Outcome, outcome
from campaign.dispatch import operations, queries
from campaign.dispatch.mails import text_of
from campaign.dispatch.models import Consignment, Dispatch
from campaign.dispatch.rules import Progress
from campaign.editions.models import EditionFile
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.letters.rules import Channel
from campaign.outbox import operations as outbox
from campaign.outbox.rules import MailState
from campaign.web.guards import actor, allowed

CANCELLABLE = (MailState.QUEUED, MailState.DEFERRED, MailState.HELD)


@dataclass(frozen=True, slots=True)
class Line:
    """One recipient as the page shows it; `text` is ready to be pasted, for other channels than mail."""

    owed: Consignment
    outcome: Outcome
    file: EditionFile | None
    text: str


@desk.get("/letters/<slug>/dispatch")
@allowed(Action.MODERATE)
def dispatch(slug: str) -> ResponseReturnValue:
    """All releases of a letter, newest first."""
    return _dispatch(letter_by_slug(slug))


def _dispatch(letter: Letter, wrong: dict[int, str] | None = None) -> ResponseReturnValue:
    found = queries.dispatches(letter.id)
    return show(
        letter,
        "dispatch",
        422 if wrong else 200,
        releases=[(sent, [_line(owed) for owed in sent.consignments], _left(sent)) for sent in found],
        wrong=wrong or {},
        typed=request.form,
        today=clock.now().date().isoformat(),
        Progress=Progress,
    )


def _line(owed: Consignment) -> Line:
    edition = owed.dispatch.edition
    by_hand = owed.channel is not Channel.MAIL
    file = next((file for file in edition.files if file.addressee_id == owed.addressee_id), None)
    return Line(owed, outcome(owed), file, text_of(owed) if by_hand else "")


def _left(sent: Dispatch) -> int:
    """For how many recipients the release can still be taken back.

    A mail that is due this second is not offered: the worker would be faster than the hand.
    """
    early = sent.leaves_at is not None and sent.leaves_at > clock.now()
    takeable = [s for s in CANCELLABLE if early or s is not MailState.QUEUED]
    return sum(
        owed.mail.state in takeable if owed.mail else owed.done_at is None and not owed.cancelled
        for owed in sent.consignments
    )


@desk.post("/letters/<slug>/dispatch/<int:dispatch_id>/cancel")
@allowed(Action.RELEASE)
def cancel(slug: str, dispatch_id: int) -> ResponseReturnValue:
    """Take back what has not begun to leave."""
    sent = queries.dispatch(letter_by_slug(slug).id, dispatch_id)
    address = url_for("desk.dispatch", slug=slug)
    taken = 0
    with refusals() as refusal:
        taken = operations.cancel(sent, actor())
    if refusal:
        return refused(address, refusal[0])
    return done(address, _("Taken back for %(num)d recipients. Nothing leaves for them.", num=taken))


@desk.post("/letters/<slug>/dispatch/consignments/<int:consignment_id>/decide")
@allowed(Action.RELEASE)
def decide_mail(slug: str, consignment_id: int) -> ResponseReturnValue:
    """A person's word on a mail of which nobody knows whether it left."""
    owed = queries.consignment(letter_by_slug(slug).id, consignment_id)
    if owed.mail_id is None:
        raise NotFound("there is no mail for this recipient")
    address, arrived = url_for("desk.dispatch", slug=slug), request.form.get("decision") == "arrived"
    if not arrived and request.form.get("decision") != "resend":
        raise InvalidInput("say whether it arrived or is to be sent again", "decision")
    with refusals() as refusal:
        outbox.decide(owed.mail_id, arrived, actor())
    if refusal:
        return refused(address, refusal[0])
    return done(address, _("Noted: it arrived.") if arrived else _("It is sent again, with the same bytes."))


@desk.post("/letters/<slug>/dispatch/consignments/<int:consignment_id>/done")
@allowed(Action.RELEASE)
def close_task(slug: str, consignment_id: int) -> ResponseReturnValue:
    """A person brought, posted, faxed or typed it in: the day and a reference."""
    owed = queries.consignment(letter_by_slug(slug).id, consignment_id)
    with refusals() as refusal:
        operations.complete(
            owed, _day(request.form.get("done_on", "")), request.form.get("reference", ""), actor()
        )
    if refusal:
        return _dispatch(letter_by_slug(slug), {consignment_id: refusal[0]})
    return done(url_for("desk.dispatch", slug=slug), _("Noted: %(name)s has it.", name=owed.addressee.name))


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError as fault:
        raise InvalidInput("give the day on which it was done", "done_on") from fault
