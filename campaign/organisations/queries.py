"""Organisations as people look at them: all that was merged into one is told with it."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import or_, select

from campaign.core.db import db
from campaign.core.errors import NotFound
from campaign.core.parts import in_parts
from campaign.organisations.models import (
    Organisation,
    OrganisationDifference,
    OrganisationDomain,
    OrganisationName,
)


def organisation(organisation_id: int) -> Organisation:
    """One by its id. Raises NotFound."""
    found = db.session.get(Organisation, organisation_id)
    if found is None:
        raise NotFound("there is no such organisation")
    return found


def known_as(ids: Iterable[int]) -> dict[int, int]:
    """For each organisation the one it is known as now: itself, or the last it was merged into."""
    known = {id_: id_ for id_ in ids}
    unsure = set(known.values())
    while unsure:
        rows = select(Organisation.id, Organisation.merged_into_id).where(
            Organisation.merged_into_id.is_not(None)
        )
        merged = {
            id_: into
            for some in in_parts(unsure)
            for id_, into in db.session.execute(rows.where(Organisation.id.in_(some)))
            if into is not None
        }
        known = {id_: merged.get(now, now) for id_, now in known.items()}
        unsure = set(merged.values())
    return known


def family(organisation_id: int) -> list[int]:
    """An organisation and all that were merged into it, directly or by way of another."""
    found = [organisation_id]
    grown = {organisation_id}
    while grown:
        grown = set(db.session.scalars(select(Organisation.id).where(Organisation.merged_into_id.in_(grown))))
        found += sorted(grown)
    return found


def names_of(organisation_id: int) -> Sequence[OrganisationName]:
    """Every name it is known by, those of merged ones after its own."""
    ids = family(organisation_id)
    rows = db.session.scalars(select(OrganisationName).where(OrganisationName.organisation_id.in_(ids)))
    return sorted(rows, key=lambda row: (ids.index(row.organisation_id), row.id))


def domains_of(organisation_id: int) -> Sequence[OrganisationDomain]:
    """Its own domains, and those of organisations merged into it."""
    ids = family(organisation_id)
    rows = select(OrganisationDomain).where(OrganisationDomain.organisation_id.in_(ids))
    return db.session.scalars(rows.order_by(OrganisationDomain.domain, OrganisationDomain.id)).all()


def told_of(ids: Collection[int]) -> Mapping[int, tuple[list[str], set[str]]]:
    """Of each of these the names, the one it is called by first, and the domains that are its own."""
    names = select(OrganisationName.organisation_id, OrganisationName.name).order_by(OrganisationName.id)
    domains = select(OrganisationDomain.organisation_id, OrganisationDomain.domain)
    found: dict[int, tuple[list[str], set[str]]] = {}
    for some in in_parts(ids):
        called = select(Organisation.id, Organisation.name).where(Organisation.id.in_(some))
        found |= {id_: ([name], set()) for id_, name in db.session.execute(called)}
        for id_, name in db.session.execute(names.where(OrganisationName.organisation_id.in_(some))):
            found[id_][0].append(name)
        for id_, domain in db.session.execute(domains.where(OrganisationDomain.organisation_id.in_(some))):
            found[id_][1].add(domain)
    return found


def owners(domains: Collection[str]) -> Mapping[str, set[int]]:
    """Which organisations each of these domains is of."""
    found: dict[str, set[int]] = {}
    for some in in_parts(domains):
        rows = select(OrganisationDomain.domain, OrganisationDomain.organisation_id)
        for domain, organisation_id in db.session.execute(rows.where(OrganisationDomain.domain.in_(some))):
            found.setdefault(domain, set()).add(organisation_id)
    return found


def told_apart(first_id: int, second_id: int) -> bool:
    """Whether a person said that these two are different."""
    return (min(first_id, second_id), max(first_id, second_id)) in differences((first_id, second_id))


def differences(ids: Collection[int]) -> set[tuple[int, int]]:
    """Pairs told apart in which one of these has a part, the lower id first.

    What was said of an organisation before it was merged holds for the one it is known as now.
    """
    members = set(ids)
    grown = members
    while grown:
        grown = {
            id_
            for some in in_parts(grown)
            for id_ in db.session.scalars(
                select(Organisation.id).where(Organisation.merged_into_id.in_(some))
            )
        }
        members = members | grown
    said: set[tuple[int, int]] = set()
    first, second = OrganisationDifference.first_id, OrganisationDifference.second_id
    for some in in_parts(members):
        said |= set(db.session.execute(select(first, second).where(or_(first.in_(some), second.in_(some)))))
    now = known_as(id_ for pair in said for id_ in pair)
    return {(min(now[a], now[b]), max(now[a], now[b])) for a, b in said}
