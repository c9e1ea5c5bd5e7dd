"""States of a signature, who may see a name, and what a sign-on must hold."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from campaign.core.countries import CODES
from campaign.core.errors import Conflict, InvalidInput
from campaign.core.text import fold, has_controls
from campaign.letters.rules import Acceptance, Visibility
from campaign.organisations.rules import LONGEST_NAME, Scope, place

LONGEST_PERSON = 120
LONGEST_WEBSITE = 300
LONGEST_NOTE = 500
ERASED = "[erased]"  # stands for every name of a signatory who was erased
FIRST_REMINDER = timedelta(days=2)
LAST_REMINDER = timedelta(days=1)


class SignatureStatus(StrEnum):
    """Where a signature stands. Only accepted ones count."""

    UNVERIFIED = "unverified"
    PENDING = "pending"
    HELD = "held"
    QUERIED = "queried"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    INVALIDATED = "invalidated"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Source(StrEnum):
    """How a sign-on reached us."""

    FORM = "form"
    IMPORT = "import"
    MAIL = "mail"
    PHONE = "phone"
    MESSAGE = "message"


class Evidence(StrEnum):
    """What speaks for the sign-on being genuine, from least to most.

    Nothing, a host's word, a proven mailbox, a proven mailbox at the website's own domain, and a mailbox that
    spoke for this organisation before.
    """

    NONE = "none"
    VOUCHED = "vouched"
    MAILBOX = "mailbox"
    DOMAIN = "domain"
    BEFORE = "before"


class Audience(StrEnum):
    """Who a list is for."""

    PUBLIC = "public"
    ADDRESSEES = "addressees"
    COORDINATORS = "coordinators"


class Purpose(StrEnum):
    """What somebody said yes to."""

    ATTESTATION = "attestation"
    CONSENT = "consent"
    UPDATES = "updates"
    VISIBILITY = "visibility"
    RECONFIRMATION = "reconfirmation"


class Flag(StrEnum):
    """Why a person should look at a sign-on before it counts."""

    LOOK_ALIKE = "look_alike"
    DUPLICATE = "duplicate"
    SHARED_MAILBOX = "shared_mailbox"
    LIMIT = "limit"
    DENIED = "denied"
    HONEYPOT = "honeypot"


class LinkPurpose(StrEnum):
    """What a link mailed to a signatory is for."""

    MANAGE = "manage"
    RECONFIRM = "reconfirm"


class LimitPer(StrEnum):
    """What a limit counts sign-ons by."""

    LETTER = "letter"
    NETWORK = "network"
    MAILBOX = "mailbox"


class Verdict(StrEnum):
    """What a listed network or domain means: never limited, or always looked at by a person."""

    ALLOW = "allow"
    DENY = "deny"


class AccessKind(StrEnum):
    """What a pattern of the lists describes: a network (CIDR) or a mail domain (with * for any part)."""

    NETWORK = "network"
    DOMAIN = "domain"


class ImportState(StrEnum):
    """Where a sheet stands between being brought to the desk and its rows being sign-ons.

    A running one is in the worker's hands; a cancelled one was given up, or taken back with its rows.
    """

    UPLOADED = "uploaded"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class InvalidationState(StrEnum):
    """Where a bulk invalidation stands: shown before anything happens, at work, and how it ended."""

    PROPOSED = "proposed"
    RUNNING = "running"
    CANCELLED = "cancelled"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


_S = SignatureStatus
# What a person must look at before it can be accepted; the other flags only keep it from counting by itself.
HELD_FOR = frozenset({Flag.LOOK_ALIKE, Flag.DENIED, Flag.HONEYPOT})
COUNTED = frozenset({_S.ACCEPTED})
LIVE = frozenset({_S.PENDING, _S.QUERIED, _S.HELD, _S.ACCEPTED})
# Whoever typed the address may not be who reads it.
UNPROVEN = frozenset({_S.UNVERIFIED, _S.EXPIRED})
UNDOABLE = frozenset({_S.ACCEPTED, _S.REJECTED, _S.INVALIDATED, _S.SUPERSEDED})
TRANSITIONS: dict[SignatureStatus, frozenset[SignatureStatus]] = {
    _S.UNVERIFIED: frozenset({_S.PENDING, _S.HELD, _S.ACCEPTED, _S.SUPERSEDED, _S.EXPIRED}),
    _S.PENDING: frozenset({_S.ACCEPTED, _S.REJECTED, _S.HELD, _S.QUERIED, _S.SUPERSEDED, _S.WITHDRAWN}),
    _S.QUERIED: frozenset({_S.PENDING, _S.REJECTED, _S.SUPERSEDED, _S.WITHDRAWN}),
    _S.HELD: frozenset({_S.ACCEPTED, _S.REJECTED, _S.PENDING, _S.SUPERSEDED, _S.WITHDRAWN}),
    _S.ACCEPTED: frozenset({_S.PENDING, _S.INVALIDATED, _S.SUPERSEDED, _S.WITHDRAWN}),
    _S.REJECTED: frozenset({_S.PENDING}),
    _S.INVALIDATED: frozenset(),
    _S.SUPERSEDED: frozenset(
        {_S.WITHDRAWN}
    ),  # a further contact may leave, and must not learn that they are one
    _S.EXPIRED: frozenset(),
    _S.WITHDRAWN: frozenset(),
}


def advance(current: SignatureStatus, to: SignatureStatus) -> SignatureStatus:
    """The new status, when a signature may go there from where it is. Raises Conflict otherwise."""
    if to not in TRANSITIONS[current]:
        raise Conflict("a sign-on that is %(current)s cannot become %(to)s", current=current, to=to)
    return to


def arrival(acceptance: Acceptance, flags: Collection[str]) -> SignatureStatus:
    """Where a sign-on goes whose mailbox is proven: what is flagged never counts without a person."""
    if HELD_FOR.intersection(flags):
        return _S.HELD
    return _S.ACCEPTED if acceptance is Acceptance.AUTOMATIC and not flags else _S.PENDING


def undone(current: SignatureStatus, previous: SignatureStatus | None) -> SignatureStatus:
    """Where undoing the last decision leads.

    Back to pending, or to held what was held, or to what an invalidated or superseded one was; one that gave
    way when its mailbox was proven goes to the desk. Raises Conflict.
    """
    if current not in UNDOABLE:
        raise Conflict("a sign-on that is %(current)s has nothing to undo", current=current)
    if previous is _S.HELD:
        return previous  # why it was held still holds
    if current in (_S.ACCEPTED, _S.REJECTED) or previous is None or previous is _S.UNVERIFIED:
        return _S.PENDING
    return previous


def visible_to(audience: Audience) -> frozenset[Visibility]:
    """Which visibilities an audience sees by name."""
    if audience is Audience.PUBLIC:
        return frozenset({Visibility.PUBLIC})
    if audience is Audience.ADDRESSEES:
        return frozenset({Visibility.PUBLIC, Visibility.ADDRESSEES})
    return frozenset(Visibility)


REFUSED = "refused"  # beside what was wished for: a coordinator said no


def waits(wishes: Mapping[str, str] | None) -> bool:
    """Whether a correction that was asked for is still to be decided."""
    return bool(wishes) and REFUSED not in (wishes or {})


def row_key(name: str, country_code: str | None, country_text: str | None, scope: Scope) -> str:
    """What makes two sign-ons the same row: the folded name and the place.

    An unresolved country counts by its folded text.
    """
    where = place(scope, country_code) or fold(country_text or "")
    return f"{fold(name)}@{where}"[:400]


@dataclass(frozen=True, slots=True)
class Listing:
    """How an organisation is to stand on the list."""

    organisation: str
    country_code: str | None
    scope: Scope
    visibility: Visibility
    organisation_other: str | None = None
    country_text: str | None = None
    website: str | None = None


def check_listing(listing: Listing, offered: tuple[Visibility, ...], country_needed: bool) -> None:
    """Raises InvalidInput, naming the field, for anything that must not reach a list.

    Every way in passes here.
    """
    for field, value, longest in (
        ("organisation", listing.organisation, LONGEST_NAME),
        ("organisation_other", listing.organisation_other or "", LONGEST_NAME),
        ("website", listing.website or "", LONGEST_WEBSITE),
        ("country", listing.country_text or "", LONGEST_NAME),
    ):
        check_line(field, value, longest)
    if not any(c.isalnum() for c in listing.organisation):
        raise InvalidInput("the organisation has no name", "organisation")
    if listing.country_code is not None and listing.country_code not in CODES:
        raise InvalidInput("there is no such country", "country")
    if country_needed and listing.scope is Scope.NATIONAL and listing.country_code is None:
        raise InvalidInput("a country is needed, or the scope of a network", "country")
    if listing.visibility not in offered:
        raise InvalidInput("this letter does not offer that visibility", "visibility")
    if listing.website and not listing.website.startswith(("http://", "https://")):
        raise InvalidInput("the website must begin with https:// or http://", "website")


def check_line(field: str, value: str, longest: int) -> None:
    """Raises InvalidInput for a line that is too long or holds control characters."""
    if len(value) > longest:
        raise InvalidInput("longer than %(longest)d characters", field, longest=longest)
    if has_controls(value):
        raise InvalidInput("holds characters that cannot be printed", field)


def reminder_due(
    signed_at: datetime, deadline: datetime | None, reminded: bool, last_reminded: bool, now: datetime
) -> str | None:
    """Which reminder an unconfirmed sign-on is owed now.

    `first` after two days, `last` on the last day, or None.
    """
    if deadline is not None and now > deadline:
        return None
    on_last_day = deadline is not None and now >= deadline - LAST_REMINDER
    if on_last_day and not last_reminded and now - signed_at >= timedelta(hours=6):
        return "last"
    if not reminded and not on_last_day and now - signed_at >= FIRST_REMINDER:
        return "first"
    return None
