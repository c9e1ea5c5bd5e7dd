"""What becomes of sign-ons nobody confirms: reminders while it is time, then their end."""

from datetime import datetime

from campaign.audit.rules import WORKER
from campaign.letters.rules import takes_confirmations
from campaign.signing import queries
from campaign.signing.models import Signature
from campaign.signing.operations import ask_to_confirm, go
from campaign.signing.rules import SignatureStatus, reminder_due

REMINDER = "campaign.signing.mails.reminder"


def expire(now: datetime) -> int:
    """Sign-ons nobody can confirm any more are over. Returns how many."""
    over = [
        s
        for s in queries.unconfirmed_everywhere(now)
        if not takes_confirmations(s.letter.status, s.letter.deadline, now)
    ]
    for signature in over:
        go(signature, SignatureStatus.EXPIRED, WORKER)
    return len(over)


def remind(now: datetime) -> int:
    """Owe the reminders that unconfirmed sign-ons are due: one after two days, one on the last day.

    Returns how many.
    """
    sent = 0
    for signature in queries.unconfirmed_everywhere(now):
        letter = signature.letter
        if not takes_confirmations(letter.status, letter.deadline, now) or not _reachable(signature):
            continue
        due = reminder_due(
            signature.signed_at,
            letter.deadline,
            bool(signature.reminded_at),
            bool(signature.last_reminded_at),
            now,
        )
        if due:
            ask_to_confirm(signature, REMINDER)
            signature.reminded_at = signature.reminded_at or now
            signature.last_reminded_at = now if due == "last" else signature.last_reminded_at
            sent += 1
    return sent


def _reachable(signature: Signature) -> bool:
    return signature.representative is not None and bool(signature.representative.email)
