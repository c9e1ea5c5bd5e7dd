"""The verbs of letters: write down, open, close, pause, extend, withdraw, and the private links."""

from datetime import datetime

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.core.secrets import digest, new_nonce
from campaign.core.text import clean, has_controls
from campaign.letters.models import Host, Letter, PrivateLink
from campaign.letters.notices import tell
from campaign.letters.queries import private_key
from campaign.letters.rules import Circulation, LetterStatus, advance

LONGEST_SENTENCE = 500


def open_letter(letter: Letter, actor: Actor) -> None:
    """Let organisations sign.

    Raises Conflict without a text, a title or a host, past the deadline, or from another status.
    """
    if letter.text_version is None or not letter.titles or not letter.hosts:
        raise Conflict("a letter needs a title, a text and a host before it opens")
    if letter.deadline is not None and letter.deadline <= clock.now():
        raise Conflict("the deadline is over; extend it first")
    _go(letter, LetterStatus.OPEN, actor)
    letter.opened_at, letter.closed_at = letter.opened_at or clock.now(), None


def close(letter: Letter, actor: Actor) -> None:
    """Take no more signatures.

    Confirmations of earlier ones still count until 48 hours after the deadline.
    """
    _go(letter, LetterStatus.CLOSED, actor)
    letter.closed_at = clock.now()


def archive(letter: Letter, actor: Actor) -> None:
    """The letter is history; it stays readable. From here on counts how long contacts are kept."""
    _go(letter, LetterStatus.ARCHIVED, actor)
    letter.archived_at = clock.now()


def pause(letter: Letter, paused: bool, actor: Actor) -> None:
    """Hold signing, or go on; what was signed stays. Raises Conflict when the letter is not open."""
    if letter.status is not LetterStatus.OPEN:
        raise Conflict("only an open letter can be paused")
    letter.paused = paused
    tell(record(actor, "letter.paused" if paused else "letter.resumed", "letter", letter.id, letter.id))


def extend(letter: Letter, until: datetime, actor: Actor) -> None:
    """A later deadline, shown as "extended to …".

    Raises InvalidInput when it is not later, Conflict when the letter is over.
    """
    if letter.status not in (LetterStatus.DRAFT, LetterStatus.OPEN, LetterStatus.CLOSED):
        raise Conflict("a letter that is %(status)s cannot be extended", status=letter.status)
    if until <= clock.now() or (letter.deadline is not None and until <= letter.deadline):
        raise InvalidInput("the new deadline must be later than the old one, and in the future", "until")
    letter.extended_from = letter.extended_from or letter.deadline
    letter.deadline = until
    tell(record(actor, "letter.extended", "letter", letter.id, letter.id, until=clock.iso(until)))


def withdraw(letter: Letter, sentence: str, actor: Actor) -> None:
    """Take the letter back, with a sentence everybody can read.

    Raises InvalidInput without one, Conflict when it is withdrawn.
    """
    sentence = clean(sentence)
    if not sentence or len(sentence) > LONGEST_SENTENCE or has_controls(sentence):
        raise InvalidInput(
            "say why, in a sentence of at most %(longest)d characters", "reason", longest=LONGEST_SENTENCE
        )
    _go(letter, LetterStatus.WITHDRAWN, actor)
    letter.withdrawn_sentence = sentence
    letter.closed_at = letter.closed_at or clock.now()
    letter.archived_at = letter.archived_at or clock.now()  # it is over for good: contacts go as from there


def publish(letter: Letter, actor: Actor) -> None:
    """Make a private letter public.

    Its private links end, for the address is now the public one. Raises Conflict when it is public.
    """
    if letter.circulation is Circulation.PUBLIC:
        raise Conflict("this letter is public already")
    letter.circulation = Circulation.PUBLIC
    tell(record(actor, "letter.published", "letter", letter.id, letter.id))


def share(host: Host, actor: Actor) -> PrivateLink:
    """A new private link for a host; the one before is revoked."""
    for link in host.links:
        if link.revoked_at is None:
            link.revoked_at = clock.now()
    link = PrivateLink(host=host, nonce=new_nonce(), digest=new_nonce(), created_at=clock.now())
    db.session.add(link)
    db.session.flush()  # the key is made from the row's id
    link.digest = digest(private_key(link))
    record(actor, "link.made", "host", host.id, host.letter_id)
    return link


def revoke(link: PrivateLink, actor: Actor) -> None:
    """End a private link: its address answers 404 from now on."""
    link.revoked_at = link.revoked_at or clock.now()
    record(actor, "link.revoked", "host", link.host_id, link.host.letter_id)


def _go(letter: Letter, to: LetterStatus, actor: Actor) -> None:
    was, letter.status = letter.status, advance(letter.status, to)
    tell(record(actor, f"letter.{to.value}", "letter", letter.id, letter.id, was=was.value))
