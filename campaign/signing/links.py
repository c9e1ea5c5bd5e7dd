"""Links mailed to signatories after they signed: made, found by their token, and ended."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Gone, NotFound
from campaign.core.secrets import digest, new_nonce, token
from campaign.signing.models import Signature, SignatureLink
from campaign.signing.rules import LinkPurpose

LIFETIME = timedelta(days=30)


def make_link(
    signature: Signature,
    purpose: LinkPurpose,
    *,
    expires_at: datetime | None = None,
    text_version_id: int | None = None,
) -> SignatureLink:
    """A new link for the mailbox that signed, for 30 days unless told otherwise. Only its digest is kept."""
    return make_links([signature], purpose, expires_at=expires_at, text_version_id=text_version_id)[0]


def make_links(
    signatures: Sequence[Signature],
    purpose: LinkPurpose,
    *,
    expires_at: datetime | None = None,
    text_version_id: int | None = None,
) -> list[SignatureLink]:
    """The same for many at once, in their order."""
    now = clock.now()
    links = [
        SignatureLink(
            signature_id=signature.id,
            purpose=purpose,
            text_version_id=text_version_id,
            nonce=new_nonce(),
            created_at=now,
            expires_at=expires_at or now + LIFETIME,
        )
        for signature in signatures
    ]
    db.session.add_all(links)
    db.session.flush()  # the tokens are made from the rows' ids
    for link in links:
        link.digest = digest(link_token(link))
    return links


def standing_link(signature_id: int, purpose: LinkPurpose = LinkPurpose.MANAGE) -> SignatureLink | None:
    """A signature's link that works now, of several the one that lasts longest; None without one."""
    rows = select(SignatureLink).where(
        SignatureLink.signature_id == signature_id,
        SignatureLink.purpose == purpose,
        SignatureLink.revoked_at.is_(None),
        SignatureLink.expires_at > clock.now(),
    )
    longest = rows.order_by(SignatureLink.expires_at.desc(), SignatureLink.id.desc())
    return db.session.scalar(longest.limit(1))


def link_token(link: SignatureLink) -> str:
    """The token in the mailed address, made anew from the row that asks for it."""
    return token(link.purpose.value, link.id, link.nonce)


def find_link(mailed: str, purpose: LinkPurpose) -> SignatureLink:
    """What a mailed address stands for.

    Raises NotFound for a token nobody was sent for that purpose, Gone for one that is over.
    """
    rows = select(SignatureLink).where(
        SignatureLink.digest == digest(mailed), SignatureLink.purpose == purpose
    )
    link = db.session.scalar(rows)
    if link is None:
        raise NotFound("no such link")
    if link.revoked_at is not None or link.expires_at <= clock.now():
        raise Gone("this link is over")
    return link
