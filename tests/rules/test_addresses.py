"""Mail addresses as people type them: the short way for usual ones finds what the long way finds."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from campaign.core.addresses import checked
from campaign.core.errors import InvalidInput

LOCALS = st.text("abAZ09._+-é'\" ", max_size=8) | st.integers(60, 70).map("a".__mul__)
DOMAINS = st.sampled_from(
    [
        *("example.org", "Example.ORG", "xn--bcher-kva.example", "bücher.example", "localhost", "a..org"),
        *("-a.org", "exa mple.org", "[192.0.2.1]", "192.0.2.1", ".org", "a" * 64 + ".org"),
        ".".join(["a" * 60] * 3) + ".org",
    ]
)


def found(typed: str, ascii_only: bool) -> str | None:
    """What we make of it; None where it is refused."""
    try:
        return checked(typed, ascii_only=ascii_only)
    except InvalidInput:
        return None


@given(LOCALS, DOMAINS, st.booleans())
def test_usual_addresses_are_read_as_all_others(local: str, domain: str, ascii_only: bool) -> None:
    typed = f"{local}@{domain}"
    try:
        plainly = validate_email(typed.strip(), check_deliverability=False, allow_smtputf8=not ascii_only)
    except EmailNotValidError:
        assert found(typed, ascii_only) is None
    else:
        assert found(typed, ascii_only) == plainly.normalized
