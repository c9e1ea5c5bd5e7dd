"""After a restore, reminders that were due count as sent: they may have left since the backup was made."""

from sqlalchemy import Connection, select, update

from campaign.core import clock
from campaign.letters.models import Letter
from campaign.signing.models import Signature
from campaign.signing.rules import SignatureStatus, reminder_due


def hold(connection: Connection) -> int:
    """In the transaction that brought the rows: note the reminders that are due as sent. Returns how many.

    Those that fall due later were not due before the loss, so nobody has them yet, and they go out.
    """
    now, held = clock.now(), 0
    unconfirmed = (
        select(
            Signature.id,
            Signature.signed_at,
            Letter.deadline,
            Signature.reminded_at,
            Signature.last_reminded_at,
        )
        .join(Letter)
        .where(Signature.status == SignatureStatus.UNVERIFIED)
    )
    for id_, signed_at, deadline, reminded_at, last_reminded_at in connection.execute(unconfirmed).all():
        due = reminder_due(signed_at, deadline, bool(reminded_at), bool(last_reminded_at), now)
        if due:
            sent = {"reminded_at": reminded_at or now} | ({"last_reminded_at": now} if due == "last" else {})
            connection.execute(update(Signature).where(Signature.id == id_).values(**sent))
            held += 1
    return held
