"""The statements by which a worker holds mails and records outcomes, made once.

Each takes its moments from the database's clock as it runs, so that nobody has to ask for the time before.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    bindparam,
    func,
    insert,
    literal,
    null,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from campaign.core.db import Base, UtcDateTime
from campaign.outbox.models import Mail, MailAttempt
from campaign.outbox.rules import LEASE, MailState

MAILS, ATTEMPTS = (Base.metadata.tables[model.__tablename__] for model in (Mail, MailAttempt))
_S = MailState


class FromNow(FunctionElement[datetime]):
    """That many seconds after this statement began, by the database's clock."""

    type = UtcDateTime()
    inherit_cache = True

    def __init__(self, seconds: ColumnElement[Any]) -> None:
        super().__init__(seconds)


@compiles(FromNow)
def _by_postgresql(element: FromNow, compiler: SQLCompiler, **options: Any) -> str:
    # Unlike clock_timestamp() it is the same all through a statement, so an index can be searched by it.
    return f"(statement_timestamp() + {compiler.process(element.clauses, **options)} * interval '1 second')"


@compiles(FromNow, "sqlite")
def _by_sqlite(element: FromNow, compiler: SQLCompiler, **options: Any) -> str:
    seconds = compiler.process(element.clauses, **options)
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', {seconds} || ' seconds')"


_NOW, _LEASED = FromNow(literal(0)), FromNow(literal(int(LEASE.total_seconds())))
NOW = select(_NOW)


def _first(*such: ColumnElement[bool]) -> Select[Any]:
    """Of the mails such as these, the one that is due first and that nobody else looks at now."""
    mails = select(MAILS.c.id, MAILS.c.due_at).where(*such).order_by(MAILS.c.due_at, MAILS.c.id).limit(1)
    return select(mails.with_for_update(skip_locked=True).subquery())


def _next(*such: ColumnElement[bool]) -> ScalarSelect[Any]:
    # One search for each state: the index gives the first of a state at once, while an OR sorts all of them.
    ready = union_all(
        _first(MAILS.c.state == _S.QUEUED, MAILS.c.due_at <= _NOW, *such),
        _first(MAILS.c.state == _S.DEFERRED, MAILS.c.due_at <= _NOW, *such),
        _first(MAILS.c.state == _S.CLAIMED, MAILS.c.leased_until < _NOW, *such),
    ).subquery()
    return select(ready.c.id).order_by(ready.c.due_at, ready.c.id).limit(1).scalar_subquery()


_hold = (
    update(MAILS)
    .values(
        state=_S.CLAIMED,
        claim=bindparam("new_token"),
        leased_until=_LEASED,
        tries=MAILS.c.tries + 1,
        first_tried_at=func.coalesce(MAILS.c.first_tried_at, _NOW),
    )
    .returning(
        MAILS.c.id,
        MAILS.c.builder,
        MAILS.c.arguments,
        MAILS.c.recipient,
        MAILS.c.locale,
        MAILS.c.nonce,
        MAILS.c.message_id,
        MAILS.c.tries,
        MAILS.c.first_tried_at,
    )
)
CLAIM = _hold.where(MAILS.c.id == _next())


def _held(*states: MailState) -> Any:
    """A change of a mail, if whoever has the token still holds it."""
    return update(MAILS).where(
        MAILS.c.id == bindparam("mail_id"), MAILS.c.claim == bindparam("token"), MAILS.c.state.in_(states)
    )


# A lease that ran out while we waited for the answer was marked unknown; our answer is better knowledge.
_answered = _held(_S.CLAIMED, _S.SUBMITTING, _S.UNKNOWN).values(
    state=bindparam("outcome"), answer=bindparam("words"), leased_until=null()
)
SUBMIT = _held(_S.CLAIMED).values(state=_S.SUBMITTING, leased_until=_LEASED)
RENEW = _held(_S.CLAIMED, _S.SUBMITTING).values(leased_until=_LEASED)
CANCEL = _held(_S.CLAIMED).values(state=_S.CANCELLED, finished_at=_NOW, leased_until=null())
FINISH = _answered.values(finished_at=_NOW)
DEFER = _answered.values(due_at=FromNow(bindparam("wait")))
NOTE = insert(ATTEMPTS).values(
    mail_id=bindparam("mail_id"), at=_NOW, outcome=bindparam("outcome"), answer=bindparam("words")
)

# PostgreSQL does it all in one statement. That sees the mail that is settled as it was, hence the exclusion.
_settled = FINISH.returning(MAILS.c.id).cte("settled")
_tried = select(
    _settled.c.id,
    _NOW,
    bindparam("outcome", type_=ATTEMPTS.c.outcome.type),
    bindparam("words", type_=ATTEMPTS.c.answer.type),
)
_noted = insert(ATTEMPTS).from_select(["mail_id", "at", "outcome", "answer"], _tried).cte("noted")
FINISH_AND_CLAIM = _hold.where(MAILS.c.id == _next(MAILS.c.id != bindparam("mail_id"))).add_cte(
    _settled, _noted
)
