"""What is kept about a signatory, for themselves: everything of theirs, and nothing of anybody else."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select

from campaign.audit.models import AuditEntry
from campaign.audit.rules import ActorKind
from campaign.care.erasure import ROOMS, of_mailbox
from campaign.core import clock
from campaign.core.db import db
from campaign.core.secrets import blind_index
from campaign.editions.redacting import entries_of
from campaign.outbox import forgetting as outbox
from campaign.outbox import queries as sent
from campaign.outbox.models import Mail
from campaign.signing.contacts import told_status
from campaign.signing.models import Confirmation, Consent, Sighting, Signature, SignatureLink
from campaign.signing.rules import SignatureStatus
from campaign.signing.screening import FOUND_HERE

Facts = dict[str, object]
_Row = TypeVar("_Row", Consent, Confirmation, Sighting, SignatureLink)
_WAITS = SignatureStatus.PENDING
# To its holder all of these are one: somebody looks at it. Why would tell who else signed, or is known.
_TOLD_AS_WAITING = frozenset({_WAITS, SignatureStatus.HELD, SignatureStatus.QUERIED})
_PLAIN = (
    "id",
    "name",
    "name_other",
    "typed_name",
    "country_code",
    "country_text",
    "scope",
    "website",
    "visibility",
    "language",
    "source",
    "evidence",
    "note",
    "reason",
    "import_line",
)
_MOMENTS = (
    "shown_at",
    "signed_at",
    "confirmed_at",
    "decided_at",
    "accepted_at",
    "withdrawn_at",
    "reminded_at",
    "last_reminded_at",
    "erased_at",
)


def data_of(signature: Signature) -> Facts:
    """Everything that is kept about one signatory, ready for JSON.

    Moments are RFC 3339 in UTC, None where there is none. Tokens are not kept, so none is told; of other
    persons (who moderated, who else signed) nothing is told, not even that they are there: whoever signs in
    an organisation's name must not learn here whether it has signed, or is known (promise A3).
    """
    person = signature.representative
    return {
        "letter": _letter(signature),
        "signature": _signature(signature),
        "representative": _person(signature),
        "consents": [_consent(row) for row in _rows(Consent, signature)],
        "links": _links(signature),
        "sightings": [_sighting(row) for row in _rows(Sighting, signature)],
        "editions": _editions(signature),
        "mails": [_mail(mail) for mail in _mails(person.email_index if person else None, signature)],
        "acts": _acts(signature),
    }


def data_of_mailbox(address: str) -> Facts:
    """Everything that is kept about a mailbox: each sign-on it gave, and those it asked others to give."""
    index = blind_index(address)
    found = of_mailbox(index)
    own = [s for s in found if s.representative and s.representative.email_index == index]
    seen = select(Sighting).where(Sighting.mailbox == index).order_by(Sighting.id)
    return {
        "mailbox": address,
        "signatures": [data_of(signature) for signature in own],
        "asked_for": [_asked(signature) for signature in found if signature not in own],
        "mails": [_mail(mail) for mail in outbox.mails_to(index, ROOMS)],
        "sightings": [_sighting(row) for row in db.session.scalars(seen)],
    }


def _rows(table: type[_Row], signature: Signature) -> Sequence[_Row]:
    return db.session.scalars(
        select(table).where(table.signature_id == signature.id).order_by(table.id)
    ).all()


def _letter(signature: Signature) -> Facts:
    letter = signature.letter
    return {"slug": letter.slug, "title": letter.title(signature.language)}


def _stands(row: Signature) -> SignatureStatus:
    """Where its own page says that it stands."""
    told = told_status(row)
    return _WAITS if told in _TOLD_AS_WAITING else told


def _signature(row: Signature) -> Facts:
    moments = {name: _moment(getattr(row, name)) for name in _MOMENTS}
    return {
        "status": (stands := _stands(row)),
        **{name: getattr(row, name) for name in _PLAIN},
        "text_version": row.text_version.number if row.text_version else None,
        "confirmed_for_text_version": row.agreed_version.number if row.agreed_version else None,
        "came_through": row.host.name if row.host else None,
        "wishes": row.wishes,
        # A likeness is to somebody else.
        "flags": [flag for flag in row.flags if flag not in FOUND_HERE],
        "asked_to_be_listed_as": dict(row.wishes or {}),
        **moments,
        "decided_at": None if stands is _WAITS else moments["decided_at"],
    }


def _person(row: Signature) -> Facts | None:
    person = row.representative
    if person is None:
        return None
    # Who asked is known to them, from the mail that asked; that person's address is not theirs to have.
    return {
        "name": person.name,
        "role": person.role,
        "email": person.email,
        "asked_by": person.asked_by,
        "sealed": person.sealed is not None,
    }


def _consent(row: Consent) -> Facts:
    return {
        "purpose": row.purpose,
        "wording": row.wording,
        "language": row.language,
        "readers": list(row.readers),
        "given_at": _moment(row.given_at),
        "withdrawn_at": _moment(row.withdrawn_at),
    }


def _links(row: Signature) -> list[Facts]:
    return [_link(asked) for asked in _rows(Confirmation, row)] + [
        _link(link) for link in _rows(SignatureLink, row)
    ]


def _link(row: Confirmation | SignatureLink) -> Facts:
    ended = row.replaced_at if isinstance(row, Confirmation) else row.revoked_at
    return {
        "for": "confirmation" if isinstance(row, Confirmation) else row.purpose,
        "made_at": _moment(row.created_at),
        "used_at": _moment(row.used_at),
        "ended_at": _moment(ended),
    }


def _sighting(row: Sighting) -> Facts:
    """Keyed hashes of the network address, as they are kept: nobody can read the address from them."""
    return {"at": _moment(row.at), "address": row.address, "near": row.near, "wide": row.wide}


def _editions(row: Signature) -> list[Facts]:
    return [
        {"number": edition.number, "sha256": edition.sha256, "entry": facts}
        for edition, _entry, facts in entries_of(row.letter_id, row.id)
    ]


def _mails(index: str | None, row: Signature) -> Sequence[Mail]:
    return outbox.mails_to(index, ROOMS, row.letter_id) if index else ()


def _mail(mail: Mail) -> Facts:
    """A mail and every try. Its words are made when it is sent, and not kept."""
    return {
        "kind": mail.kind,
        "to": mail.recipient,
        "state": mail.state,
        "owed_at": _moment(mail.created_at),
        "ended_at": _moment(mail.finished_at),
        "tries": [
            {"at": _moment(tried.at), "outcome": tried.outcome, "answer": tried.answer}
            for tried in sent.attempts(mail.id)
        ],
        "reports": [{"at": _moment(told.at), "words": told.words} for told in sent.reports(mail.id)],
    }


def _acts(row: Signature) -> list[Facts]:
    """What was done to the sign-on, and by what kind of somebody: never by whom."""
    acts = select(AuditEntry).where(AuditEntry.subject_kind == "signature", AuditEntry.subject_id == row.id)
    openly = _stands(row) is SignatureStatus.SUPERSEDED
    return [
        {"at": _moment(act.at), **told}
        for act in db.session.scalars(acts.order_by(AuditEntry.id))
        if (told := _act(act, openly)) is not None
    ]


def _act(act: AuditEntry, openly: bool) -> Facts | None:
    """An act as its holder may know of it: where a sign-on went that was confirmed, they know as waiting;
    what a look at others did to it later, only where it is told `openly`.
    """
    hidden = {"signature.held"} if openly else {"signature.held", "signature.superseded"}
    if act.action not in hidden:
        return {"act": act.action, "by": act.actor_kind}
    if act.details.get("was") == SignatureStatus.UNVERIFIED:
        return {"act": "signature.pending", "by": ActorKind.SIGNATORY}
    return None


def _asked(row: Signature) -> Facts:
    """A sign-on that this mailbox filled in for somebody else to decide."""
    person = row.representative
    return {
        "letter": _letter(row),
        "organisation": row.typed_name,
        "asked_at": _moment(row.signed_at),
        "name": person.asked_by if person else None,
        "email": person.asked_by_email if person else None,
    }


def _moment(moment: datetime | None) -> str | None:
    return clock.iso(moment) if moment else None
