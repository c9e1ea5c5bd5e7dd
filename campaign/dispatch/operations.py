"""Releasing an edition to its addressees, taking a release back, and closing tasks."""

import json
from datetime import date, datetime

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.core.text import clean, has_controls
from campaign.dispatch import queries
from campaign.dispatch.mails import written
from campaign.dispatch.models import Consignment, Dispatch
from campaign.dispatch.preview import preview
from campaign.dispatch.rules import DispatchState, Purpose, leaves_at
from campaign.editions.models import Edition
from campaign.editions.rules import EditionState
from campaign.letters.models import Addressee
from campaign.letters.notices import tell
from campaign.letters.rules import Channel, LetterStatus
from campaign.outbox import operations as outbox
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState

LETTER = "campaign.dispatch.mails.letter"
LONGEST = 200


def release(
    edition: Edition, actor: Actor, at: datetime | None = None, at_once: bool = False, reason: str = ""
) -> Dispatch:
    """Owe each addressee of an edition their letter.

    A mail per envelope recipient, or a task for other channels.

    It leaves at once, at `at`, or after the cancellable delay. Raises Conflict when the edition is not ready
    or was released, when its letter is over, or when something about a recipient makes sending impossible.
    """
    _require_ready(edition)
    now = clock.now()
    leaves = leaves_at(now, at, at_once)
    sent = Dispatch(
        letter=edition.letter,
        edition=edition,
        released_at=now,
        released_kind=actor.kind,
        released_by=actor.id,
        purpose=Purpose.LETTER,
        state=DispatchState.LEFT,
        fingerprint="",
        proposed_at=now,
        proposed_kind=actor.kind,
        proposed_by=actor.id,
        left_at=now,
        leaves_at=leaves,
        reason=clean(reason)[:500] or None,
    )
    db.session.add(sent)
    db.session.flush()  # consignments and the audit row need the id
    for plan in preview(edition).plans:
        _owe(sent, plan.addressee, leaves)
    entry = record(
        actor,
        "dispatch.released",
        "dispatch",
        sent.id,
        edition.letter_id,
        edition=edition.number,
        recipients=len(sent.consignments),
        at_once=at_once,
        reason_given=bool(sent.reason),
    )
    tell(entry)
    return sent


def _require_ready(edition: Edition) -> None:
    if edition.letter.status not in (LetterStatus.OPEN, LetterStatus.CLOSED):
        raise Conflict(f"a letter that is {edition.letter.status} is not sent")
    if edition.state is not EditionState.RENDERED:
        raise Conflict("the edition has no files yet")
    if queries.released(edition.id):
        raise Conflict("this edition was released already")
    shown = preview(edition)
    if not shown.plans:
        raise Conflict("the edition has no addressee")
    if shown.stopped:
        raise Conflict("an addressee has no mail address, or a mail is too large")


def _owe(sent: Dispatch, addressee: Addressee, leaves: datetime) -> None:
    """An addressee's consignments: their own, and one per Cc sharing its bytes."""
    first = _consign(sent, addressee, 0, addressee.email)
    first.parts = json.dumps(written(sent.edition, addressee, leaves), ensure_ascii=False)
    if addressee.channel is not Channel.MAIL:
        return
    mail = _post(first, addressee, addressee.email or "", leaves, None)
    for envelope, copy in enumerate(addressee.copies, start=1):
        _post(_consign(sent, addressee, envelope, copy.email), addressee, copy.email, leaves, (first, mail))


def _consign(sent: Dispatch, addressee: Addressee, envelope: int, address: str | None) -> Consignment:
    owed = Consignment(
        dispatch=sent,
        edition_id=sent.edition_id,
        addressee=addressee,
        envelope=envelope,
        channel=addressee.channel,
        address=address,
        cancelled=False,
    )
    db.session.add(owed)
    db.session.flush()  # the mail starts from its id; the unique index speaks here
    return owed


def _post(
    owed: Consignment,
    addressee: Addressee,
    address: str,
    leaves: datetime,
    original: tuple[Consignment, Mail] | None,
) -> Mail:
    mail = outbox.post(
        LETTER,
        original[0].id if original else owed.id,
        recipient=address,
        locale=addressee.language,
        letter_id=addressee.letter_id,
        due_at=leaves,
        same_as=original[1] if original else None,
    )
    owed.mail, owed.shares_id = mail, original[0].id if original else None
    return mail


def cancel(sent: Dispatch, actor: Actor) -> int:
    """Take back what has not begun to leave. Returns how many were taken back.

    When that was all of it, the edition can be released again. Raises Conflict when everything has left.
    """
    taken = 0
    for owed in sent.consignments:
        if owed.mail is not None and owed.mail.state in (
            MailState.QUEUED,
            MailState.DEFERRED,
            MailState.HELD,
        ):
            outbox.cancel(owed.mail.id)
            owed.cancelled = True
            taken += 1
        elif owed.mail is None and owed.done_at is None and not owed.cancelled:
            owed.cancelled = True
            taken += 1
    if not taken:
        raise Conflict("everything has left already")
    if taken == len(sent.consignments):
        sent.cancelled_at, sent.state = clock.now(), DispatchState.CANCELLED
    tell(record(actor, "dispatch.cancelled", "dispatch", sent.id, sent.letter_id, recipients=taken))
    return taken


def complete(owed: Consignment, done_on: date, reference: str, actor: Actor) -> None:
    """A person brought, faxed, posted or typed it in: when, and with which reference.

    Raises Conflict, InvalidInput.
    """
    if owed.channel is Channel.MAIL or owed.cancelled or owed.done_at is not None:
        raise Conflict("there is no open task here")
    reference = clean(reference)
    if len(reference) > LONGEST or has_controls(reference):
        raise InvalidInput(f"the reference is longer than {LONGEST} characters", "reference")
    if done_on > clock.now().date():
        raise InvalidInput("the day is in the future", "done_on")
    owed.done_on, owed.done_by, owed.done_at = done_on, actor.id, clock.now()
    owed.done_reference = reference or None
    record(
        actor, "dispatch.done", "consignment", owed.id, owed.dispatch.letter_id, channel=owed.channel.value
    )
