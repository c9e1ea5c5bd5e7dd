"""Sending once more, because it came back or nobody answered: persons decide, and it is released anew."""

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core.addresses import checked
from campaign.core.errors import Conflict, InvalidInput
from campaign.dispatch.fingerprint import fingerprint
from campaign.dispatch.models import Consignment, Dispatch
from campaign.dispatch.operations import (
    Choice,
    begin,
    owe,
    owe_group,
    require_ready,
    require_sendable,
    settle_proposal,
)
from campaign.dispatch.queries import progress, reminded
from campaign.dispatch.rules import Progress, Purpose, check_covering
from campaign.dispatch.writing import Envelope, Errand, groups
from campaign.letters.models import Addressee
from campaign.letters.rules import Channel

CORRECTABLE = (Progress.BOUNCED, Progress.REFUSED)
REMINDABLE = (Progress.HANDED_OVER, Progress.UNKNOWN)


def correct(came_back: Consignment, address: str, actor: Actor) -> Dispatch:
    """Write a corrected address into the letter, and propose to send there what came back from the old one.

    Raises InvalidInput for an address that is none or the same, Conflict when nothing came back or it is on
    its way already.
    """
    edition, addressee = came_back.dispatch.edition, came_back.addressee
    require_ready(edition)
    address = checked(address, "address")
    if progress(came_back) not in CORRECTABLE:
        raise Conflict("nothing came back from this recipient")
    if address.lower() == (came_back.address or "").lower():
        raise InvalidInput("this is the address it came back from", "address")
    name = _write_down(addressee, came_back.envelope, address)
    errand = Errand(edition, Purpose.CORRECTION, came_back.dispatch.covering or "")
    sent = begin(errand, Choice(frozenset()), fingerprint(edition), actor)
    envelope = Envelope(came_back.envelope, name, address)
    owe(sent, addressee.id, envelope, came_back.reader, Channel.MAIL, replaces_id=came_back.id)
    require_sendable(sent)
    record(
        actor,
        "dispatch.corrected",
        "consignment",
        came_back.id,
        sent.letter_id,
        edition=edition.number,
    )
    return settle_proposal(sent, actor)


def _write_down(addressee: Addressee, envelope: int, address: str) -> str:
    """The new address on the addressee or their Cc; returns the name it belongs to. Raises Conflict."""
    if envelope == 0:
        addressee.email = address
        return addressee.name
    copy = next((copy for copy in addressee.copies if copy.id == envelope), None)
    if copy is None:
        raise Conflict("this Cc is not on the letter any more")
    copy.email = address
    return copy.name or ""


def remind(sent_before: Consignment, covering: str, actor: Actor) -> Dispatch:
    """Propose to send an addressee, and their Cc, the same edition again, with words to go before it.

    It goes in the same thread. Raises InvalidInput without words, Conflict when it never reached
    them or one is on its way.
    """
    edition, addressee = sent_before.dispatch.edition, sent_before.addressee
    require_ready(edition)
    words = check_covering(covering)
    if not words:
        raise InvalidInput("write what goes before the letter", "covering")
    if sent_before.envelope != 0 or progress(sent_before) not in REMINDABLE:
        raise Conflict("only what reached an addressee can be sent again as a reminder")
    if reminded(edition.id, addressee.id):
        raise Conflict("a reminder to this addressee is on its way already")
    errand = Errand(edition, Purpose.REMINDER, words)
    sent = begin(errand, Choice(frozenset()), fingerprint(edition), actor)
    for group in groups(errand, addressee):
        owe_group(sent, addressee, group)
    require_sendable(sent)
    return settle_proposal(sent, actor)
