"""What becomes of sign-ons nobody confirms: reminders while it is time, then their end."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from campaign.audit.rules import WORKER
from campaign.core.parts import in_parts
from campaign.letters.rules import takes_confirmations
from campaign.outbox.rules import SELDOM
from campaign.signing import queries
from campaign.signing.confirming import remind_to_confirm
from campaign.signing.models import Signature
from campaign.signing.queries import Unconfirmed
from campaign.signing.rules import SignatureStatus, reminder_due
from campaign.signing.standing import go

SLICE = 100  # sign-ons in one transaction


def overdue(now: datetime) -> list[list[int]]:
    """The ids of sign-ons that nobody can confirm any more, in slices of one transaction each."""
    found = queries.unconfirmed_everywhere(now)
    ids = [one.id for one in found if not takes_confirmations(one.status, one.deadline, now)]
    return [ids[at : at + SLICE] for at in range(0, len(ids), SLICE)]


def expire(ids: Sequence[int]) -> int:
    """A slice of these is over. Returns how many.

    Who confirms in the very last moment has confirmed: the rows are held, and looked at once more.
    """
    held = queries.hold_unconfirmed(ids)
    for signature in held:
        go(signature, SignatureStatus.EXPIRED, WORKER)
    return len(held)


def reminders(now: datetime) -> list[list[int]]:
    """The ids of unconfirmed sign-ons that are due a reminder, in slices of one transaction each.

    All that waits for one mailbox is in one slice, however much it is: so it is told at once, and a worker
    that stops between two slices has nobody reminded twice.
    """
    by_mailbox: dict[str, list[int]] = {}
    for one in queries.unconfirmed_everywhere(now):
        if one.mailbox and _due(one, now):
            by_mailbox.setdefault(one.mailbox, []).append(one.id)
    slices: list[list[int]] = []
    for ids in by_mailbox.values():
        if not slices or len(slices[-1]) + len(ids) > SLICE:
            slices.append([])
        slices[-1] += ids
    return slices


def remind(ids: Sequence[int], now: datetime) -> int:
    """Owe the reminders of a slice: one after two days, one on the last day. Returns of how many sign-ons
    somebody is reminded.

    What waits for one address is told in one mail. Who confirmed meanwhile, or was reminded, is not told.
    """
    sent, told = 0, defaultdict[str, set[str]](set)
    for signature in _held(ids):
        due = _due(queries.unconfirmed_as(signature), now)
        if due:
            _tell(signature, told)
            signature.reminded_at = signature.reminded_at or now
            signature.last_reminded_at = now if due == "last" else signature.last_reminded_at
            sent += 1
    return sent


def _held(ids: Sequence[int]) -> Iterable[Signature]:
    return (signature for some in in_parts(ids) for signature in queries.hold_unconfirmed(some))


def _due(one: Unconfirmed, now: datetime) -> str | None:
    """Which reminder is due now, where a confirmation still counts."""
    if not takes_confirmations(one.status, one.deadline, now):
        return None
    return reminder_due(one.signed_at, one.deadline, one.reminded, one.last_reminded, now)


def _tell(signature: Signature, told: dict[str, set[str]]) -> None:
    """Remind an address once in a round, and of a mailbox that is named in ever new spellings only some."""
    person = signature.representative
    if person is None or not person.email or not person.email_index:
        return
    spellings, address = told[person.email_index], person.email.casefold()
    if address not in spellings and len(spellings) < SELDOM:
        spellings.add(address)
        remind_to_confirm(signature)
