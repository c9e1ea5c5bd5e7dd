"""What a coordinator does to sign-ons: decide, undo, correct, and enter those that came by other ways."""

from dataclasses import dataclass
from typing import Any

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.core.secrets import blind_index
from campaign.core.text import clean
from campaign.letters.models import Letter
from campaign.organisations.operations import identify, learn
from campaign.organisations.rules import Scope
from campaign.signing import queries
from campaign.signing.confirming import ask_again, replace_links, screen
from campaign.signing.contacts import is_further
from campaign.signing.evidence import evidence_of
from campaign.signing.models import Representative, Signature
from campaign.signing.operations import Person, enter
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
from campaign.signing.standing import counted_cell, go, settle_identity
from campaign.signing.versions import require_agreed, taken_off_by_silence
from campaign.tally.operations import move


def accept(signature: Signature, actor: Actor, decision: str | None = None) -> None:
    """Count it; `decision` is what it shares with others that are accepted in the same act.

    Raises Conflict from any state it cannot be accepted from, and for an unconfirmed one.
    """
    if signature.status is SignatureStatus.UNVERIFIED:
        raise Conflict("its mailbox is not confirmed; accept it on other evidence, with a note")
    require_agreed(signature)
    go(signature, SignatureStatus.ACCEPTED, actor, **_act(decision))
    signature.decision = decision
    _learn(signature)


def _learn(signature: Signature) -> None:
    """What a person accepted is known of the organisation from now on: website, mailbox, other name."""
    person, organisation = signature.representative, signature.organisation
    if organisation is not None:
        proven = person.email if person is not None and signature.confirmed_at is not None else None
        learn(organisation, signature.website, proven, signature.name_other)


def reject(signature: Signature, reason: str, actor: Actor, decision: str | None = None) -> None:
    """Turn it down, with a reason for the team; `decision` is what it shares with others of the same act.

    Raises InvalidInput without a reason, Conflict from a state that cannot be rejected.
    """
    reason = check_reason(reason)
    go(signature, SignatureStatus.REJECTED, actor, **_act(decision))
    signature.reason, signature.decision = reason, decision


def check_reason(reason: str) -> str:
    """The reason as it is kept. Raises InvalidInput without one."""
    reason = clean(reason)
    if not reason:
        raise InvalidInput("a rejection needs a reason", "reason")
    check_line("reason", reason, LONGEST_NOTE)
    return reason


def undo(signature: Signature, actor: Actor, decision: str | None = None) -> None:
    """Take the last decision back; `decision` is the act that is taken back with it.

    Raises Conflict when there is none, or when the organisation stands there by another row.
    """
    if taken_off_by_silence(signature):
        raise Conflict(
            "nobody answered for it when the text changed; note their yes where the change is listed"
        )
    to = undone(signature.status, signature.previous)
    go(signature, to, actor, undo=True, undone=True, **_act(decision))
    signature.reason, signature.decided_at, signature.superseded_by = None, None, None
    signature.decision = None


def _act(decision: str | None) -> dict[str, Any]:
    """What the record says of a row decided with others, so that it is told as one act."""
    return {"decision": decision} if decision else {}


def set_apart(signature: Signature, name: str, actor: Actor) -> None:
    """A further contact is in truth of another organisation: under that name it waits at the desk.

    Raises InvalidInput, or Conflict when it is none, or when that name is the standing organisation's too.
    """
    if not is_further(signature):
        raise Conflict("this sign-on is no further contact")
    correct(signature, name, signature.country_code, signature.scope, actor)
    settle_identity(signature)
    screen(signature)
    undo(signature, actor)


def correct(
    signature: Signature,
    name: str,
    country_code: str | None,
    scope: Scope,
    actor: Actor,
    website: str | None = None,
) -> None:
    """How it is listed: displayed name, country, scope, and the website where one is given ("" for none).

    What was typed stays.

    A counted one moves to its new cell; what its mailbox proves is looked at anew.

    Raises InvalidInput, or Conflict when the corrected organisation stands on this letter already.
    """
    website = signature.website if website is None else website.strip() or None
    listing = Listing(name, country_code, scope, signature.visibility, website=website)
    check_listing(listing, (signature.visibility,), country_needed=False)
    before = counted_cell(signature)
    changed = [
        field
        for field, old, new in (
            ("name", signature.name, clean(name)),
            ("country", signature.country_code, country_code),
            ("scope", signature.scope, scope),
            ("website", signature.website, website),
        )
        if old != new
    ]
    signature.name, signature.country_code, signature.scope = clean(name), country_code, scope
    signature.website = website
    if changed and signature.organisation_id is not None:
        settle_identity(signature)
        signature.evidence = evidence_of(signature)
    move(signature.letter_id, before, counted_cell(signature))
    record(actor, "signature.corrected", "signature", signature.id, signature.letter_id, changed=changed)


def send_again(signature: Signature, actor: Actor) -> None:
    """Mail a new confirmation link.

    Raises Conflict when it is confirmed, InvalidInput when there is no address.
    """
    _require_unconfirmed(signature)
    ask_again(signature)
    record(actor, "signature.asked_again", "signature", signature.id, signature.letter_id)


def correct_address(signature: Signature, email: str, actor: Actor) -> None:
    """Mail the confirmation to a corrected address; links sent to the wrong one stop counting.

    Raises Conflict when confirmed.
    """
    _require_unconfirmed(signature)
    replace_links(signature)
    person = signature.representative or Representative(signature=signature)
    person.email, person.email_index = email, blind_index(email)
    ask_again(signature)
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
    require_agreed(signature)
    settle_identity(signature)
    signature.note, signature.evidence = note, Evidence.VOUCHED
    screen(signature)
    go(signature, SignatureStatus.ACCEPTED, actor, evidence=Evidence.VOUCHED.value)
    _learn(signature)


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
    """Put an entered sign-on on the desk, or on the list at once; no mail is owed. What it is like is noted:
    on a long letter one that is counted at once is found by that alone.

    Raises Conflict when the organisation stands there.
    """
    signature.evidence, signature.confirmed_at = Evidence.VOUCHED, None
    organisation = identify(signature.name, signature.country_code, signature.scope, signature.website)
    if queries.live_of(signature.letter.id, organisation.id):  # its own letter_id comes with the flush
        raise Conflict("this organisation has signed this letter already")
    signature.organisation = organisation
    db.session.add(signature)
    db.session.flush()  # the audit row needs the id
    screen(signature)
    to = SignatureStatus.ACCEPTED if accepted else SignatureStatus.PENDING
    go(signature, to, actor, source=signature.source.value)
    if accepted:
        _learn(signature)
    return signature


def _require_unconfirmed(signature: Signature) -> None:
    if signature.status is not SignatureStatus.UNVERIFIED:
        raise Conflict("this sign-on is confirmed already")
