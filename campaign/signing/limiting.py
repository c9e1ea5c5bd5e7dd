"""What a coordinator does to limits and lists, for one letter or, without one, for all."""

from sqlalchemy import ColumnElement, func, select

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import InvalidInput, NotFound
from campaign.core.text import clean
from campaign.signing.access import checked_pattern
from campaign.signing.models import AccessRule, Limit
from campaign.signing.pacing import checked_pace
from campaign.signing.rules import LONGEST_NOTE, AccessKind, LimitPer, Verdict, check_line

MOST_LINES = 500  # every sign-on is held against all of them


def set_limit(letter_id: int | None, per: LimitPer, span: int, most: int, actor: Actor) -> Limit:
    """So many sign-ons pass in `span` seconds; a limit for the same span is changed.

    Raises InvalidInput with its field.
    """
    pace = checked_pace(per, span, most)
    rows = select(Limit).where(Limit.per == per, Limit.span == span)
    limit = db.session.scalar(rows.where(_of(letter_id, Limit)))
    if limit is None:
        limit = Limit(letter_id=letter_id, per=pace.per, span=pace.span)
        db.session.add(limit)
    limit.most, limit.changed_at, limit.changed_by = pace.most, clock.now(), actor.id
    db.session.flush()  # the audit row needs the id
    record(actor, "limit.set", "limit", limit.id, letter_id, per=per.value, span=span, most=most)
    return limit


def remove_limit(letter_id: int | None, limit_id: int, actor: Actor) -> None:
    """Take a limit away; what holds behind it holds again. Raises NotFound."""
    limit = db.session.scalar(select(Limit).where(Limit.id == limit_id, _of(letter_id, Limit)))
    if limit is None:
        raise NotFound("there is no such limit here")
    facts = {"per": limit.per.value, "span": limit.span, "most": limit.most}
    db.session.delete(limit)
    record(actor, "limit.removed", "limit", limit_id, letter_id, **facts)


def enlist(
    letter_id: int | None, verdict: Verdict, kind: AccessKind, typed: str, note: str, actor: Actor
) -> AccessRule:
    """Put a network or mail domain on a list; one that is on a list already changes over to this one.

    Raises InvalidInput with its field.
    """
    pattern, note = checked_pattern(kind, typed), clean(note)
    check_line("note", note, LONGEST_NOTE)
    rows = select(AccessRule).where(AccessRule.kind == kind, AccessRule.pattern == pattern)
    line = db.session.scalar(rows.where(_of(letter_id, AccessRule)))
    if line is None:
        _require_room(letter_id)
        line = AccessRule(letter_id=letter_id, kind=kind, pattern=pattern)
        db.session.add(line)
    line.verdict, line.note = verdict, note or None
    line.created_at, line.created_by = clock.now(), actor.id
    db.session.flush()  # the audit row needs the id
    # A network may be one person's address, so the record says what was done, and not to whom.
    record(actor, "access.listed", "access", line.id, letter_id, verdict=verdict.value, kind=kind.value)
    return line


def strike(letter_id: int | None, line_id: int, actor: Actor) -> None:
    """Take a line off its list. Raises NotFound."""
    line = db.session.scalar(select(AccessRule).where(AccessRule.id == line_id, _of(letter_id, AccessRule)))
    if line is None:
        raise NotFound("there is no such line here")
    facts = {"verdict": line.verdict.value, "kind": line.kind.value}
    db.session.delete(line)
    record(actor, "access.removed", "access", line_id, letter_id, **facts)


def _require_room(letter_id: int | None) -> None:
    there = select(func.count()).select_from(AccessRule).where(_of(letter_id, AccessRule))
    if (db.session.scalar(there) or 0) >= MOST_LINES:
        raise InvalidInput("these lists are full: take lines away that are of no use any more", "pattern")


def _of(letter_id: int | None, table: type[Limit] | type[AccessRule]) -> ColumnElement[bool]:
    """This letter's own rows, or those for all letters, never both."""
    return table.letter_id == letter_id if letter_id is not None else table.letter_id.is_(None)
