"""Looking after a signature: who gets the mail with its link, and when."""

from collections.abc import Sequence
from datetime import timedelta

from campaign.audit.operations import record
from campaign.audit.rules import VISITOR, Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.core.secrets import blind_index
from campaign.outbox.operations import post
from campaign.outbox.seldom import post_seldom
from campaign.signing import queries
from campaign.signing.links import make_link, standing_link
from campaign.signing.models import Signature
from campaign.signing.rules import UNPROVEN, LinkPurpose

CONFIRMED = "campaign.signing.own_mails.confirmed"
LINKS = "campaign.signing.mails.links"
LONG_ENOUGH = timedelta(days=7)  # a link that ends sooner is not worth being sent again


def tell_confirmed(signature: Signature) -> None:
    """The mailbox is proven: owe the mail that says so and carries the link. Without an address, nothing."""
    person = signature.representative
    if person is not None and person.email:
        link = make_link(signature, LinkPurpose.MANAGE)
        post(
            CONFIRMED,
            link.id,
            recipient=person.email,
            locale=signature.language,
            letter_id=signature.letter_id,
        )


def send_link(signature: Signature, actor: Actor) -> None:
    """A coordinator has the link sent, as to somebody whose sign-on came by a sheet.

    Raises Conflict while the mailbox is not proven by its own mail, InvalidInput without an address.
    """
    if signature.status in UNPROVEN:
        raise Conflict("this sign-on is not confirmed; its confirmation can be sent again")
    if signature.representative is None or not signature.representative.email:
        raise InvalidInput("there is no mail address to write to", "email")
    _owe([signature], signature.representative.email)
    record(actor, "signature.link_sent", "signature", signature.id, signature.letter_id)


def ask_for_links(email: str) -> None:
    """Somebody asks for the links of a mailbox: one mail for each way its address was written.

    It goes to the address that signed and never to the one typed now: what `+` or dots mean is for its own
    mail server to say. Whether anybody signed cannot be told from outside, not from the time taken either:
    for an unknown address the same is written down, and taken back before the commit.
    """
    signed = queries.of_mailbox(blind_index(email))
    if not signed:
        with db.session.begin_nested() as written:
            post_seldom(LINKS, 0, recipient=email, locale="en", gathers=False)
            db.session.flush()
            written.rollback()
    for address in sorted({_address(signature) for signature in signed}):
        _owe([signature for signature in signed if _address(signature) == address], address)
    record(VISITOR, "links.asked_for", "links", 0, None)


def _owe(signatures: Sequence[Signature], address: str) -> None:
    """One mail for all signatures of an address, none of which may be without a link when it leaves."""
    newest = signatures[-1]
    # It lists all there is already: whoever asks need not wait for more to gather.
    if post_seldom(LINKS, newest.id, recipient=address, locale=newest.language, gathers=False) is None:
        return
    for signature in signatures:
        link = standing_link(signature.id)
        if link is None or link.expires_at < clock.now() + LONG_ENOUGH:
            make_link(signature, LinkPurpose.MANAGE)


def _address(signature: Signature) -> str:
    return (signature.representative and signature.representative.email) or ""
