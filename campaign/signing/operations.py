"""The verbs of signing: sign, verify, and what a signatory or the worker does to a sign-on."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from campaign.audit.operations import record
from campaign.audit.rules import VISITOR, Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.core.networks import Caller
from campaign.core.secrets import blind_index
from campaign.core.text import clean
from campaign.letters.models import Letter
from campaign.letters.rules import require_signatures
from campaign.signing import limits
from campaign.signing.confirming import ask_to_confirm
from campaign.signing.consenting import keep, take_back_all
from campaign.signing.contacts import told_status
from campaign.signing.deciding import Decider, hand_on
from campaign.signing.models import Representative, Signature
from campaign.signing.rules import (
    LIVE,
    LONGEST_PERSON,
    Evidence,
    Listing,
    Purpose,
    SignatureStatus,
    Source,
    check_line,
    check_listing,
    row_key,
)
from campaign.signing.standing import go


@dataclass(frozen=True, slots=True)
class Person:
    """Who signs for the organisation; all of it may be unknown for a sign-on that came by other ways."""

    name: str | None = None
    role: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class SignCommand:
    """A filled-in sign form.

    `wordings` are the sentences said yes to; `nonce` belongs to one shown form; `text_version_id` is what was
    read; `shown_at` is when the form, which names who will see the name, was first shown, and `readers` are
    whom it named, in its words. `caller` is from where it was sent, `trapped` that the field was filled in
    that people do not see. `decider` is somebody else who decides for the organisation. `language` is that of
    the letter, `said_in` of the sentences, where they are not in it.
    """

    listing: Listing
    person: Person
    language: str
    wordings: dict[Purpose, str]
    nonce: str
    text_version_id: int | None
    host_id: int | None = None
    shown_at: datetime | None = None
    readers: tuple[str, ...] = ()
    caller: Caller | None = None
    trapped: bool = False
    decider: Decider | None = None
    said_in: str = ""


def sign(letter: Letter, command: SignCommand) -> Signature | None:
    """A sign-on, unverified until its mailbox is proven, with the confirmation mail it owes. None when this
    form was sent before.

    Raises Gone or Conflict when the letter takes no signatures, InvalidInput with its field.
    """
    require_signatures(letter.status, letter.paused, letter.deadline, clock.now())
    if db.session.scalar(select(Signature.id).where(Signature.form_nonce == command.nonce)):
        return None
    _require_word(command)
    signature = enter(
        letter, command.listing, command.person, command.language, Source.FORM, country_needed=True
    )
    if command.decider:
        hand_on(signature, command.decider)
    signature.form_nonce = command.nonce
    signature.host_id, signature.shown_at = command.host_id, command.shown_at
    signature.text_version_id = command.text_version_id or letter.text_version_id
    try:
        with db.session.begin_nested():
            db.session.add(signature)
    except IntegrityError:
        return None  # the double click arrived in the same moment
    keep(
        signature,
        _said_by_signatory(command),
        language=command.said_in or command.language,
        given_at=signature.signed_at,
        readers=command.readers,
    )
    record(VISITOR, "signature.signed", "signature", signature.id, letter.id, language=command.language)
    slowed = limits.meet(signature, command.caller, command.trapped)
    ask_to_confirm(signature, slowed)
    return signature


def _require_word(command: SignCommand) -> None:
    """Where somebody else decides, it is they who say that they may, when they confirm."""
    if Purpose.ATTESTATION not in command.wordings and command.decider is None:
        raise InvalidInput("this needs your yes", "authorised")
    if Purpose.CONSENT not in command.wordings:
        raise InvalidInput("this needs your yes", "consent")


def enter(
    letter: Letter, listing: Listing, person: Person, language: str, source: Source, country_needed: bool
) -> Signature:
    """An unverified signature from what somebody typed, checked like any other; not yet in the session."""
    check_listing(listing, letter.offered, country_needed)
    for field, value in (("representative", person.name), ("role", person.role)):
        check_line(field, value or "", LONGEST_PERSON)
    name = clean(listing.organisation)
    return Signature(
        letter=letter,
        status=SignatureStatus.UNVERIFIED,
        name=name,
        name_other=clean(listing.organisation_other or "") or None,
        typed_name=name,
        row_key=row_key(name, listing.country_code, listing.country_text, listing.scope),
        country_code=listing.country_code,
        country_text=clean(listing.country_text or "") or None,
        scope=listing.scope,
        website=listing.website or None,
        visibility=listing.visibility,
        language=language,
        source=source,
        evidence=Evidence.NONE,
        signed_at=clock.now(),
        text_version_id=letter.text_version_id,
        representative=Representative(
            name=clean(person.name or "") or None,
            role=clean(person.role or "") or None,
            email=person.email,
            email_index=blind_index(person.email) if person.email else None,
        ),
    )


def _said_by_signatory(command: SignCommand) -> dict[Purpose, str]:
    if command.decider is None:
        return dict(command.wordings)
    # News would go to whoever decides, who can say yes to them when they confirm.
    return {
        purpose: wording for purpose, wording in command.wordings.items() if purpose is not Purpose.UPDATES
    }


def withdraw(signature: Signature, actor: Actor) -> None:
    """The organisation no longer signs.

    Final; signing again is a new row. What was agreed to is taken back with it. Raises Conflict when it does
    not stand there. A colleague who gave way to somebody else's sign-on withdraws their own.
    """
    if told_status(signature) not in LIVE:
        raise Conflict("this signature stands on no list")
    go(signature, SignatureStatus.WITHDRAWN, actor)
    take_back_all(signature)
