"""Telling all coordinators what an operator did on the server, where no second person could see it."""

from campaign.accounts.queries import active_users
from campaign.audit.models import AuditEntry
from campaign.audit.rules import ActorKind
from campaign.core.db import db
from campaign.outbox.operations import post


def tell(entry: AuditEntry) -> None:
    """Owe every coordinator a mail about an operator's act; acts of others need none."""
    if entry.actor_kind is not ActorKind.OPERATOR:
        return
    db.session.flush()  # the mail starts from the row's id
    for user in active_users():
        post(
            "campaign.letters.mails.operator_acted",
            entry.id,
            recipient=user.email,
            locale=user.locale,
            letter_id=entry.letter_id,
        )
