"""Sending once more, on a person's word: to a corrected address, or as a reminder; and what nobody knows."""

from collections.abc import Callable

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from campaign.accounts.rules import Action
from campaign.core.errors import InvalidInput, NotFound
from campaign.desk.dispatch import dispatch_page
from campaign.desk.frame import desk, done, refusals, refused
from campaign.desk.releases import proposed
from campaign.dispatch import amends, queries
from campaign.dispatch.models import Consignment, Dispatch
from campaign.letters.queries import letter_by_slug
from campaign.outbox import operations as outbox
from campaign.outbox.rules import MailState
from campaign.web.guards import actor, allowed


@desk.post("/letters/<slug>/dispatch/consignments/<int:consignment_id>/decide")
@allowed(Action.RELEASE)
def decide_mail(slug: str, consignment_id: int) -> ResponseReturnValue:
    """A person's word on a mail of which nobody knows whether it left, or that is held after a restore."""
    owed = queries.consignment(letter_by_slug(slug).id, consignment_id)
    if owed.mail_id is None:
        raise NotFound("there is no mail for this recipient")
    address, arrived = url_for("desk.dispatch", slug=slug), request.form.get("decision") == "arrived"
    if not arrived and request.form.get("decision") != "resend":
        raise InvalidInput("say whether it arrived or is to be sent again", "decision")
    held = owed.mail is not None and owed.mail.state is MailState.HELD
    with refusals() as refusal:
        outbox.decide(owed.mail_id, arrived, actor())
    if refusal:
        return refused(address, refusal[0])
    return done(address, _decided(held, arrived))


def _decided(held: bool, arrived: bool) -> str:
    if held:
        return _("Noted: it had left. It is not sent.") if arrived else _("It leaves now.")
    return _("Noted: it arrived.") if arrived else _("It is sent again, with the same bytes.")


@desk.post("/letters/<slug>/dispatch/consignments/<int:consignment_id>/correct")
@allowed(Action.RELEASE)
def correct_address(slug: str, consignment_id: int) -> ResponseReturnValue:
    """Write a corrected address into the letter, and propose to send there what came back."""
    return _once_more(
        slug, consignment_id, lambda owed: amends.correct(owed, request.form.get("address", ""), actor())
    )


@desk.post("/letters/<slug>/dispatch/consignments/<int:consignment_id>/remind")
@allowed(Action.RELEASE)
def send_reminder(slug: str, consignment_id: int) -> ResponseReturnValue:
    """Propose to send the same edition again, with words before it."""
    return _once_more(
        slug, consignment_id, lambda owed: amends.remind(owed, request.form.get("covering", ""), actor())
    )


def _once_more(slug: str, consignment_id: int, act: Callable[[Consignment], Dispatch]) -> ResponseReturnValue:
    letter = letter_by_slug(slug)
    owed = queries.consignment(letter.id, consignment_id)
    queries.dispatch(letter.id, owed.dispatch_id, lock=True)  # a second click waits for the first
    with refusals() as refusal:
        sent = act(owed)
    if refusal:
        return dispatch_page(letter_by_slug(slug), {consignment_id: refusal[0]})
    return done(url_for("desk.dispatch", slug=slug), proposed(sent))
