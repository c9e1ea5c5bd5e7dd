"""Bodies built once: for all who get the same bytes, and for all who get the same notice."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from flask_babel import force_locale
from werkzeug.utils import import_string

from campaign.core.db import Mode, db, transactions
from campaign.core.payload import Payload
from campaign.outbox.leases import Claim
from campaign.outbox.message import Mailbox, Parts, body, compose, heading

Key = tuple[str, tuple[int, ...], str]


@dataclass(frozen=True, slots=True)
class Notice:
    """The builder of a notice: it is told the language and the ids, and never to whom the mail goes.

    So whatever it writes is right for every recipient.
    """

    write: Callable[..., Parts | None]


def notice(write: Callable[..., Parts | None]) -> Notice:
    """Mark `write(locale, *arguments)` as the builder of a notice: its body is built once a batch.

    The parts it returns leave `to` empty.
    """
    return Notice(write)


class Bodies:
    """What a batch has built so far: every notice, and the last mail that was written to somebody."""

    def __init__(self) -> None:
        self._notices: dict[Key, Payload] = {}
        self._last: tuple[str, Payload] | None = None

    def payload(self, claim: Claim) -> Payload | None:
        """The mail as it goes over the line; None when it is no longer wanted.

        Leaves no transaction open. Raises whatever the builder raises.
        """
        builder = import_string(claim.builder)
        if isinstance(builder, Notice):
            return self._notice(claim, builder)
        # Mails that share bytes share the Message-ID, and are owed one after the other.
        if self._last is None or self._last[0] != claim.message_id:
            parts = _parts(claim, builder, claim)
            if parts is None:
                return None
            message = compose(parts, claim.message_id, claim.nonce)
            self._last = (claim.message_id, Payload.of(message))
        return self._last[1]

    def _notice(self, claim: Claim, builder: Notice) -> Payload | None:
        key = (claim.builder, claim.arguments, claim.locale)
        shared = self._notices.get(key)
        if shared is None:
            parts = _parts(claim, builder.write, claim.locale)
            if parts is None:
                return None
            # The boundaries come from what the notice is made of: the same at every try, in every batch.
            shared = Payload.of(body(parts, sha256(repr(key).encode()).hexdigest()[:32]))
            self._notices[key] = shared
        return shared.under(heading(claim.message_id, [Mailbox("", claim.recipient)]))


def _parts(claim: Claim, write: Callable[..., Parts | None], first: Claim | str) -> Parts | None:
    """Call the builder in the recipient's language and leave no transaction open."""
    with force_locale(claim.locale), transactions(Mode.READ):
        parts = write(first, *claim.arguments)
        db.session.rollback()
    return parts
