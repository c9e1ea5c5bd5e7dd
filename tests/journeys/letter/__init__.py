"""The letter of the journeys, and a sign-on to it."""

from pathlib import Path

from tests.journeys.browser import Browser, Page, read_through

FOLDER = Path(__file__).parent
SLUG = "clear-water"
# Commands, for `Stage.prepare` and `Stage.flask`.
IMPORTED = ("letters", "import", str(FOLDER))
OPENED = ("letters", "open", SLUG)
COORDINATOR = "co@example.org"
ENTERED = ("accounts", "create", COORDINATOR, "--role", "admin", "--password-stdin")
SIGN_ON = {
    "organisation": "Ñandú Étoile & Søns",
    "country": "PY",
    "scope": "national",
    "website": "https://etoile.example.org",
    "representative": "Ana Example",
    "role": "Director",
    "email": "ana@etoile.example.org",
    "visibility": "public",
    "authorised": "y",
    "consent": "y",
}


def sign(visitor: Browser, email: str) -> Page:
    """Fill in the form for an organisation named for its mailbox; what was answered."""
    form = read_through(visitor.get(f"/letters/{SLUG}/sign"))
    own = {**SIGN_ON, "organisation": organisation_of(email), "email": email}
    return visitor.submit(form, "organisation", **own)


def organisation_of(email: str) -> str:
    """The organisation that signs from that mailbox."""
    return f"Organisation of {email.partition('@')[0]}"
