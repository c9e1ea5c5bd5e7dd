"""Finding the organisation behind a typed name or entering a new one, and what is learnt about it later."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.core.text import clean, fold, has_controls
from campaign.core.websites import is_free_mail, registrable_domain
from campaign.organisations.models import (
    Organisation,
    OrganisationDifference,
    OrganisationDomain,
    OrganisationName,
)
from campaign.organisations.naming import name_row
from campaign.organisations.queries import told_apart
from campaign.organisations.rules import LONGEST_ACRONYM, LONGEST_NAME, DomainSource, NameKind, Scope, place


def identify(name: str, country_code: str | None, scope: Scope, website: str | None = None) -> Organisation:
    """The organisation of that folded name at that place, entered when it is new; a merged one is the one it
    is known as now.

    Safe beside others doing the same: the row is held against a merge until the caller's commit.
    """
    found = _known(name, country_code, scope)
    if found:
        return _known_as(found)
    organisation = newcomer(name, country_code, scope, website)
    try:
        with db.session.begin_nested():
            db.session.add(organisation)
    except IntegrityError:
        # Somebody entered the same name between our look and our insert; theirs counts.
        existing = _known(name, country_code, scope)
        if existing is None:
            raise
        return _known_as(existing)
    return organisation


def newcomer(name: str, country_code: str | None, scope: Scope, website: str | None) -> Organisation:
    """An organisation nobody knew, by the one name it gave; not yet in the session."""
    organisation = Organisation(
        name=name,
        country_code=country_code,
        scope=scope,
        website=website,
        created_at=clock.now(),
        domains=[],
    )
    organisation.names.append(name_row(name, place(scope, country_code)))
    return organisation


def _known(name: str, country_code: str | None, scope: Scope) -> Organisation | None:
    return db.session.scalar(
        select(Organisation)
        .join(OrganisationName)
        .where(OrganisationName.folded == fold(name), OrganisationName.place == place(scope, country_code))
    )


def _known_as(organisation: Organisation) -> Organisation:
    """The organisation at the end of its merges, held so that none of them changes while it is signed for."""
    while True:
        held = (
            select(Organisation)
            .where(Organisation.id == organisation.id)
            .with_for_update(key_share=True, of=Organisation)
            .execution_options(populate_existing=True)
        )
        organisation = db.session.scalars(held).one()
        if organisation.merged_into_id is None:
            return organisation
        organisation = db.session.get_one(Organisation, organisation.merged_into_id)


def learn(
    organisation: Organisation,
    website: str | None = None,
    mailbox: str | None = None,
    other_name: str | None = None,
) -> None:
    """What a person accepted with a sign-on: whose website and proven mailbox it is, a name in another
    script. What says nothing, or is another's name, is passed over. The organisation's row is held.
    """
    db.session.refresh(organisation, with_for_update={"key_share": True})
    for source, text in ((DomainSource.WEBSITE, website), (DomainSource.MAILBOX, mailbox)):
        domain = registrable_domain(text or "")
        if domain and not is_free_mail(domain):
            _own(organisation, domain, source)
    organisation.website = organisation.website or website
    if other_name:
        row = name_row(other_name, place(organisation.scope, organisation.country_code))
        if row.folded and not _taken(row):
            _put_name(organisation, row)


def _own(organisation: Organisation, domain: str, source: DomainSource) -> None:
    if not any((owned.domain, owned.source) == (domain, source) for owned in organisation.domains):
        organisation.domains.append(OrganisationDomain(domain=domain, source=source, created_at=clock.now()))


def _taken(row: OrganisationName) -> int | None:
    """Whose that name at that place is."""
    return db.session.scalar(
        select(OrganisationName.organisation_id).where(
            OrganisationName.folded == row.folded, OrganisationName.place == row.place
        )
    )


def _put_name(organisation: Organisation, row: OrganisationName) -> None:
    try:
        with db.session.begin_nested():
            row.organisation_id = organisation.id
            db.session.add(row)
    except IntegrityError:
        return  # entered by somebody else in this moment: theirs counts
    db.session.refresh(organisation, ["names"])


def add_name(
    organisation: Organisation, name: str, kind: NameKind, language: str | None, actor: Actor
) -> None:
    """One more name it is known by, in any script. A sign-on under it will be this organisation's.

    Raises InvalidInput for what is no name, Conflict when it is known by it, or another is.
    """
    name = clean(name)
    if len(name) > (LONGEST_ACRONYM if kind is NameKind.ACRONYM else LONGEST_NAME) or has_controls(name):
        raise InvalidInput("too long, or it holds characters that cannot be printed", "name")
    if not any(c.isalnum() for c in name):
        raise InvalidInput("this is no name", "name")
    row = name_row(name, place(organisation.scope, organisation.country_code), kind, language)
    taken = _taken(row)
    if taken == organisation.id:
        raise Conflict("it is known by this name already")
    if taken is not None:
        raise Conflict("another organisation is known by this name; if they are one, merge them")
    _put_name(organisation, row)
    if kind is NameKind.ACRONYM and organisation.acronym is None:
        organisation.acronym = name
    record(actor, "organisation.named", "organisation", organisation.id, None, kind=kind.value)


def drop_name(organisation: Organisation, name_id: int, actor: Actor) -> None:
    """It is not known by this name after all. Raises Conflict for the only one, or one that is not its."""
    row = next((name for name in organisation.names if name.id == name_id), None)
    if row is None or len(organisation.names) == 1:
        raise Conflict("an organisation keeps one name at least")
    if row.kind is NameKind.ACRONYM and organisation.acronym == row.name:
        organisation.acronym = None
    organisation.names.remove(row)
    db.session.flush()
    record(actor, "organisation.unnamed", "organisation", organisation.id, None, kind=row.kind.value)


def drop_domain(organisation: Organisation, domain_id: int, actor: Actor) -> None:
    """A website or mail domain is not its own after all. Raises Conflict when it is not among its."""
    row = next((domain for domain in organisation.domains if domain.id == domain_id), None)
    if row is None:
        raise Conflict("this domain is not among its own")
    organisation.domains.remove(row)
    db.session.flush()
    record(actor, "organisation.domain_dropped", "organisation", organisation.id, None)


def tell_apart(one: Organisation, other: Organisation, actor: Actor, letter_id: int | None = None) -> None:
    """Two organisations a person knows to be different, on every letter. Telling twice changes nothing.

    Raises Conflict for one and the same.
    """
    if one.id == other.id:
        raise Conflict("this is one organisation")
    first, second = sorted((one.id, other.id))
    if told_apart(first, second):
        return
    difference = OrganisationDifference(
        first_id=first, second_id=second, decided_at=clock.now(), decided_by=actor.id
    )
    try:
        with db.session.begin_nested():
            db.session.add(difference)
    except IntegrityError:
        return  # somebody said the same in this moment
    record(actor, "organisation.told_apart", "organisation", first, letter_id, other=second)
