"""The verbs of signing: sign, verify, and what a signatory or the worker does to a sign-on."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from campaign.audit.operations import record
from campaign.audit.rules import SETTING, SIGNATORY, VISITOR, Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, Gone, InvalidInput
from campaign.core.secrets import blind_index, digest, new_nonce
from campaign.core.text import clean
from campaign.letters.models import Letter
from campaign.letters.rules import Acceptance, require_signatures, takes_confirmations
from campaign.organisations.operations import identify
from campaign.outbox.operations import post
from campaign.signing import queries
from campaign.signing.models import Confirmation, Consent, Representative, Signature
from campaign.signing.rules import (
    COUNTED,
    LONGEST_PERSON,
    Evidence,
    Listing,
    Purpose,
    SignatureStatus,
    Source,
    advance,
    check_line,
    check_listing,
    row_key,
)
from campaign.signing.tokens import confirmation_token
from campaign.tally.operations import move
from campaign.tally.rules import Cell, cell

CONFIRMATION = "campaign.signing.mails.confirmation"


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
    read; `shown_at` is when the form, which names who will see the name, was first shown.
    """

    listing: Listing
    person: Person
    language: str
    wordings: dict[Purpose, str]
    nonce: str
    text_version_id: int | None
    host_id: int | None = None
    shown_at: datetime | None = None


def sign(letter: Letter, command: SignCommand) -> Signature | None:
    """A sign-on, unverified until its mailbox is proven, with the confirmation mail it owes. None when this
    form was sent before.

    Raises Gone or Conflict when the letter takes no signatures, InvalidInput with its field.
    """
    require_signatures(letter.status, letter.paused, letter.deadline, clock.now())
    if db.session.scalar(select(Signature.id).where(Signature.form_nonce == command.nonce)):
        return None
    for purpose in (Purpose.ATTESTATION, Purpose.CONSENT):
        if purpose not in command.wordings:
            raise InvalidInput(
                "this needs your yes", "authorised" if purpose is Purpose.ATTESTATION else "consent"
            )
    signature = enter(
        letter, command.listing, command.person, command.language, Source.FORM, country_needed=True
    )
    signature.form_nonce = command.nonce
    signature.host_id, signature.shown_at = command.host_id, command.shown_at
    signature.text_version_id = command.text_version_id or letter.text_version_id
    try:
        with db.session.begin_nested():
            db.session.add(signature)
    except IntegrityError:
        return None  # the double click arrived in the same moment
    _keep_consents(signature, command)
    record(VISITOR, "signature.signed", "signature", signature.id, letter.id, language=command.language)
    ask_to_confirm(signature, CONFIRMATION)
    return signature


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


def _keep_consents(signature: Signature, command: SignCommand) -> None:
    db.session.add_all(
        Consent(
            signature_id=signature.id,
            purpose=purpose,
            wording=wording,
            language=command.language,
            text_version_id=signature.text_version_id,
            given_at=signature.signed_at,
        )
        for purpose, wording in command.wordings.items()
    )


def ask_to_confirm(signature: Signature, builder: str) -> None:
    """Owe a mail with a new link; links sent before stop working for nobody but still explain themselves."""
    if signature.representative is None or not signature.representative.email:
        raise InvalidInput("there is no mail address to write to", "email")
    confirmation = Confirmation(signature_id=signature.id, nonce=new_nonce(), created_at=clock.now())
    db.session.add(confirmation)
    db.session.flush()  # the token is made from the row's id
    confirmation.digest = digest(confirmation_token(confirmation.id, confirmation.nonce))
    post(
        builder,
        confirmation.id,
        recipient=signature.representative.email,
        locale=signature.language,
        letter_id=signature.letter_id,
    )


def verify(confirmation: Confirmation, name: str | None = None) -> Signature:
    """The mailbox is proven: the sign-on goes to the desk, or counts at once where the letter says so.
    Pressing twice changes nothing.

    `name` corrects the spelling. Raises Gone when the link or the letter is over, Conflict when the
    organisation already stands there.
    """
    signature = queries.signature(confirmation.signature.letter_id, confirmation.signature_id, lock=True)
    db.session.refresh(confirmation)  # a double click may have used it while we waited for the lock
    if confirmation.used_at is not None and signature.status is not SignatureStatus.UNVERIFIED:
        return signature
    require_confirmable(confirmation, signature)
    if name and clean(name) != signature.name:
        _respell(signature, name)
    confirmation.used_at = signature.confirmed_at = clock.now()
    signature.evidence = Evidence.MAILBOX
    automatic = signature.letter.acceptance is Acceptance.AUTOMATIC
    settle_identity(signature)
    go(
        signature,
        SignatureStatus.PENDING if not automatic else SignatureStatus.ACCEPTED,
        SETTING if automatic else SIGNATORY,
    )
    return signature


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


def _respell(signature: Signature, name: str) -> None:
    """The signatory's own correction before confirming: the name is theirs to spell."""
    listing = Listing(name, signature.country_code, signature.scope, signature.visibility)
    check_listing(listing, (signature.visibility,), country_needed=False)
    signature.name = clean(name)
    signature.row_key = row_key(
        signature.name, signature.country_code, signature.country_text, signature.scope
    )


def settle_identity(signature: Signature) -> None:
    """Find or enter the organisation behind a sign-on.

    Raises Conflict when it stands on this letter already.
    """
    organisation = identify(signature.name, signature.country_code, signature.scope, signature.website)
    if queries.live_of(signature.letter_id, organisation.id, besides=signature.id):
        raise Conflict("this organisation has signed this letter already")
    signature.organisation = organisation


def counted_cell(signature: Signature) -> Cell | None:
    """Where a signature counts now, or None when it does not."""
    if signature.status not in COUNTED:
        return None
    return cell(signature.country_code, signature.scope, signature.visibility)


def go(
    signature: Signature, to: SignatureStatus, actor: Actor, undo: bool = False, **details: object
) -> None:
    """Change the status: checked, dated, counted and noted, all in the caller's transaction.

    Raises Conflict.
    """
    before, was = counted_cell(signature), signature.status
    signature.status = to if undo else advance(was, to)
    signature.previous = None if undo else was
    _date(signature, to, clock.now())
    move(signature.letter_id, before, counted_cell(signature))
    try:
        db.session.flush()  # the one-per-organisation index speaks now, not at the door's commit
    except IntegrityError as collision:
        raise Conflict("this organisation has signed this letter already") from collision
    record(
        actor,
        f"signature.{to.value}",
        "signature",
        signature.id,
        signature.letter_id,
        was=was.value,
        **details,
    )


def _date(signature: Signature, to: SignatureStatus, now: datetime) -> None:
    if to is SignatureStatus.ACCEPTED:
        signature.accepted_at = now
    elif to is SignatureStatus.WITHDRAWN:
        signature.withdrawn_at = now
    elif to is SignatureStatus.PENDING:
        signature.accepted_at = None
    if to in (
        SignatureStatus.ACCEPTED,
        SignatureStatus.REJECTED,
        SignatureStatus.HELD,
        SignatureStatus.INVALIDATED,
    ):
        signature.decided_at = now


def withdraw(signature: Signature, actor: Actor) -> None:
    """The organisation no longer signs.

    Final; signing again is a new row. Raises Conflict when it does not stand there.
    """
    go(signature, SignatureStatus.WITHDRAWN, actor)


def replace_links(signature: Signature) -> None:
    """Earlier links stop counting, as when the address was wrong."""
    db.session.execute(
        update(Confirmation)
        .where(Confirmation.signature_id == signature.id, Confirmation.used_at.is_(None))
        .values(replaced_at=clock.now())
    )
