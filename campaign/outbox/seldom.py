"""Mails that a stranger could ask for in somebody's name: few of them reach a mailbox (promise M9).

"The same mailbox" is what the blind index says: lower case, no +tag, and for Gmail no dots. But a mail
speaks only for the very address it goes to: what a tag means is for that mail server to say.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from campaign.core import clock
from campaign.core.db import db
from campaign.core.secrets import blind_index
from campaign.core.text import mailbox
from campaign.outbox.models import Mail
from campaign.outbox.operations import post
from campaign.outbox.rules import SELDOM, SELDOM_SPAN, MailState, seldom_at

WAITING = (MailState.QUEUED, MailState.DEFERRED)  # written when they leave, so they can still tell more
OPEN = (*WAITING, MailState.HELD, MailState.CLAIMED, MailState.SUBMITTING)


def post_seldom(
    builder: str,
    *arguments: int,
    recipient: str,
    locale: str,
    letter_id: int | None = None,
    slowed: timedelta = timedelta(0),
    gathers: bool = True,
) -> Mail | None:
    """Owe a mail that a stranger could ask for: a mailbox gets three in six hours at most, whatever of the
    builder's module they are. The first leaves at once, the next ones gather for a while unless told not to.

    One that waits speaks for all: None when there is one for that address. So its builder tells, when it
    leaves, everything that there is to tell that address. `slowed` is how much later it leaves at least.
    """
    now, index = clock.now(), blind_index(recipient)
    mails = _of_mailbox(builder, index, now)
    waiting = [mail for mail in mails if mail.builder == builder and mail.state in WAITING]
    if any(mail.recipient.casefold() == recipient.casefold() for mail in waiting):
        return None
    if len(waiting) >= SELDOM:
        return _give_way(waiting, arguments, recipient, locale, letter_id)
    due_at = max(seldom_at([_leaves_at(mail, now) for mail in mails], now, gathers), now + slowed)
    return post(builder, *arguments, recipient=recipient, locale=locale, letter_id=letter_id, due_at=due_at)


def _of_mailbox(builder: str, index: str, now: datetime) -> Sequence[Mail]:
    """What waits for a mailbox, is in hand or left it in the span, in the order of their time.

    Posts of the same moment stand in line, and no worker takes one in hand until we have committed: it would
    be written without what we are about to add.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(int(index[:15], 16))))
    module = builder.rpartition(".")[0]
    left_at = func.coalesce(Mail.finished_at, Mail.due_at)
    rows = select(Mail).where(
        Mail.recipient_index == index,
        Mail.builder.startswith(f"{module}.", autoescape=True),
        Mail.state != MailState.CANCELLED,
        or_(Mail.state.in_(OPEN), left_at > now - SELDOM_SPAN),
    )
    locked = rows.order_by(Mail.due_at, Mail.id).with_for_update()
    return db.session.scalars(locked.execution_options(populate_existing=True)).all()


def _leaves_at(mail: Mail, now: datetime) -> datetime:
    """When a mail left, leaves, or may leave at the earliest."""
    if mail.state in OPEN:
        return max(mail.due_at, now)
    return mail.finished_at or mail.due_at


def _give_way(
    waiting: Sequence[Mail], arguments: tuple[int, ...], recipient: str, locale: str, letter_id: int | None
) -> Mail | None:
    """Many spellings of one mailbox wait already: the last of them gives its place to this one.

    Only to one that has no tag or to another with a tag, so that nobody can keep the plain one waiting.
    """
    last = next((mail for mail in reversed(waiting) if not _is_plain(mail.recipient)), None)
    if last is not None:
        last.recipient, last.arguments = recipient, list(arguments)
        last.locale, last.letter_id = locale, letter_id
    return last


def _is_plain(address: str) -> bool:
    return mailbox(address) == address.strip().lower()
