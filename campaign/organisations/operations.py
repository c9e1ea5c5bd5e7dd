"""Finding the organisation behind a typed name, or entering a new one."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from campaign.core import clock
from campaign.core.db import db
from campaign.core.text import fold
from campaign.organisations.models import Organisation, OrganisationName
from campaign.organisations.rules import Scope, place


def identify(name: str, country_code: str | None, scope: Scope, website: str | None = None) -> Organisation:
    """The organisation of that folded name at that place, entered when it is new.

    Safe beside others doing the same.
    """
    found = _known(name, country_code, scope)
    if found:
        return found
    organisation = Organisation(
        name=name, country_code=country_code, scope=scope, website=website, created_at=clock.now()
    )
    organisation.names.append(
        OrganisationName(name=name, folded=fold(name), place=place(scope, country_code))
    )
    try:
        with db.session.begin_nested():
            db.session.add(organisation)
    except IntegrityError:
        # Somebody entered the same name between our look and our insert; theirs counts.
        existing = _known(name, country_code, scope)
        if existing is None:
            raise
        return existing
    return organisation


def _known(name: str, country_code: str | None, scope: Scope) -> Organisation | None:
    return db.session.scalar(
        select(Organisation)
        .join(OrganisationName)
        .where(OrganisationName.folded == fold(name), OrganisationName.place == place(scope, country_code))
    )
