"""What a coordinator does to sign-ons: decide, undo, correct, and enter those that came by other ways."""

from dataclasses import dataclass

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.core.secrets import blind_index
from campaign.core.text import clean
from campaign.letters.models import Letter
from campaign.organisations.operations import identify
from campaign.organisations.rules import Scope
from campaign.signing import queries
from campaign.signing.models import Representative, Signature
from campaign.signing.operations import (
    CONFIRMATION,
    Person,
    ask_to_confirm,
    counted_cell,
    enter,
    go,
    replace_links,
    settle_identity,
)
from campaign.signing.rules import (
    LONGEST_NOTE,
    Evidence,
    Listing,
    SignatureStatus,
    Source,
    check_line,
    check_listing,
    undone,
)
from campaign.tally.operations import move


def accept(signature: Signature, actor: Actor) -> None:
    """Count it. Raises Conflict from any state it cannot be accepted from, and for an unconfirmed one."""
    if signature.status is SignatureStatus.UNVERIFIED:
        raise Conflict("its mailbox is not confirmed; accept it on other evidence, with a note")
    go(signature, SignatureStatus.ACCEPTED, actor)


def reject(signature: Signature, reason: str, actor: Actor) -> None:
    """Turn it down, with a reason for the team.

    Raises InvalidInput without one, Conflict from a state that cannot be rejected.
    """
    reason = clean(reason)
    if not reason:
        raise InvalidInput("a rejection needs a reason", "reason")
    check_line("reason", reason, LONGEST_NOTE)
    go(signature, SignatureStatus.REJECTED, actor)
    signature.reason = reason


def undo(signature: Signature, actor: Actor) -> None:
    """Take the last decision back.

    Raises Conflict when there is none, or when the organisation stands there by another row.
    """
    go(signature, undone(signature.status, signature.previous), actor, undo=True, undone=True)
    signature.reason, signature.decided_at = None, None


def correct(signature: Signature, name: str, country_code: str | None, scope: Scope, actor: Actor) -> None:
    """How it is listed: displayed name, country, scope. What was typed stays.

    A counted one moves to its new cell.

    Raises InvalidInput, or Conflict when the corrected organisation stands on this letter already.
    """
    listing = Listing(name, country_code, scope, signature.visibility)
    check_listing(listing, (signature.visibility,), country_needed=False)
    before = counted_cell(signature)
    changed = [
        field
        for field, old, new in (
            ("name", signature.name, clean(name)),
            ("country", signature.country_code, country_code),
            ("scope", signature.scope, scope),
        )
        if old != new
    ]
    signature.name, signature.country_code, signature.scope = clean(name), country_code, scope
    if changed and signature.organisation_id is not None:
        settle_identity(signature)
    move(signature.letter_id, before, counted_cell(signature))
    record(actor, "signature.corrected", "signature", signature.id, signature.letter_id, changed=changed)


def send_again(signature: Signature, actor: Actor) -> None:
    """Mail a new confirmation link.

    Raises Conflict when it is confirmed, InvalidInput when there is no address.
    """
    _require_unconfirmed(signature)
    ask_to_confirm(signature, CONFIRMATION)
    record(actor, "signature.asked_again", "signature", signature.id, signature.letter_id)


def correct_address(signature: Signature, email: str, actor: Actor) -> None:
    """Mail the confirmation to a corrected address; links sent to the wrong one stop counting.

    Raises Conflict when confirmed.
    """
    _require_unconfirmed(signature)
    replace_links(signature)
    person = signature.representative or Representative(signature=signature)
    person.email, person.email_index = email, blind_index(email)
    ask_to_confirm(signature, CONFIRMATION)
    record(actor, "signature.address_corrected", "signature", signature.id, signature.letter_id)


def accept_on_evidence(signature: Signature, note: str, actor: Actor) -> None:
    """Count an unconfirmed one because a coordinator knows it is genuine; the note says why.

    Raises InvalidInput, Conflict.
    """
    _require_unconfirmed(signature)
    note = clean(note)
    if not note:
        raise InvalidInput("say what you know: accepting without a confirmation needs a note", "note")
    check_line("note", note, LONGEST_NOTE)
    settle_identity(signature)
    signature.note, signature.evidence = note, Evidence.VOUCHED
    go(signature, SignatureStatus.ACCEPTED, actor, evidence=Evidence.VOUCHED.value)


@dataclass(frozen=True, slots=True)
class AddCommand:
    """A sign-on that came by mail, phone or message; only the listing is needed."""

    listing: Listing
    person: Person
    source: Source
    note: str
    accept: bool = True


def add(letter: Letter, command: AddCommand, actor: Actor) -> Signature:
    """Enter a sign-on that reached a coordinator; counted at once unless told otherwise.

    Raises InvalidInput, Conflict for a second one.
    """
    check_line("note", clean(command.note), LONGEST_NOTE)
    signature = enter(
        letter,
        command.listing,
        command.person,
        letter.original_language,
        command.source,
        country_needed=False,
    )
    signature.note = clean(command.note) or None
    return settle_entered(signature, command.accept, actor)


def settle_entered(signature: Signature, accepted: bool, actor: Actor) -> Signature:
    """Put an entered sign-on on the desk, or on the list at once; no mail is owed.

    Raises Conflict when the organisation stands there.
    """
    signature.evidence, signature.confirmed_at = Evidence.VOUCHED, None
    organisation = identify(signature.name, signature.country_code, signature.scope, signature.website)
    if queries.live_of(signature.letter.id, organisation.id):  # its own letter_id comes with the flush
        raise Conflict("this organisation has signed this letter already")
    signature.organisation = organisation
    db.session.add(signature)
    db.session.flush()  # the audit row needs the id
    to = SignatureStatus.ACCEPTED if accepted else SignatureStatus.PENDING
    go(signature, to, actor, source=signature.source.value)
    return signature


def _require_unconfirmed(signature: Signature) -> None:
    if signature.status is not SignatureStatus.UNVERIFIED:
        raise Conflict("this sign-on is confirmed already")
