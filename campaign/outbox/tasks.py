"""The worker's part: mails that are due go out, one at a time, over one connection per batch."""

import logging

from flask import current_app
from flask_babel import force_locale
from werkzeug.utils import import_string

from campaign.core.db import Mode, db, transactions
from campaign.core.mailer import Answer, Connection, Outcome, mail
from campaign.outbox.leases import (
    Claim,
    begin_submitting,
    claim_next,
    declare_unknown,
    drop,
    heartbeat,
    settle,
)
from campaign.outbox.message import Parts, compose

log = logging.getLogger(__name__)


def deliver() -> int:
    """Send what is due.

    Stops early when the relay cannot be reached: the rest stays due. Returns how many mails were tried.
    """
    declare_unknown()
    tried = 0
    with mail.connect() as connection:
        while claim := claim_next():
            tried += 1
            answer = _deliver_one(connection, claim)
            if answer is not None and answer.server_lost:
                # The rest stays due: this round is over, and with nothing else done, so are its repetitions.
                return tried - 1
    return tried


def _deliver_one(connection: Connection, claim: Claim) -> Answer | None:
    """One mail: written, handed over, its outcome recorded. None when it was no longer wanted."""
    try:
        parts = _written(claim)
        body = compose(parts, claim.message_id, claim.nonce) if parts else None
    except Exception as fault:
        # A mail that cannot be written now may be mended (a text, a setting); it is tried again and stays
        # visible.
        db.session.rollback()
        log.exception("mail %s could not be written", claim.mail_id)
        answer = Answer(Outcome.DEFERRED, f"could not be written: {type(fault).__name__}")
        settle(claim, answer)
        return answer
    if body is None:
        drop(claim)
        return None
    sender = (
        current_app.config["SETTINGS"].bounce_address or current_app.config["SETTINGS"].mail_default_sender
    )
    with heartbeat(claim):
        answer = connection.send_bytes(sender, claim.recipient, body, lambda: begin_submitting(claim))
    settle(claim, answer)
    return answer


def _written(claim: Claim) -> Parts | None:
    """Call the builder in the recipient's language and leave no transaction open."""
    with force_locale(claim.locale), transactions(Mode.READ):
        parts: Parts | None = import_string(claim.builder)(claim, *claim.arguments)
        db.session.rollback()
    return parts
