"""Proving the mailbox: the mail that asks, and what the button behind its link does."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypedDict

from sqlalchemy import update

from campaign.audit.rules import SETTING, SIGNATORY
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Gone, InvalidInput
from campaign.core.secrets import digest, new_nonce
from campaign.core.text import clean
from campaign.letters.rules import takes_confirmations
from campaign.outbox.operations import post
from campaign.outbox.seldom import post_seldom
from campaign.signing import queries
from campaign.signing.contacts import join, shares_mailbox
from campaign.signing.deciding import Decision, decide
from campaign.signing.evidence import evidence_of
from campaign.signing.looking_after import tell_confirmed
from campaign.signing.models import Confirmation, Signature
from campaign.signing.reconfirming import agree_on_confirming
from campaign.signing.rules import UNPROVEN, Flag, Listing, SignatureStatus, arrival, check_listing, row_key
from campaign.signing.screening import flags_of
from campaign.signing.standing import find_organisation, go
from campaign.signing.tokens import confirmation_token

CONFIRMATION = "campaign.signing.mails.confirmation"
REMINDER = "campaign.signing.mails.reminder"


def ask_to_confirm(signature: Signature, slowed: timedelta = timedelta(0)) -> None:
    """Make a link and owe the mail with it, which tells of all that waits for its address: anybody can cause
    it, so few of them leave for one mailbox. `slowed` is how much later it leaves at least.
    """
    asked = _new_link(signature)
    post_seldom(CONFIRMATION, asked.id, **_to(signature), slowed=slowed)


def ask_again(signature: Signature) -> None:
    """A coordinator has it asked again, with a new link and at once; earlier links work too.

    Raises InvalidInput when there is no address.
    """
    post(CONFIRMATION, _new_link(signature).id, **_to(signature))


def remind_to_confirm(signature: Signature) -> None:
    """Owe a reminder with the link sent before. Whoever signed has caused it, so few leave for a mailbox."""
    asked = queries.newest_confirmation(signature.id) or _new_link(signature)
    post_seldom(REMINDER, asked.id, **_to(signature), gathers=False)


def ask_many(signatures: Sequence[Signature]) -> None:
    """A coordinator has many asked at once, in few statements: one mail an address, which tells of all.

    Raises InvalidInput when one has no address.
    """
    db.session.flush()  # links refer to the rows' ids
    asked = zip(_new_links(signatures), map(_to, signatures), strict=True)
    for confirmation, to in {to["recipient"].casefold(): (link, to) for link, to in asked}.values():
        post(CONFIRMATION, confirmation.id, **to)


def _new_link(signature: Signature) -> Confirmation:
    return _new_links([signature])[0]


def _new_links(signatures: Sequence[Signature]) -> list[Confirmation]:
    now = clock.now()
    links = [Confirmation(signature_id=s.id, nonce=new_nonce(), created_at=now) for s in signatures]
    db.session.add_all(links)
    db.session.flush()  # each token is made from its row's id
    for link in links:
        link.digest = digest(confirmation_token(link.id, link.nonce))
    return links


class _To(TypedDict):
    recipient: str
    locale: str
    letter_id: int


def _to(signature: Signature) -> _To:
    if signature.representative is None or not signature.representative.email:
        raise InvalidInput("there is no mail address to write to", "email")
    address = signature.representative.email
    return {"recipient": address, "locale": signature.language, "letter_id": signature.letter_id}


def verify(
    confirmation: Confirmation,
    name: str | None = None,
    seen: int | None = None,
    decision: Decision | None = None,
) -> Signature:
    """The mailbox is proven: the sign-on goes to the desk, or counts at once where the letter says so.
    Pressing twice changes nothing.

    Whoever confirms for an organisation that stands there already becomes a further contact of it. `name`
    corrects the spelling; `seen` is the version (id) whose changes were shown with the button: without it the
    sign-on stands under the version that it was given to, and is asked like any other. `decision` is needed
    where somebody else decides than signed. Raises Gone when the link or the letter is over, InvalidInput.
    """
    signature = queries.signature(confirmation.signature.letter_id, confirmation.signature_id, lock=True)
    db.session.refresh(confirmation)  # a double click may have used it while we waited for the lock
    if confirmation.used_at is not None and signature.status not in UNPROVEN:
        return signature
    require_confirmable(confirmation, signature)
    if name and clean(name) != signature.name:
        _respell(signature, name)
    confirmation.used_at = signature.confirmed_at = clock.now()
    decide(signature, decision)
    agree_on_confirming(signature, seen)
    standing = find_organisation(signature)
    if standing is not None:
        signature.organisation = standing.organisation
    signature.evidence = evidence_of(signature)
    # Before it stands somewhere, for then a sealed letter's contact is locked. A further contact is told too:
    # a mail that does not come would tell that they are one.
    tell_confirmed(signature)
    found = _found(signature)  # for a further contact too: the time taken would tell that they are one
    if standing is None:
        _arrive(signature, found)
    else:
        join(signature, standing)
    return signature


def _arrive(signature: Signature, found: set[Flag]) -> None:
    signature.flags = sorted({*signature.flags, *found})
    to = arrival(signature.letter.acceptance_in_force, signature.flags)
    go(signature, to, SIGNATORY if to is SignatureStatus.PENDING else SETTING)


def screen(signature: Signature) -> None:
    """Note why a person should look at it, beside what was noted before; its organisation must be settled."""
    signature.flags = sorted({*signature.flags, *_found(signature)})


def _found(signature: Signature) -> set[Flag]:
    shared = {Flag.SHARED_MAILBOX} if shares_mailbox(signature) else set()
    return shared | flags_of(signature)


def require_confirmable(confirmation: Confirmation, signature: Signature) -> None:
    """Raises Gone when the link was replaced, the sign-on is over, or the letter no longer takes
    confirmations.
    """
    letter = signature.letter
    if confirmation.replaced_at is not None:
        raise Gone("a newer link was sent")
    if signature.status is not SignatureStatus.UNVERIFIED:
        raise Gone("this sign-on was dealt with already")
    if not takes_confirmations(letter.status, letter.deadline, clock.now()):
        raise Gone("this letter takes no more confirmations")


def refuse(confirmation: Confirmation) -> None:
    """Whoever reads the mailbox says that it is not theirs to sign: it ends, and nobody outside is told.

    Pressing twice changes nothing. Raises Gone when the link, the sign-on or the letter is over.
    """
    signature = queries.signature(confirmation.signature.letter_id, confirmation.signature_id, lock=True)
    db.session.refresh(confirmation)
    if was_refused(confirmation):
        return
    require_confirmable(confirmation, signature)
    confirmation.used_at = clock.now()
    go(signature, SignatureStatus.EXPIRED, SIGNATORY, refused=True)


def was_refused(confirmation: Confirmation) -> bool:
    """Whether the mailbox said by this link that it does not sign."""
    return confirmation.used_at is not None and confirmation.signature.status is SignatureStatus.EXPIRED


def _respell(signature: Signature, name: str) -> None:
    """The signatory's own correction before confirming: the name is theirs to spell."""
    listing = Listing(name, signature.country_code, signature.scope, signature.visibility)
    check_listing(listing, (signature.visibility,), country_needed=False)
    signature.name = clean(name)
    signature.row_key = row_key(
        signature.name, signature.country_code, signature.country_text, signature.scope
    )


def replace_links(signature: Signature) -> None:
    """Earlier links stop counting, as when the address was wrong."""
    db.session.execute(
        update(Confirmation)
        .where(Confirmation.signature_id == signature.id, Confirmation.used_at.is_(None))
        .values(replaced_at=clock.now())
    )
