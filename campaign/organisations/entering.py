"""Many organisations at once, as a sheet brings them: each found by its name and place, or entered."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import insert, select

from campaign.core import clock
from campaign.core.db import db, reserve
from campaign.core.parts import in_parts
from campaign.core.text import fold
from campaign.organisations.models import Organisation, OrganisationName
from campaign.organisations.naming import name_values
from campaign.organisations.operations import identify
from campaign.organisations.queries import known_as
from campaign.organisations.rules import Scope, place

Where = tuple[str, str]
Asked = tuple[str, str | None, Scope, str | None]


def where(name: str, country_code: str | None, scope: Scope) -> Where:
    """What makes two names one organisation: folded name and place."""
    return fold(name), place(scope, country_code)


def known(names: Iterable[Where]) -> Mapping[Where, int]:
    """The organisations of these names and places that exist, by id; a merged one by that which it is now."""
    wanted = set(names)
    found: dict[Where, int] = {}
    for some in in_parts(sorted({name for name, _ in wanted})):
        rows = select(OrganisationName.folded, OrganisationName.place, OrganisationName.organisation_id)
        for name, at, organisation_id in db.session.execute(rows.where(OrganisationName.folded.in_(some))):
            if (name, at) in wanted:
                found[name, at] = organisation_id
    now = known_as(found.values())
    return {at: now[organisation_id] for at, organisation_id in found.items()}


def enter_many(asked: Sequence[Asked]) -> list[int]:
    """The id of the organisation of each (name, country code, scope, website), in their order; new ones are
    added.

    Those that were known are held against a merge, and against being settled elsewhere, until the caller
    commits. Raises IntegrityError when somebody enters one of the names in this moment; then try again.
    """
    places = [where(name, code, scope) for name, code, scope, _ in asked]
    ids = known(places)
    merged = _held(set(ids.values()))
    found: dict[Where, int] = {}
    new: dict[Where, Asked] = {}
    for at, one in zip(places, asked, strict=True):
        if at not in ids:
            new.setdefault(at, one)
        elif at not in found:
            # Merged while we waited for it: whose it is now is asked again.
            found[at] = identify(*one).id if merged[ids[at]] else ids[at]
    found |= zip(new, _put(new), strict=True)
    return [found[at] for at in places]


def _put(new: Mapping[Where, Asked]) -> Sequence[int]:
    """Organisations nobody knew, each by the one name it gave, in two statements; their ids."""
    if not new:
        return []
    now = clock.now()
    ids = reserve(Organisation, len(new))
    rows = [
        {"id": id_, "name": name, "country_code": code, "scope": scope, "website": website, "created_at": now}
        for id_, (name, code, scope, website) in zip(ids, new.values(), strict=True)
    ]
    db.session.execute(insert(Organisation), rows)
    names = [
        {"organisation_id": id_, **name_values(name, at)}
        for id_, (_folded, at), (name, *_) in zip(ids, new.keys(), new.values(), strict=True)
    ]
    db.session.execute(insert(OrganisationName), names)  # the index on names speaks now
    return ids


def _held(ids: Collection[int]) -> Mapping[int, bool]:
    """Whether each is merged into another by now; none of them is from here on."""
    rows = select(Organisation.id, Organisation.merged_into_id).order_by(Organisation.id)
    rows = rows.with_for_update(key_share=True, of=Organisation)
    return {
        id_: into is not None
        for some in in_parts(sorted(ids))
        for id_, into in db.session.execute(rows.where(Organisation.id.in_(some)))
    }
