"""What speaks for a sign-on being genuine, and what that rests on: a domain or a letter, never an address."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from campaign.core.db import db
from campaign.core.websites import is_free_mail, registrable_domain
from campaign.organisations.rules import DomainSource
from campaign.signing.models import Representative, Signature
from campaign.signing.rules import Evidence, SignatureStatus


@dataclass(frozen=True, slots=True)
class Grounds:
    """What evidence rests on: the mailbox's domain, whether it is a mail service that serves everybody, the
    domain of the organisation's website, and an earlier signature that the same mailbox gave for it.
    """

    mailbox: str = ""
    free: bool = False
    website: str = ""
    earlier: Signature | None = None


def evidence_of(signature: Signature) -> Evidence:
    """The most that speaks for a sign-on now. Its organisation must be settled.

    Where no mailbox was proven, a coordinator's word stays what it is. A host's link vouches for nothing:
    whoever has it may pass it on. What was found of a contact that is no longer kept stays too.
    """
    person = signature.representative
    if signature.confirmed_at is None or person is None or not person.email:
        return signature.evidence
    if earlier_of([signature]):
        return Evidence.BEFORE
    return Evidence.DOMAIN if own_domain(person.email, websites_of(signature)) else Evidence.MAILBOX


def own_domain(email: str, websites: Iterable[str]) -> bool:
    """Whether a mailbox is at the registrable domain of one of the websites, and not at a mail service."""
    domain = registrable_domain(email)
    if domain is None or is_free_mail(domain):
        return False
    return domain in {registrable_domain(website) for website in websites}


def websites_of(signature: Signature) -> list[str]:
    """The websites by which a mailbox may prove itself the organisation's own.

    Those that a person has accepted count alone, for anybody can type the address of a website of theirs.
    """
    organisation = signature.organisation
    known = (
        [d.domain for d in organisation.domains if d.source is DomainSource.WEBSITE] if organisation else []
    )
    return known or [website for website in (signature.website,) if website]


def earlier_of(signatures: Iterable[Signature]) -> Mapping[int, Signature]:
    """By id of each, the newest earlier signature of the same organisation that the same mailbox confirmed
    and a person accepted, on whatever letter.

    One that only a letter's setting accepted was looked at by nobody, so it speaks for nothing.
    """
    mine, theirs, earlier = aliased(Representative), aliased(Representative), aliased(Signature)
    rows = (
        select(Signature.id, earlier)
        .join(mine, mine.signature_id == Signature.id)
        .join(theirs, theirs.email_index == mine.email_index)
        .join(earlier, earlier.id == theirs.signature_id)
        .where(
            Signature.id.in_([signature.id for signature in signatures]),
            earlier.id != Signature.id,
            earlier.organisation_id == Signature.organisation_id,
            earlier.confirmed_at.is_not(None),
            earlier.status == SignatureStatus.ACCEPTED,
            or_(earlier.previous.is_(None), earlier.previous != SignatureStatus.UNVERIFIED),
        )
        .order_by(earlier.id)
    )
    return {row[0]: row[1] for row in db.session.execute(rows)}


def grounds_of(signatures: Iterable[Signature]) -> Mapping[int, Grounds]:
    """What the evidence of each rests on, by its id; one whose mailbox is not proven is left out."""
    proven = [s for s in signatures if s.confirmed_at and s.representative and s.representative.email]
    earlier = earlier_of(proven)
    return {s.id: _grounds(s, earlier.get(s.id)) for s in proven}


def _grounds(signature: Signature, earlier: Signature | None) -> Grounds:
    email = signature.representative.email if signature.representative else None
    domain = (email or "").rpartition("@")[2].lower()
    websites = [d for d in map(registrable_domain, websites_of(signature)) if d]
    return Grounds(domain, is_free_mail(domain), websites[0] if websites else "", earlier)
