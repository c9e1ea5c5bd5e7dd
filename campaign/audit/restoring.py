"""Noting a restore in the record that it restores, in the same transaction."""

from sqlalchemy import Connection, insert

from campaign.audit.models import AuditEntry
from campaign.audit.rules import OPERATOR
from campaign.core import clock


def note(connection: Connection, action: str, **details: int) -> None:
    """A row by the operator, as `record` writes it; `details` are counts only.

    By a plain statement, because the table may be older than its model.
    """
    connection.execute(
        insert(AuditEntry).values(
            at=clock.now().replace(microsecond=0),
            actor_kind=OPERATOR.kind,
            action=action,
            subject_kind="backup",
            subject_id=0,
            details=details,
        )
    )
