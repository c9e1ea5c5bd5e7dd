"""Mails that only the holder of a proven mailbox can cause; they do not count among what strangers can."""

from campaign.core import clock, locales
from campaign.core.db import db
from campaign.outbox.leases import Claim
from campaign.outbox.message import Parts
from campaign.outbox.writing import public_url, write
from campaign.signing.contacts import told_status
from campaign.signing.mails import addressed, own_page, place_of, until_day
from campaign.signing.models import SignatureLink


def confirmed(claim: Claim, link_id: int) -> Parts | None:
    """The signature is confirmed, and this is the link to it. None when that is over."""
    link = db.session.get(SignatureLink, link_id)
    if link is None or link.revoked_at is not None or link.expires_at <= clock.now():
        return None
    signature, letter = link.signature, link.signature.letter
    spoken = locales.spoken(signature.language)
    words = write(
        "confirmed",
        signature=signature,
        stands=told_status(signature),
        letter=letter,
        title=letter.title(signature.language),
        titled_in=letter.titled_in(signature.language),
        notice=letter.notice(signature.language),
        noticed_in=letter.noticed_in(signature.language),
        country=place_of(signature, spoken),
        link=own_page(link),
        until=until_day(link, spoken),
        ask_again=public_url("/signature"),
        locale=signature.language,
    )
    return addressed(claim, words, link.created_at, letter)
