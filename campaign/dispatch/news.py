"""Telling the coordinators what a release needs of them."""

from campaign.accounts.queries import active_users
from campaign.audit.models import AuditEntry
from campaign.audit.rules import Actor
from campaign.core.db import db
from campaign.outbox.operations import post

NEWS = "campaign.dispatch.mails.news"


def tell_coordinators(entry: AuditEntry, but: Actor | None = None) -> None:
    """Owe every coordinator, but the one who did it, a mail about a recorded act."""
    db.session.flush()  # the mail starts from the row's id
    for user in active_users():
        if but is None or user.id != but.id:
            post(NEWS, entry.id, recipient=user.email, locale=user.locale, letter_id=entry.letter_id)
