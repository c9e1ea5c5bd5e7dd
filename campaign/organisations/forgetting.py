"""Organisations that nobody signs as any more: gone with their names, domains and what was said of them."""

from collections.abc import Collection

from sqlalchemy import delete, or_, select, update

from campaign.core.db import db
from campaign.organisations.models import (
    Organisation,
    OrganisationDifference,
    OrganisationDomain,
    OrganisationName,
)


def kin(organisation_id: int) -> set[int]:
    """The ids of an organisation and of all that were merged with it, in either direction."""
    found, new = {organisation_id}, {organisation_id}
    while new:
        rows = db.session.execute(
            select(Organisation.id, Organisation.merged_into_id).where(
                or_(Organisation.id.in_(new), Organisation.merged_into_id.in_(new))
            )
        )
        near = {id_ for row in rows for id_ in row if id_ is not None}
        found, new = found | near, near - found
    return found


def forget(ids: Collection[int]) -> None:
    """Delete organisations and all that is known of them. The caller has seen that nothing refers to them."""
    for table in (OrganisationName, OrganisationDomain):
        db.session.execute(delete(table).where(table.organisation_id.in_(ids)))
    db.session.execute(
        delete(OrganisationDifference).where(
            or_(OrganisationDifference.first_id.in_(ids), OrganisationDifference.second_id.in_(ids))
        )
    )
    db.session.execute(
        update(Organisation).where(Organisation.merged_into_id.in_(ids)).values(merged_into_id=None)
    )
    db.session.execute(
        delete(Organisation).where(Organisation.id.in_(ids)).execution_options(synchronize_session="fetch")
    )
