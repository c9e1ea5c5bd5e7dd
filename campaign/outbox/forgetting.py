"""Mails that nobody may know of any more: gone with the address, every try and every report."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, delete, or_, select

from campaign.core.db import db
from campaign.outbox.models import Mail


def written_by(rooms: Collection[str]) -> ColumnElement[bool]:
    """Mails that these rooms write."""
    return or_(*(Mail.builder.startswith(f"campaign.{room}.", autoescape=True) for room in rooms))


def mails_to(
    index: str, rooms: Collection[str], letter_id: int | None = None, kept_for: Collection[int] = ()
) -> Sequence[Mail]:
    """What these rooms wrote to a mailbox (by its blind index), oldest first.

    All of it, or what belongs to a letter, and not what belongs to the letters in `kept_for`.
    """
    rows = select(Mail).where(Mail.recipient_index == index, written_by(rooms))
    if letter_id is not None:
        rows = rows.where(Mail.letter_id == letter_id)
    if kept_for:
        rows = rows.where(or_(Mail.letter_id.is_(None), Mail.letter_id.not_in(kept_for)))
    return db.session.scalars(rows.order_by(Mail.id)).all()


def forget(ids: Collection[int]) -> int:
    """Delete mails, whatever became of them; returns how many were there.

    One that is in a worker's hands goes too: its worker finds no row to record on, and, before the body has
    begun to leave, sends nothing. A report that comes back later proves nothing any more.
    """
    gone: CursorResult[Any] = db.session.execute(  # type: ignore[assignment]
        delete(Mail).where(Mail.id.in_(ids)).execution_options(synchronize_session="fetch")
    )
    return gone.rowcount
