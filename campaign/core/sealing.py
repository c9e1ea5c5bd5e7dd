"""Sealing to a public key of age (C2SP age), whose private half is kept where we cannot reach it."""

import pyrage

from campaign.core.errors import InvalidInput

BLOCK = 512  # octets; the length of what is sealed tells no more than how many of these


def is_private_key(text: str) -> bool:
    """Whether somebody gave the half that must never leave their hands."""
    return "AGE-SECRET-KEY" in text.upper()


def checked_key(text: str) -> str:
    """A public key as it is kept. Raises InvalidInput for anything else, and never repeats what was given."""
    key = text.strip()
    if is_private_key(key):
        raise InvalidInput(
            "this is the private key, which must never be here: make a new pair, and give the age1 line",
            "sealed_to",
        )
    try:
        pyrage.x25519.Recipient.from_str(key)
    except pyrage.RecipientError as fault:
        raise InvalidInput(
            "this is no public key of age; age-keygen prints one, which begins age1", "sealed_to"
        ) from fault
    return key


def sealed(text: str, key: str) -> bytes:
    """A line of text sealed to a public key, as a file that the age tool opens; padded with blanks."""
    plain = text.encode()
    padded = plain.ljust(-(-(len(plain) + 1) // BLOCK) * BLOCK - 1) + b"\n"
    return pyrage.encrypt(padded, [pyrage.x25519.Recipient.from_str(key)])
