"""The mails of signing: please confirm, and its reminder."""

from campaign.core import clock, countries, locales
from campaign.core.db import db
from campaign.letters.models import Letter
from campaign.letters.rules import GRACE, takes_confirmations
from campaign.organisations.rules import Scope
from campaign.outbox.leases import Claim
from campaign.outbox.message import Mailbox, Parts
from campaign.outbox.writing import platform_sender, public_url, write
from campaign.signing.models import Confirmation, Signature
from campaign.signing.rules import SignatureStatus
from campaign.signing.tokens import confirmation_token


def confirmation(claim: Claim, confirmation_id: int) -> Parts | None:
    """Please confirm. None when there is nothing left to confirm."""
    return _parts(claim, confirmation_id, "confirmation")


def reminder(claim: Claim, confirmation_id: int) -> Parts | None:
    """Please confirm, still. None when there is nothing left to confirm."""
    return _parts(claim, confirmation_id, "reminder")


def _parts(claim: Claim, confirmation_id: int, template: str) -> Parts | None:
    asked = db.session.get(Confirmation, confirmation_id)
    if asked is None or not _wanted(asked):
        return None
    signature, letter = asked.signature, asked.signature.letter
    words = write(
        template,
        signature=signature,
        letter=letter,
        title=letter.title(signature.language),
        notice=letter.notice(signature.language),
        country=_place(signature),
        hosts=locales.listing([host.name for host in letter.hosts], signature.language),
        link=public_url(f"/confirm/{confirmation_token(asked.id, asked.nonce)}"),
        until=_until(letter, signature.language),
        locale=signature.language,
        direction=locales.direction(signature.language),
    )
    return Parts(
        subject=words.subject,
        text=words.text,
        html=words.html,
        to=[Mailbox("", claim.recipient)],
        sender=Mailbox("Undersigned", platform_sender()),
        date=asked.created_at,
    )


def _wanted(asked: Confirmation) -> bool:
    signature = asked.signature
    open_for_it = takes_confirmations(signature.letter.status, signature.letter.deadline, clock.now())
    return asked.replaced_at is None and signature.status is SignatureStatus.UNVERIFIED and open_for_it


def _place(signature: Signature) -> str:
    if signature.country_code and signature.scope is Scope.NATIONAL:
        return countries.name(signature.country_code, signature.language)
    return ""


def _until(letter: Letter, language: str) -> str | None:
    """The last moment a confirmation counts, worded with its zone."""
    if letter.deadline is None:
        return None
    return locales.format_moment(letter.deadline + GRACE, letter.time_zone, language)
