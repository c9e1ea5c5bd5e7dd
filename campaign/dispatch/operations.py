"""The verbs of a release: propose, approve, let go as an operator, leave at its time, take back."""

import json
from dataclasses import dataclass
from datetime import datetime

from campaign.accounts.models import User
from campaign.accounts.queries import releasers
from campaign.audit.models import AuditEntry
from campaign.audit.operations import record
from campaign.audit.rules import WORKER, Actor, ActorKind
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput, NotAllowed
from campaign.core.text import clean
from campaign.dispatch.fingerprint import fingerprint
from campaign.dispatch.models import Consignment, Dispatch
from campaign.dispatch.news import tell_coordinators
from campaign.dispatch.preview import Preview, preview
from campaign.dispatch.queries import owed
from campaign.dispatch.rules import (
    DispatchState,
    Purpose,
    advance,
    check_covering,
    leaves_at,
    needs_second_person,
)
from campaign.dispatch.writing import Envelope, Errand, Group, groups, written
from campaign.editions.models import Edition
from campaign.editions.rules import EditionState
from campaign.letters.models import Addressee
from campaign.letters.notices import tell
from campaign.letters.rules import Channel, Circulation, LetterStatus
from campaign.outbox import operations as outbox
from campaign.outbox.rules import MailState

LETTER = "campaign.dispatch.mails.letter"
TRIAL = "campaign.dispatch.mails.trial"
SENDABLE = (LetterStatus.OPEN, LetterStatus.CLOSED)


@dataclass(frozen=True, slots=True)
class Choice:
    """What coordinators choose about a release.

    `ticked` are addressees' ids; `at` is when it leaves (None: as soon as it may); `publishes` makes a
    private letter public after it, `publishes_anyway` also when a server refuses the letter; `covering` goes
    before a further list.
    """

    ticked: frozenset[int]
    at: datetime | None = None
    publishes: bool = False
    publishes_anyway: bool = True
    covering: str = ""


def propose(edition: Edition, choice: Choice, seen: str, actor: Actor) -> Dispatch:
    """Ask to send an edition to those ticked; `seen` is the fingerprint of the preview that was looked at.

    Where nobody else could approve, it is released at once and leaves after the letter's delay.
    Raises Conflict, also when something changed since the preview, and InvalidInput.
    """
    errand = Errand(edition, Purpose.LETTER, check_covering(choice.covering))
    require_ready(edition)
    shown = preview(errand, choice.ticked)
    _require_seen(shown.fingerprint, seen)
    if not shown.plans:
        raise InvalidInput("choose at least one addressee", "to")
    if shown.stopped_at_the_desk:
        raise Conflict("something about a recipient makes sending impossible")
    _require_not_owed(edition, shown)
    sent = begin(errand, choice, shown.fingerprint, actor)
    for plan in shown.plans:
        owe_group(sent, plan.addressee, plan.group)
    return settle_proposal(sent, actor)


def begin(errand: Errand, choice: Choice, seen: str, actor: Actor) -> Dispatch:
    """A proposed release without recipients yet. Raises InvalidInput for a time that cannot be."""
    letter, now = errand.edition.letter, clock.now()
    if choice.at is not None:
        leaves_at(now, choice.at, 0)
    sent = Dispatch(
        letter=letter,
        edition=errand.edition,
        purpose=errand.purpose,
        state=DispatchState.PROPOSED,
        fingerprint=seen,
        covering=errand.covering or None,
        proposed_at=now,
        proposed_kind=actor.kind,
        proposed_by=actor.id,
        leaves_at=choice.at,
        publishes=choice.publishes and letter.circulation is Circulation.PRIVATE,
        publishes_anyway=choice.publishes_anyway,
    )
    db.session.add(sent)
    db.session.flush()  # consignments and the audit row need the id
    return sent


def settle_proposal(sent: Dispatch, actor: Actor) -> Dispatch:
    """Ask a second person, or, where there is none, release with the letter's delay."""
    if needs_second_person(releasers(), actor.id):
        tell_coordinators(_noted(actor, "dispatch.proposed", sent), actor)
    else:
        _release(sent, actor, leaves_at(clock.now(), sent.leaves_at, sent.letter.release_delay))
        _noted(actor, "dispatch.released", sent, second_person=False)
    return sent


def approve(sent: Dispatch, seen: str, actor: Actor) -> None:
    """A second person lets a proposed release go, at its time or, without one, now.

    Raises NotAllowed for the proposer, and Conflict when it waits for nobody or anything changed since.
    """
    if actor.kind is ActorKind.USER and actor.id == sent.proposed_by:
        raise NotAllowed("somebody else has to approve what you proposed")
    if sent.state is not DispatchState.PROPOSED:
        raise Conflict("a release that is %(state)s waits for nobody", state=sent.state)
    require_ready(sent.edition)
    _require_seen(fingerprint(sent.edition), seen, sent.fingerprint)
    now = clock.now()
    _release(sent, actor, max(sent.leaves_at or now, now))
    tell_coordinators(_noted(actor, "dispatch.released", sent, second_person=True), actor)
    _leave_if_due(sent)


def renew(sent: Dispatch, seen: str, actor: Actor) -> None:
    """Propose a stopped or held release again, to its addressees as the letter stands now. Raises Conflict.

    Its time is forgotten when it is over, so that it does not leave the moment somebody approves.
    """
    require_ready(sent.edition)
    if sent.state is DispatchState.HELD:
        sent.state = advance(sent.state, DispatchState.PROPOSED)
    if sent.state is not DispatchState.PROPOSED:
        raise Conflict("a release that is %(state)s waits for nobody", state=sent.state)
    _require_seen(fingerprint(sent.edition), seen)
    _owe_anew(sent)
    sent.fingerprint, sent.proposed_by, sent.proposed_kind = seen, actor.id, actor.kind
    sent.proposed_at = clock.now()
    if sent.leaves_at is not None and sent.leaves_at <= clock.now():
        sent.leaves_at = None
    settle_proposal(sent, actor)


def release(
    edition: Edition,
    actor: Actor,
    at: datetime | None = None,
    at_once: bool = False,
    reason: str = "",
    ticked: frozenset[int] | None = None,
    publishes: bool = False,
    publishes_anyway: bool = True,
) -> Dispatch:
    """The operator's own release, which asks no second person and is told to all.

    It leaves at once, at `at`, or after the letter's delay; to those ticked, or to all. `publishes` and
    `publishes_anyway` are as in a Choice. Raises Conflict when the edition is not ready or everybody has it,
    when its letter is over, or a recipient cannot be sent to.
    """
    errand = Errand(edition)
    require_ready(edition)
    shown = preview(errand, ticked)
    if shown.stopped:
        raise Conflict("an addressee has no mail address, or a mail is too large")
    if not shown.plans:
        raise Conflict("the edition has no addressee")
    _require_not_owed(edition, shown)
    now = clock.now()
    sent = begin(errand, Choice(frozenset(), at, publishes, publishes_anyway), shown.fingerprint, actor)
    sent.reason = clean(reason)[:500] or None
    for plan in shown.plans:
        owe_group(sent, plan.addressee, plan.group)
    _release(sent, actor, now if at_once else leaves_at(now, at, 0 if at else edition.letter.release_delay))
    tell(_noted(actor, "dispatch.released", sent, at_once=at_once, reason_given=bool(sent.reason)))
    _leave_if_due(sent)
    return sent


def leave(sent: Dispatch) -> bool:
    """Its time has come: the mails go into the outbox, unless the letter is over or was edited meanwhile.

    False when nothing left; then the coordinators are told.
    """
    if sent.letter.status not in SENDABLE:
        _cancel_all(sent)
        tell_coordinators(_noted(WORKER, "dispatch.stopped", sent))
        return False
    if fingerprint(sent.edition) != sent.fingerprint:
        sent.state = advance(sent.state, DispatchState.PROPOSED)
        sent.released_at = sent.released_kind = sent.released_by = None
        tell_coordinators(_noted(WORKER, "dispatch.voided", sent))
        return False
    for consignment in sent.consignments:
        _post(consignment)
    sent.state, sent.left_at = advance(sent.state, DispatchState.LEFT), clock.now()
    _noted(WORKER, "dispatch.left", sent)
    return True


def cancel(sent: Dispatch, actor: Actor) -> int:
    """Take back what has not begun to leave. Returns for how many recipients.

    They can be sent the edition later. Raises Conflict when everything has left.
    """
    if sent.state is not DispatchState.LEFT:
        taken = _cancel_all(sent)
    else:
        taken = sum(_take_back(consignment) for consignment in sent.consignments)
        if not taken:
            raise Conflict("everything has left already")
        if all(consignment.cancelled for consignment in sent.consignments):
            sent.state, sent.cancelled_at = advance(sent.state, DispatchState.CANCELLED), clock.now()
    tell(_noted(actor, "dispatch.cancelled", sent, taken=taken))
    return taken


def send_trial(edition: Edition, addressee_id: int, reader: int, asked_by: User, actor: Actor) -> None:
    """A letter as it would leave, to whoever asked; nothing counts as sent. Raises Conflict, NotFound."""
    require_ready(edition)
    entry = record(actor, "dispatch.tried", "edition", edition.id, edition.letter_id, edition=edition.number)
    db.session.flush()  # the mail starts from the row's id, and is dated by it
    outbox.post(
        TRIAL,
        edition.id,
        addressee_id,
        reader,
        entry.id,
        recipient=asked_by.email,
        locale=asked_by.locale,
        letter_id=edition.letter_id,
    )


def owe(
    sent: Dispatch, addressee_id: int, envelope: Envelope, reader: int, channel: Channel, **more: object
) -> Consignment:
    """What one envelope recipient is owed by a release."""
    consignment = Consignment(
        dispatch=sent,
        edition_id=sent.edition_id,
        addressee_id=addressee_id,
        envelope=envelope.number,
        reader=reader,
        again=sent.purpose is not Purpose.LETTER,
        channel=channel,
        address=envelope.address or None,
        cancelled=False,
        **more,
    )
    db.session.add(consignment)
    db.session.flush()  # those who share its bytes point at it; the unique indexes speak here
    return consignment


def owe_group(sent: Dispatch, addressee: Addressee, group: Group) -> None:
    """A group's consignments: the first carries the bytes, the others share them."""
    channel, first = addressee.channel, None
    envelopes = group.envelopes if channel is Channel.MAIL else group.envelopes[:1]
    for envelope in envelopes:
        owing = owe(sent, addressee.id, envelope, group.reader, channel, shares_id=first)
        first = first or owing.id


def require_sendable(sent: Dispatch) -> None:
    """Raises Conflict when one of its recipients may not be given this edition, or cannot be written to."""
    shown = preview(_errand(sent), {c.addressee_id for c in sent.consignments})
    inside = {
        (plan.addressee.id, plan.group.reader, e.number) for plan in shown.plans for e in plan.group.envelopes
    }
    owing = {(c.addressee_id, c.reader, c.envelope) for c in sent.consignments}
    if shown.stopped or not owing <= inside:
        raise Conflict("something about a recipient makes sending impossible; freeze a new edition")


def require_ready(edition: Edition) -> None:
    """Raises Conflict when an edition has no files yet or its letter is over."""
    if edition.letter.status not in SENDABLE:
        raise Conflict("a letter that is %(status)s is not sent", status=edition.letter.status)
    if edition.state is not EditionState.RENDERED:
        raise Conflict("the edition has no files yet")


def _require_seen(now: str, *seen: str) -> None:
    if any(was != now for was in seen):
        raise Conflict("the letter was changed after you looked at it; look at the preview again")


def _require_not_owed(edition: Edition, shown: Preview) -> None:
    if owed(edition.id) & {plan.addressee.id for plan in shown.plans}:
        raise Conflict("this edition was released to them already")


def _errand(sent: Dispatch) -> Errand:
    return Errand(sent.edition, sent.purpose, sent.covering or "")


def _owe_anew(sent: Dispatch) -> None:
    """Its recipients by the letter as it is now: addresses, Cc and channels may have been edited since.

    Raises Conflict when none of them is on the letter any more, or one cannot be sent to.
    """
    shown = preview(_errand(sent), {c.addressee_id for c in sent.consignments})
    if not shown.plans:
        raise Conflict("its addressees are not on the letter any more; take it back")
    if shown.stopped_at_the_desk:
        raise Conflict("something about a recipient makes sending impossible")
    if sent.purpose is Purpose.CORRECTION:
        _readdress(sent, shown)
        return
    for consignment in sent.consignments:
        consignment.shares_id = None
    db.session.flush()  # the rows point at each other, so they are let go first …
    sent.consignments.clear()
    db.session.flush()  # … and an edition is owed once: the old ones go before the new ones come
    for plan in shown.plans:
        owe_group(sent, plan.addressee, plan.group)


def _readdress(sent: Dispatch, shown: Preview) -> None:
    """A correction keeps its one recipient, at the address they have now."""
    (owed_one,) = sent.consignments
    envelopes = [e for plan in shown.plans for e in plan.group.envelopes]
    found = next((e for e in envelopes if e.number == owed_one.envelope), None)
    if found is None:
        raise Conflict("this Cc is not on the letter any more; take it back")
    owed_one.address = found.address


def _release(sent: Dispatch, actor: Actor, leaves: datetime) -> None:
    """From here on it leaves by itself: its words are written down and change no more."""
    sent.state = advance(sent.state, DispatchState.RELEASED)
    sent.released_at, sent.released_kind, sent.released_by = clock.now(), actor.kind, actor.id
    sent.leaves_at = leaves
    errand = _errand(sent)
    for consignment in sent.consignments:
        if consignment.shares_id is None:
            addressee = consignment.addressee
            group = next(g for g in groups(errand, addressee) if g.reader == consignment.reader)
            consignment.parts = json.dumps(written(errand, addressee, group, leaves), ensure_ascii=False)


def _leave_if_due(sent: Dispatch) -> None:
    """What is to leave now need not wait for a worker's round."""
    if sent.leaves_at is not None and sent.leaves_at <= clock.now():
        leave(sent)


def _post(consignment: Consignment) -> None:
    """Its mail into the outbox, with the bytes of whoever it shares them with."""
    if consignment.channel is not Channel.MAIL or consignment.cancelled or consignment.address is None:
        return
    first = next((c for c in consignment.dispatch.consignments if c.id == consignment.shares_id), None)
    consignment.mail = outbox.post(
        LETTER,
        first.id if first else consignment.id,
        recipient=consignment.address,
        locale=consignment.addressee.language,
        letter_id=consignment.dispatch.letter_id,
        due_at=consignment.dispatch.leaves_at,
        same_as=first.mail if first else None,
    )


def _cancel_all(sent: Dispatch) -> int:
    sent.state, sent.cancelled_at = advance(sent.state, DispatchState.CANCELLED), clock.now()
    for consignment in sent.consignments:
        consignment.cancelled = True
    return len(sent.consignments)


def _take_back(consignment: Consignment) -> bool:
    if consignment.cancelled or consignment.done_at is not None:
        return False
    if consignment.mail is not None:
        if consignment.mail.state not in (MailState.QUEUED, MailState.DEFERRED, MailState.HELD):
            return False
        outbox.cancel(consignment.mail.id)
    consignment.cancelled = True
    return True


def _noted(actor: Actor, action: str, sent: Dispatch, **details: object) -> AuditEntry:
    return record(
        actor,
        action,
        "dispatch",
        sent.id,
        sent.letter_id,
        edition=sent.edition.number,
        recipients=len(sent.consignments),
        purpose=sent.purpose.value,
        **details,
    )
