"""Mail addresses: as people type them, and as they are written in envelopes and headers."""

import re
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from campaign.core.errors import InvalidInput

# Quoted local parts and address literals are not taken: no form lets them in, and what they may hold
# (commas, brackets, spaces) would begin another address in a header.
_ADDRESS = re.compile(r"[^\s<>()\[\]\\,;:@\"\x00-\x1f\x7f]+@[^\s<>()\[\]\\,;:@\"\x00-\x1f\x7f]+")
_PLAIN_LOCAL = re.compile(r"[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*")  # and RFC 5321 section 4.5.3.1.1: 64 octets
LONGEST = 254  # RFC 5321 section 4.5.3.1.3, without the angle brackets


def checked(typed: str, field: str | None = "email", *, ascii_only: bool = False) -> str:
    """A typed mail address in its normal form, without asking the network.

    `ascii_only` refuses those that only some mail servers can write to. Raises InvalidInput with the field.
    """
    typed = typed.strip()
    local, _, domain = typed.rpartition("@")
    # Nearly all are like this, and most of a sheet share few domains: each of those is looked at once.
    plain = _PLAIN_LOCAL.fullmatch(local) and len(local) <= 64 and domain.isascii() and len(typed) <= LONGEST
    try:
        if plain:
            return f"{local}@{_domain(domain)}"
        return validate_email(typed, check_deliverability=False, allow_smtputf8=not ascii_only).normalized
    except EmailNotValidError as fault:
        raise InvalidInput("this is not a mail address", field) from fault


@lru_cache(maxsize=10_000)
def _domain(typed: str) -> str:
    """A domain in its normal form. Raises EmailNotValidError."""
    return validate_email(f"a@{typed}", check_deliverability=False).domain


def written(address: str) -> str:
    """The address with its domain in ASCII (RFC 5891); the local part stays as it is.

    Raises InvalidInput for what is no address, or has a domain that cannot be.
    """
    if not _ADDRESS.fullmatch(address) or len(address.encode()) > LONGEST:
        raise InvalidInput("this is not a mail address")
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        known = validate_email(f"a@{domain}", check_deliverability=False)
    except EmailNotValidError as fault:
        raise InvalidInput("this mail address has a domain that cannot exist") from fault
    return f"{local}@{known.ascii_domain}"
