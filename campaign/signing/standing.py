"""Where a signature stands: whose it is, and each change of its status, dated, counted and noted."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from campaign.audit.operations import Act, record, record_many
from campaign.audit.rules import Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict
from campaign.organisations.operations import identify
from campaign.signing import queries
from campaign.signing.models import Signature
from campaign.signing.rules import COUNTED, SignatureStatus, advance
from campaign.signing.sealing import seal_contact
from campaign.tally.operations import move, shift
from campaign.tally.rules import Cell, cell


def settle_identity(signature: Signature) -> None:
    """Find or enter the organisation behind a sign-on.

    Raises Conflict when it stands on this letter already.
    """
    if find_organisation(signature) is not None:
        raise Conflict("this organisation has signed this letter already")


def find_organisation(signature: Signature) -> Signature | None:
    """Find or enter the organisation behind a sign-on; the signature by which it stands on this letter
    already, and then nothing is changed, or None.

    Who settles the same organisation in the same moment waits for our commit, and then sees what we did.
    """
    organisation = identify(signature.name, signature.country_code, signature.scope, signature.website)
    standing = queries.live_of(signature.letter_id, organisation.id, besides=signature.id)
    if standing is None:
        signature.organisation = organisation
    return standing


def counted_cell(signature: Signature) -> Cell | None:
    """Where a signature counts now, or None when it does not."""
    if signature.status not in COUNTED:
        return None
    return cell(signature.country_code, signature.scope, signature.visibility)


def go(
    signature: Signature, to: SignatureStatus, actor: Actor, undo: bool = False, **details: object
) -> None:
    """Change the status: checked, dated, counted and noted, all in the caller's transaction.

    Raises Conflict, also for one that was erased: nobody knows any more whose it was.
    """
    if signature.erased_at is not None:
        raise Conflict("this signatory was erased")
    before, was = counted_cell(signature), signature.status
    signature.status = to if undo else advance(was, to)
    signature.previous = None if undo else was
    _date(signature, to, clock.now())
    move(signature.letter_id, before, counted_cell(signature))
    try:
        db.session.flush()  # the one-per-organisation index speaks now, not at the door's commit
    except IntegrityError as collision:
        raise Conflict("this organisation has signed this letter already") from collision
    seal_contact(signature)
    record(
        actor,
        f"signature.{to.value}",
        "signature",
        signature.id,
        signature.letter_id,
        was=was.value,
        **details,
    )


def go_many(moving: Sequence[tuple[Signature, SignatureStatus]], actor: Actor, **details: object) -> None:
    """The same for many in few statements. Raises Conflict, and then nothing is to be kept."""
    now, were = clock.now(), [(signature.status, counted_cell(signature)) for signature, _ in moving]
    for signature, to in moving:
        if signature.erased_at is not None:
            raise Conflict("this signatory was erased")
        signature.previous, signature.status = signature.status, advance(signature.status, to)
        _date(signature, to, now)
    try:
        db.session.flush()
    except IntegrityError as collision:
        raise Conflict("this organisation has signed this letter already") from collision
    changes, acts = Counter[tuple[int, Cell]](), []
    for (signature, to), (was, counted) in zip(moving, were, strict=True):
        for at, change in ((counted, -1), (counted_cell(signature), +1)):
            if at is not None:
                changes[signature.letter_id, at] += change
        seal_contact(signature)
        told: dict[str, object] = {"was": was.value, **details}
        acts.append(Act(f"signature.{to.value}", signature.id, signature.letter_id, told))
    record_many(actor, "signature", acts)
    for (letter_id, at), change in changes.items():
        if change:
            shift(letter_id, at, change)


def _date(signature: Signature, to: SignatureStatus, now: datetime) -> None:
    if to is SignatureStatus.ACCEPTED:
        signature.accepted_at = now
    elif to is SignatureStatus.WITHDRAWN:
        signature.withdrawn_at = now
    elif to in (SignatureStatus.PENDING, SignatureStatus.HELD):
        signature.accepted_at = None
    if to in (
        SignatureStatus.ACCEPTED,
        SignatureStatus.REJECTED,
        SignatureStatus.HELD,
        SignatureStatus.INVALIDATED,
    ):
        signature.decided_at = now
