"""Corrections by the signatory: spelling at once, another name when a coordinator has looked at it."""

from dataclasses import dataclass

from campaign.audit.operations import record
from campaign.audit.rules import SIGNATORY, Actor
from campaign.core.errors import Conflict
from campaign.core.text import clean, respells
from campaign.core.websites import registrable_domain
from campaign.signing.contacts import told_status
from campaign.signing.models import Signature
from campaign.signing.moderation import correct
from campaign.signing.rules import (
    LIVE,
    LONGEST_PERSON,
    REFUSED,
    Listing,
    check_line,
    check_listing,
    row_key,
    waits,
)


@dataclass(frozen=True, slots=True)
class OwnCorrection:
    """How a signatory wants to be listed, and who signs for it; empty is None."""

    name: str
    name_other: str | None
    website: str | None
    representative: str | None
    role: str | None

    def listed(self) -> dict[str, str | None]:
        """What a list may show, by column."""
        return {
            "name": clean(self.name),
            "name_other": clean(self.name_other or "") or None,
            "website": self.website or None,
        }


def correct_own(signature: Signature, wanted: OwnCorrection) -> bool:
    """Correct what its holder may by themselves, and keep the rest as wishes. Whether any of it waits.

    The spelling changes at once, and what is taken away. Another name or website, which could be another
    organisation's, waits for a coordinator, and until then the list says what it said: whether that
    organisation has signed is nobody's to find out by asking for its name. What was asked before and is not
    asked now is dropped. Raises Conflict when it stands nowhere, InvalidInput.
    """
    if told_status(signature) not in LIVE:
        raise Conflict("this signature stands on no list")
    _check(signature, wanted)
    asked = {k: v for k, v in wanted.listed().items() if v != getattr(signature, k)}
    waiting = {k: v for k, v in asked.items() if v and not _is_same(k, getattr(signature, k), v)}
    done = _set(signature, {k: v for k, v in asked.items() if k not in waiting})
    done += _set_person(signature, wanted)
    if done:
        _note(SIGNATORY, "signature.corrected", signature, done)
    if waiting and waiting != signature.wishes:
        _note(SIGNATORY, "signature.wished", signature, list(waiting))
    signature.wishes = waiting or None
    return bool(waiting)


def grant(signature: Signature, actor: Actor) -> None:
    """List it as its holder asked.

    Raises Conflict when nothing was asked, or that organisation stands on the letter already.
    """
    wishes = _waiting(signature)
    _note(actor, "signature.wish_granted", signature, list(wishes))
    for column in ("name_other", "website"):
        if column in wishes:
            setattr(signature, column, wishes[column])
    if "name" in wishes:
        correct(signature, wishes["name"], signature.country_code, signature.scope, actor)
        _set_key(signature)
    signature.wishes = None


def refuse(signature: Signature, actor: Actor) -> None:
    """Leave it as it is listed; its holder's page says so. Raises Conflict when nothing was asked."""
    wishes = _waiting(signature)
    _note(actor, "signature.wish_refused", signature, list(wishes))
    signature.wishes = {**wishes, REFUSED: REFUSED}


def _check(signature: Signature, wanted: OwnCorrection) -> None:
    listing = Listing(
        organisation=wanted.name,
        organisation_other=wanted.name_other,
        website=wanted.website,
        country_code=signature.country_code,
        scope=signature.scope,
        visibility=signature.visibility,
    )
    check_listing(listing, (signature.visibility,), country_needed=False)
    for field, value in (("representative", wanted.representative), ("role", wanted.role)):
        check_line(field, value or "", LONGEST_PERSON)


def _is_same(column: str, old: str | None, new: str) -> bool:
    """Whether the new value can only be the same organisation's."""
    if column == "website":
        domain = registrable_domain(new)
        return domain is not None and domain == registrable_domain(old or "")
    return respells(old or "", new)


def _set(signature: Signature, changes: dict[str, str | None]) -> list[str]:
    for column, value in changes.items():
        setattr(signature, column, value)
    _set_key(signature)
    return list(changes)


def _set_key(signature: Signature) -> None:
    signature.row_key = row_key(
        signature.name, signature.country_code, signature.country_text, signature.scope
    )


def _set_person(signature: Signature, wanted: OwnCorrection) -> list[str]:
    person = signature.representative
    if person is None or signature.letter.sealed_to is not None:
        return []  # what is sealed is not kept in clear again
    new = {"name": clean(wanted.representative or "") or None, "role": clean(wanted.role or "") or None}
    changes = {column: value for column, value in new.items() if value != getattr(person, column)}
    for column, value in changes.items():
        setattr(person, column, value)
    return [{"name": "representative"}.get(column, column) for column in changes]


def _waiting(signature: Signature) -> dict[str, str]:
    if not waits(signature.wishes) or signature.wishes is None:
        raise Conflict("no correction is asked for")
    return signature.wishes


def _note(actor: Actor, act: str, signature: Signature, columns: list[str]) -> None:
    record(actor, act, "signature", signature.id, signature.letter_id, changed=columns)
