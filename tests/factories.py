"""Things to test with, made by the same verbs that doors and commands use; each is committed."""

from __future__ import annotations

import functools
import itertools
import time
from collections.abc import Iterable
from typing import Any
from unittest import mock

from flask.testing import FlaskClient
from flask_security import hash_password
from sqlalchemy import select

from campaign.accounts import operations as accounts
from campaign.accounts.models import User
from campaign.accounts.rules import Role
from campaign.audit.rules import SIGNATORY, WORKER, Actor, ActorKind
from campaign.core.db import Mode, db, transactions
from campaign.core.secrets import new_nonce
from campaign.editions import operations as editions
from campaign.editions.freezing import freeze
from campaign.editions.models import Edition
from campaign.editions.operations import Printed
from campaign.letters import operations as letters
from campaign.letters.drafting import write_down
from campaign.letters.drafts import AddresseeDraft, Draft, HostDraft
from campaign.letters.models import Letter
from campaign.letters.rules import Circulation, Visibility
from campaign.organisations.rules import Scope
from campaign.outbox.models import Mail
from campaign.outbox.operations import cancel
from campaign.outbox.rules import MailState
from campaign.signing import confirming, moderation, standing
from campaign.signing import operations as signing
from campaign.signing.links import link_token, make_link
from campaign.signing.models import Confirmation, Signature
from campaign.signing.operations import Person, SignCommand
from campaign.signing.rules import LinkPurpose, Listing, Purpose, SignatureStatus
from campaign.signing.tokens import confirmation_token

COORDINATOR = Actor(ActorKind.USER, 1)
PASSWORD = "a quiet sentence about herons"
HOST = HostDraft("Harbour Rights Watch", website="https://harbour.example.org", contact="desk@example.org")
ADDRESSEE = AddresseeDraft(
    "Amira Example", title="Minister", email="minister@example.org", salutation="Dear Minister,"
)
TEXT = "We, {groups} from {countries}, ask you to open the harbour.\n\nIt has been closed for a year."
_numbers = itertools.count(1)


def make_draft(**changes: Any) -> Draft:
    """A letter's description; any field of Draft can be given."""
    plain: dict[str, Any] = {
        "slug": f"letter-{next(_numbers)}",
        "original_language": "en",
        "titles": {"en": "Open the harbour"},
        "texts": {"en": TEXT},
        "hosts": (HOST,),
        "addressees": (ADDRESSEE,),
    }
    return Draft(**(plain | changes))


def make_letter(opened: bool = True, actor: Actor = COORDINATOR, **changes: Any) -> Letter:
    """A letter, public and open for signature unless said otherwise; `changes` are fields of Draft."""
    letter, _ = write_down(make_draft(**changes), None, actor, Circulation.PUBLIC)
    if opened:
        letters.open_letter(letter, actor)
    db.session.commit()
    return letter


def make_listing(**changes: Any) -> Listing:
    """How an organisation is to stand on the list; names are new each time."""
    plain: dict[str, Any] = {
        "organisation": f"Organisation {next(_numbers)}",
        "country_code": "BH" if changes.get("scope", Scope.NATIONAL) is Scope.NATIONAL else None,
        "scope": Scope.NATIONAL,
        "visibility": Visibility.PUBLIC,
    }
    return Listing(**(plain | changes))


def make_person(**changes: Any) -> Person:
    """Somebody who signs; the mailbox is new each time."""
    plain = {"name": "Sami Example", "role": "Director", "email": f"sami{next(_numbers)}@example.org"}
    return Person(**(plain | changes))


def make_command(
    listing: Listing | None = None, person: Person | None = None, language: str = "en", **changes: Any
) -> SignCommand:
    """A filled-in sign form."""
    plain: dict[str, Any] = {
        "listing": listing or make_listing(),
        "person": person or make_person(),
        "language": language,
        "wordings": {Purpose.ATTESTATION: "I may sign.", Purpose.CONSENT: "I agree."},
        "nonce": new_nonce(),
        "text_version_id": None,
    }
    return SignCommand(**(plain | changes))


_S = SignatureStatus
# How each status is reached from the form, one step after the other.
ROUTES: dict[SignatureStatus, tuple[SignatureStatus, ...]] = {
    _S.UNVERIFIED: (),
    _S.EXPIRED: (_S.EXPIRED,),
    _S.PENDING: (_S.PENDING,),
    _S.HELD: (_S.PENDING, _S.HELD),
    _S.QUERIED: (_S.PENDING, _S.QUERIED),
    _S.ACCEPTED: (_S.PENDING, _S.ACCEPTED),
    _S.REJECTED: (_S.PENDING, _S.REJECTED),
    _S.WITHDRAWN: (_S.PENDING, _S.ACCEPTED, _S.WITHDRAWN),
    _S.INVALIDATED: (_S.PENDING, _S.ACCEPTED, _S.INVALIDATED),
    _S.SUPERSEDED: (_S.PENDING, _S.ACCEPTED, _S.SUPERSEDED),
}


def make_signature(
    letter: Letter,
    status: SignatureStatus = _S.ACCEPTED,
    command: SignCommand | None = None,
    *,
    mailed: bool = False,
    **listing: Any,
) -> Signature:
    """A signature in that status, by the verbs that lead there; `listing` are fields of Listing.

    The mail that says it is confirmed is taken back unless it is `mailed`: most tests look at other mails.
    """
    signature = signing.sign(letter, command or make_command(make_listing(**listing)))
    assert signature is not None
    for step in ROUTES[status]:
        _take(signature, step)
    if not mailed:
        told = select(Mail.id).where(Mail.kind == "confirmed", Mail.state == MailState.QUEUED)
        for mail_id in db.session.scalars(told.where(Mail.letter_id == letter.id)).all():
            cancel(mail_id)
    db.session.commit()
    return signature


def _take(signature: Signature, step: SignatureStatus) -> None:
    if step is _S.PENDING:
        confirming.verify(confirmation_of(signature))
    elif step is _S.ACCEPTED:
        if signature.status is not _S.ACCEPTED:  # a letter that accepts by itself has done it
            moderation.accept(signature, COORDINATOR)
    elif step is _S.REJECTED:
        moderation.reject(signature, "not an organisation", COORDINATOR)
    elif step is _S.WITHDRAWN:
        signing.withdraw(signature, SIGNATORY)
    else:
        standing.go(signature, step, WORKER if step is _S.EXPIRED else COORDINATOR)


def make_signatures(letter: Letter, places: Iterable[str]) -> list[Signature]:
    """One accepted signature per country code given."""
    return [make_signature(letter, country_code=code) for code in places]


def confirmation_of(signature: Signature) -> Confirmation:
    """The newest confirmation asked for."""
    newest = select(Confirmation).where(Confirmation.signature_id == signature.id)
    found = db.session.scalars(newest.order_by(Confirmation.id.desc())).first()
    assert found is not None
    return found


def token_of(signature: Signature) -> str:
    """The token of the newest confirmation link: `/confirm/<token>`."""
    confirmation = confirmation_of(signature)
    return confirmation_token(confirmation.id, confirmation.nonce)


def link_of(signature: Signature) -> str:
    """The path of the signatory's own page, by a new link: `/signature/<token>`."""
    link = make_link(signature, LinkPurpose.MANAGE)
    db.session.commit()
    return f"/signature/{link_token(link)}"


def make_edition(letter: Letter, rendered: bool = True, sent: dict[int, int] | None = None) -> Edition:
    """The letter frozen now; its files, when `rendered`, are small stand-ins: no Typst runs.

    `sent` is which edition's number each addressee (by id) was last sent.
    """
    db.session.commit()
    with transactions(Mode.SNAPSHOT):
        edition = freeze(letter, COORDINATOR, sent)
        db.session.commit()
    if rendered:
        stand_in = f"%PDF-1.7 stand-in {letter.slug} {edition.number}"
        files = [
            Printed(order.addressee_id, order.language, f"{stand_in} {n}".encode(), order.reader)
            for n, order in enumerate(editions.orders(edition))
        ]
        editions.store(edition, files)
        db.session.commit()
    return edition


@functools.cache
def _hashed(password: str) -> str:
    """Argon2 takes a tenth of a second on purpose; once per password is enough here."""
    return str(hash_password(password))


def make_user(role: Role = Role.COORDINATOR, email: str | None = None, password: str = PASSWORD) -> User:
    """An account."""
    with mock.patch.object(accounts, "hash_password", _hashed):
        user = accounts.create(email or f"user{next(_numbers)}@example.org", password, role, COORDINATOR)
    db.session.commit()
    return user


def sign_in(client: FlaskClient, user: User) -> None:
    """Make that browser the user's, as signing in at the desk does."""
    identity = user.fs_uniquifier
    with client.session_transaction("/desk/") as kept:  # public pages keep no session
        kept.update({"_user_id": identity, "_fresh": True, "fs_cc": "set", "fs_paa": time.time()})
