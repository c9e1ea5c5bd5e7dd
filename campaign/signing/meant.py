"""Which sign-ons of a letter a bulk rule means: those that count or wait, and fit all its conditions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import aliased

from campaign.core.db import db
from campaign.core.errors import InvalidInput
from campaign.core.networks import Caller
from campaign.letters.models import Letter
from campaign.organisations.rules import Scope
from campaign.signing.bulk import NOWHERE, Condition, Facts, fits
from campaign.signing.limits import keys_of
from campaign.signing.models import Import, Representative, Sighting, Signature
from campaign.signing.rules import LIVE, Evidence, Source

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Scan:
    """Ids that fit among the rows looked at, the last id looked at, and whether there are more after it."""

    ids: tuple[int, ...]
    last_id: int
    more: bool


def newest(letter_id: int) -> int:
    """The id of the letter's newest sign-on, or 0."""
    return db.session.scalar(select(func.max(Signature.id)).where(Signature.letter_id == letter_id)) or 0


def ids(
    letter_id: int, conditions: Mapping[str, str], through_id: int, since: datetime | None = None
) -> Iterator[int]:
    """All that are meant, by id; with `since` only those whose mailbox was proven after that moment."""
    after, more = 0, True
    while more:
        found = scan(letter_id, conditions, after, through_id, AT_ONCE, since)
        yield from found.ids
        after, more = found.last_id, found.more


def scan(
    letter_id: int,
    conditions: Mapping[str, str],
    after: int,
    through_id: int,
    limit: int,
    since: datetime | None = None,
) -> Scan:
    """Look at up to `limit` rows with an id greater than `after` and not above `through_id`."""
    found = _rows(letter_id, conditions, after, through_id)
    if since is not None:
        found = found.where(Signature.confirmed_at > since)
    return _looked_at(db.session.execute(found.limit(limit)).all(), conditions, through_id, limit)


def _looked_at(rows: Sequence[Any], conditions: Mapping[str, str], through_id: int, limit: int) -> Scan:
    found = tuple(row[0] for row in rows if fits(conditions, _facts(row)))
    return Scan(found, rows[-1][0] if rows else through_id, len(rows) == limit)


def check(letter: Letter, conditions: Mapping[str, str]) -> None:
    """Raises InvalidInput, naming the field, for a sheet that is not the letter's, a sign-on whose network is
    not known, or no more, and the mailboxes of a sealed letter, which nobody here can read.
    """
    letter_id = letter.id
    if letter.sealed_to is not None and Condition.MAIL_DOMAIN in conditions:
        raise InvalidInput("mailboxes of a sealed letter are not known here", Condition.MAIL_DOMAIN.value)
    sheet, of = conditions.get(Condition.IMPORT), conditions.get(Condition.NETWORK)
    if sheet is not None:
        known = db.session.get(Import, int(sheet))
        if known is None or known.letter_id != letter_id:
            raise InvalidInput("this letter has no such sheet", Condition.IMPORT.value)
    if of is not None:
        seen = select(Sighting.id).where(
            Sighting.letter_id == letter_id, Sighting.signature_id == int(of), Sighting.near != _unknown()
        )
        if db.session.scalar(seen.limit(1)) is None:
            raise InvalidInput(
                "it is not known from where that sign-on came; networks are kept for a few days only",
                Condition.NETWORK.value,
            )


def _rows(
    letter_id: int, conditions: Mapping[str, str], after: int, through_id: int
) -> Select[*tuple[Any, ...]]:
    # A mailbox is decrypted only where the rule asks for one.
    email = Representative.email if Condition.MAIL_DOMAIN in conditions else Representative.id
    return (
        select(
            Signature.id, Signature.name, Signature.name_other, Signature.typed_name, Signature.flags, email
        )
        .outerjoin(Representative, Representative.signature_id == Signature.id)
        .where(
            Signature.letter_id == letter_id,
            Signature.id > after,
            Signature.id <= through_id,
            Signature.status.in_(LIVE),
            Signature.erased_at.is_(None),
            *(_asked(letter_id, Condition(key), text) for key, text in conditions.items()),
        )
        .order_by(Signature.id)
    )


def _facts(row: Any) -> Facts:
    names = tuple(name for name in row[1:4] if name)
    return Facts(names, frozenset(row[4]), row[5] if isinstance(row[5], str) else None)


def _asked(letter_id: int, condition: Condition, text: str) -> ColumnElement[bool]:
    """What the database answers itself; the others are true here, see `bulk.fits`."""
    if condition is Condition.NETWORK:
        return _same_network(letter_id, int(text))
    if condition is Condition.SIGNED_FROM:
        return Signature.signed_at >= _moment(text)
    if condition is Condition.SIGNED_UNTIL:
        return Signature.signed_at <= _moment(text)
    if condition is Condition.COUNTRY:
        national = Signature.scope == Scope.NATIONAL
        at = Signature.country_code.is_(None) if text == NOWHERE else Signature.country_code == text
        return national & at
    if condition is Condition.SOURCE:
        return Signature.source == Source(text)
    if condition is Condition.EVIDENCE:
        return Signature.evidence == Evidence(text)
    if condition is Condition.IMPORT:
        return Signature.import_id == int(text)
    return Signature.host_id == int(text) if condition is Condition.HOST else true()


def _same_network(letter_id: int, signature_id: int) -> ColumnElement[bool]:
    """Came from a network that the sign-on named came from, too, as far as sightings are still kept."""
    theirs, its = aliased(Sighting), aliased(Sighting)
    return (
        select(theirs.id)
        .join(its, its.near == theirs.near)
        .where(
            its.letter_id == letter_id,
            its.signature_id == signature_id,
            theirs.letter_id == letter_id,
            theirs.signature_id == Signature.id,
            its.near != _unknown(),
        )
        .exists()
    )


def _unknown() -> str:
    """How sightings keep a network that could not be known, which is nobody's in common."""
    return keys_of(Caller(None), None).near


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
