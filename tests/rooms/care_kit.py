"""What the tests of care begin with: somebody who filled in every field, and a look into every table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from campaign.core import clock
from campaign.core.db import Base, db
from campaign.core.secrets import blind_index
from campaign.letters.models import Letter
from campaign.letters.rules import Visibility
from campaign.organisations.models import OrganisationDomain, OrganisationName
from campaign.organisations.rules import DomainSource, NameKind
from campaign.signing.links import make_link
from campaign.signing.models import Sighting, Signature
from campaign.signing.rules import LinkPurpose, SignatureStatus
from tests.factories import make_command, make_listing, make_person, make_signature

# Plainly invented, and found nowhere else in the tests.
NAME, OTHER, TYPED_COUNTRY = "Quokka Lantern Circle", "كواكا فانوس", "Quokkaland"
PERSON, ROLE, MAILBOX = "Zenobia Quokkasdottir", "Keeper of Quokkas", "zenobia@quokka.example.org"
ASKER, ASKER_MAILBOX = "Ottoline Quokkabane", "ottoline@quokka.example.org"
WEBSITE, NOTE, REASON = "https://quokka.example.org", "quokka by telephone", "quokka in doubt"
CANARIES = (NAME, OTHER, TYPED_COUNTRY, PERSON, ROLE, MAILBOX, ASKER, ASKER_MAILBOX, WEBSITE, NOTE, REASON)
MARK = "quokka"  # in every canary but the Arabic one


def make_canary(
    letter: Letter, status: SignatureStatus = SignatureStatus.ACCEPTED, **listing: Any
) -> Signature:
    """A signatory who left something in every field that is about them."""
    told = {
        "organisation": NAME,
        "organisation_other": OTHER,
        "country_text": TYPED_COUNTRY,
        "website": WEBSITE,
        "visibility": Visibility.ADDRESSEES,
    }
    command = make_command(
        make_listing(**(told | listing)), make_person(name=PERSON, role=ROLE, email=MAILBOX)
    )
    signature = make_signature(letter, status, command)
    signature.note, signature.reason = NOTE, REASON
    person = signature.representative
    assert person is not None
    person.asked_by, person.asked_by_email = ASKER, ASKER_MAILBOX
    person.asked_by_index = blind_index(ASKER_MAILBOX)
    make_link(signature, LinkPurpose.MANAGE)
    db.session.add(
        Sighting(
            letter_id=letter.id,
            signature_id=signature.id,
            at=clock.now(),
            address="a" * 64,
            near="b" * 64,
            mailbox=blind_index(MAILBOX),
        )
    )
    if signature.organisation is not None:
        signature.organisation.acronym = "QUOKKA"
        _add_names(signature)
    db.session.commit()
    return signature


def _add_names(signature: Signature) -> None:
    known = signature.organisation
    assert known is not None
    known.names.append(
        OrganisationName(name=OTHER, folded=f"{OTHER} {known.id}", place="BH", kind=NameKind.ALIAS)
    )
    known.domains.append(
        OrganisationDomain(domain="quokka.example.org", source=DomainSource.MAILBOX, created_at=clock.now())
    )


def found_in_tables(words: Iterable[str]) -> list[str]:
    """Where in the whole database, encrypted columns included, one of the words stands: `table.column`."""
    db.session.flush()
    wanted = [word.casefold() for word in words]
    found = set()
    for table in Base.metadata.sorted_tables:
        for row in db.session.execute(select(table)).mappings():
            for column, value in row.items():
                told = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
                if any(word in told.casefold() for word in wanted):
                    found.add(f"{table.name}.{column}")
    return sorted(found)
