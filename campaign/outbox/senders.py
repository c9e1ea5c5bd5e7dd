"""Envelope senders: an address of its own for each mail, so that what comes back names its row."""

import base64
import hmac
import re
from dataclasses import dataclass

from flask import current_app

from campaign.core.secrets import token
from campaign.outbox.writing import platform_sender

LONGEST_LOCAL_PART = 64  # octets, RFC 5321 section 4.5.3.1.1
LARGEST_ID = 2**31 - 1
PROOF_BYTES = 10  # 80 bits are 16 letters of base32, which survives servers that change the case
# Whatever a relay puts before it (BATV's prvs=, SRS) leaves the end as it was; so does a new BOUNCE_ADDRESS.
_ENDING = re.compile(r"[+\-]([0-9]{1,10})-([a-z2-7]{16})@[^@\s]+\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What an address says of itself: the mail's id, and the proof that we wrote it there (lower case)."""

    mail_id: int
    proof: str


def envelope_sender(mail_id: int, nonce: str) -> str:
    """The address that is told when this mail cannot be delivered: bounces+12-<proof>@example.org.

    Where BOUNCE_ADDRESS has a tag of its own, the rest is joined to it with a hyphen, for mail servers do not
    agree at which of two pluses a tag begins. One whose local part leaves no room for the rest stays as it
    is; without BOUNCE_ADDRESS it is the platform's sender.
    """
    address: str = current_app.config["SETTINGS"].bounce_address
    if not address:
        return platform_sender()
    local, _, domain = address.rpartition("@")
    whole = f"{local}{'-' if '+' in local else '+'}{mail_id}-{_proof(mail_id, nonce)}"
    return f"{whole}@{domain}" if len(whole.encode()) <= LONGEST_LOCAL_PART else address


def read(address: str) -> Claimed | None:
    """The mail an address claims to speak of, or None when it is none of ours; anybody can write a claim."""
    ending = _ENDING.search(address.strip().strip("<>"))
    if ending is None or int(ending[1]) > LARGEST_ID:
        return None
    return Claimed(int(ending[1]), ending[2].lower())


def proves(claimed: Claimed, mail_id: int, nonce: str) -> bool:
    """Whether the claim is ours: made under TOKEN_KEY for the mail with this id and nonce."""
    genuine = hmac.compare_digest(claimed.proof, _proof(mail_id, nonce))
    return genuine and claimed.mail_id == mail_id


def _proof(mail_id: int, nonce: str) -> str:
    raw = base64.urlsafe_b64decode(token("bounce", mail_id, nonce) + "=")
    return base64.b32encode(raw[:PROOF_BYTES]).decode().lower()
