"""The worker's part: mails that are due go out, one at a time, over one connection per batch."""

import logging
import time

from sqlalchemy.exc import InterfaceError, OperationalError

from campaign.core.db import db
from campaign.core.mailer import Answer, Connection, Outcome, mail
from campaign.outbox.bodies import Bodies
from campaign.outbox.lanes import Lane, lanes
from campaign.outbox.leases import (
    Claim,
    begin_submitting,
    claim_next,
    declare_unknown,
    heartbeat,
    one_connection,
    settle,
)
from campaign.outbox.senders import envelope_sender

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # seconds; a database is back by then, or nobody knows when
log = logging.getLogger(__name__)


def deliver() -> int:
    """Send what is due.

    Stops early when the relay cannot be reached: the rest stays due. A mail that takes long goes on in the
    background. Returns how many mails were tried and came to an end.
    """
    declare_unknown()
    return lanes().work(_batch)


def see_off() -> int:
    """Wait for the mails that go on in the background. Returns how many there were."""
    return lanes().wait()


def _batch(lane: Lane) -> None:
    """Mail after mail over one connection, until nothing is due, the relay is away or others overtake us."""
    bodies = Bodies()
    with one_connection(), mail.connect() as connection:
        claim = claim_next()
        while claim is not None:
            lane.begin()
            answer = _deliver_one(connection, bodies, claim)
            away = answer is not None and answer.relay_away
            claim = _settled(claim, answer, go_on=not (away or lane.overtaken))
            # With nothing else done, a relay that is away ends the repetitions of this round too.
            lane.done += not away


def _deliver_one(connection: Connection, bodies: Bodies, claim: Claim) -> Answer | None:
    """One mail: written and handed over; what is known then. None when it was no longer wanted."""
    try:
        payload = bodies.payload(claim)
    except (InterfaceError, OperationalError):
        raise  # the database is away: nothing is wrong with the mail, whose lease runs out in 30 s
    except Exception as fault:
        # A mail that cannot be written now may be mended (a text, a setting); it is tried again and stays
        # visible.
        db.session.rollback()
        log.exception("mail %s could not be written", claim.mail_id)
        return Answer(Outcome.DEFERRED, f"could not be written: {type(fault).__name__}")
    if payload is None:
        return None
    with heartbeat(claim):
        sender = envelope_sender(claim.mail_id, claim.nonce)
        return connection.send_bytes(sender, claim.recipient, payload, lambda: begin_submitting(claim))


def _settled(claim: Claim, answer: Answer | None, go_on: bool) -> Claim | None:
    """Record the outcome and hold the next mail; a database that is away is waited for.

    The answer is known to nobody else, and without it the mail would be of unknown outcome.
    """
    for seconds in PAUSES:
        try:
            return settle(claim, answer, go_on)
        except (InterfaceError, OperationalError) as fault:
            db.session.rollback()
            log.warning("mail %s: its outcome is not recorded yet: %s", claim.mail_id, type(fault).__name__)
            time.sleep(seconds)
    return settle(claim, answer)
