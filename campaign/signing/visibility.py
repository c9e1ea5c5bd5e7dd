"""Who may see a signatory's name: wider by their own click alone, narrower also by a coordinator."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from campaign.audit.operations import record
from campaign.audit.rules import SIGNATORY, Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput, NotAllowed
from campaign.letters.queries import choices
from campaign.letters.rules import Visibility, is_wider
from campaign.signing.consenting import keep
from campaign.signing.contacts import told_status
from campaign.signing.models import Consent, Signature
from campaign.signing.rules import LIVE, Purpose
from campaign.signing.standing import counted_cell
from campaign.tally.operations import move


@dataclass(frozen=True, slots=True)
class Choice:
    """A signatory's own choice: in which words and language, whom the page named as readers, since when."""

    visibility: Visibility
    wording: str
    language: str
    readers: tuple[str, ...]
    shown_at: datetime


def choose(signature: Signature, choice: Choice) -> None:
    """The signatory says who may see the name. It shows at once, and is kept with its words.

    The same choice again counts too: the page may have named a reader who was not there before.
    Raises Conflict when it stands on no list, InvalidInput for what the letter does not offer.
    """
    offered = {*choices(signature.letter), signature.visibility}
    if choice.visibility not in offered:
        raise InvalidInput("this letter does not offer that visibility", "visibility")
    _show(signature, choice.visibility, SIGNATORY)
    # Readers added after this page was shown were not on it, and do not see the name.
    signature.shown_at = choice.shown_at
    now = clock.now()
    db.session.execute(
        update(Consent)
        .where(
            Consent.signature_id == signature.id,
            Consent.purpose == Purpose.VISIBILITY,
            Consent.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
    )
    said = {Purpose.VISIBILITY: choice.wording}
    keep(signature, said, language=choice.language, given_at=now, readers=choice.readers)


def narrow(signature: Signature, visibility: Visibility, actor: Actor) -> None:
    """A coordinator hides a name on the signatory's wish.

    Raises NotAllowed for showing it to more people than now: only its holder may, by their own link.
    """
    if is_wider(signature.visibility, visibility):
        raise NotAllowed("only the signatory can let more people see the name, by the link they were mailed")
    _show(signature, visibility, actor)


def _show(signature: Signature, visibility: Visibility, actor: Actor) -> None:
    """Change it where it stands: the figures move in the same transaction."""
    if told_status(signature) not in LIVE:  # what one that gave way answered would tell that it did
        raise Conflict("this signature stands on no list")
    before, was = counted_cell(signature), signature.visibility
    signature.visibility = visibility
    move(signature.letter_id, before, counted_cell(signature))
    record(
        actor,
        "signature.shown",
        "signature",
        signature.id,
        signature.letter_id,
        was=was.value,
        to=visibility.value,
    )
