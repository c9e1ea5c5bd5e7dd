"""What a rule of bulk invalidation means on both databases: whom each condition finds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import InvalidInput
from campaign.core.networks import Caller, read_address
from campaign.letters.models import Letter
from campaign.organisations.rules import Scope
from campaign.signing import invalidating, meant
from campaign.signing.bulk import checked
from campaign.signing.models import Import, Sighting, Signature
from campaign.signing.rules import ImportState
from tests.factories import COORDINATOR, make_command, make_letter, make_listing, make_person, make_signature


@pytest.fixture(autouse=True)
def _small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meant, "AT_ONCE", 2)


@pytest.fixture
def places(app: Flask) -> tuple[Letter, dict[str, Signature]]:
    """A letter with one sign-on for each thing a rule can ask about."""
    letter = make_letter()
    office, exit_ = Caller(read_address("192.0.2.7")), Caller(read_address("198.51.100.9"))

    def take(name: str, caller: Caller | None, email: str, **listing: Any) -> Signature:
        command = make_command(
            make_listing(organisation=name, **listing), make_person(email=email), caller=caller
        )
        return make_signature(letter, command=command)

    found = {
        "office": take("Office", office, "a@example.org"),
        "neighbour": take("Neighbour", Caller(read_address("192.0.2.99")), "b@sub.example.org"),
        "exit": take("Exit", exit_, "c@elsewhere.example.net", country_code="PE"),
        "nowhere": take("Nowhere", Caller(None), "d@example.org", country_code="PE"),
        "unknown": take("Unknown", Caller(None), "e@example.org"),
        "network": take("Network", None, "f@example.org", scope=Scope.REGIONAL, country_code=None),
    }
    db.session.commit()
    return letter, found


@pytest.mark.parametrize(
    ("conditions", "meant_names"),
    [
        ({"mail_domain": "*.example.org"}, "neighbour"),
        ({"mail_domain": "*example.*"}, "office neighbour exit nowhere unknown network"),
        ({"country": "PE"}, "exit nowhere"),
        ({"country": "PE", "mail_domain": "example.org"}, "nowhere"),
        ({"country": "none"}, ""),
        ({"source": "form", "name": "exit"}, "exit"),
        ({"source": "import"}, ""),
        ({"evidence": "mailbox", "name": "office"}, "office"),
        ({"evidence": "vouched"}, ""),
        ({"flag": "honeypot"}, ""),
        ({"host": "1"}, ""),
    ],
)
def test_what_a_rule_means(
    places: tuple[Letter, dict[str, Signature]], conditions: dict[str, str], meant_names: str
) -> None:
    letter, found = places
    ids = set(meant.ids(letter.id, checked(conditions), meant.newest(letter.id)))
    assert ids == {found[name].id for name in meant_names.split()}


def test_the_same_network_as_one_that_is_known(places: tuple[Letter, dict[str, Signature]]) -> None:
    letter, found = places
    of = {"network": str(found["office"].id)}
    assert set(meant.ids(letter.id, of, 10**6)) == {found["office"].id, found["neighbour"].id}
    for unknown in (found["nowhere"], found["network"]):  # nobody shares a network that nobody knows
        with pytest.raises(InvalidInput) as refused:
            invalidating.propose(letter, {"network": str(unknown.id)}, COORDINATOR)
        assert refused.value.field == "network"
    db.session.rollback()
    db.session.execute(
        update(Sighting).where(Sighting.signature_id == found["office"].id).values(signature_id=None)
    )
    assert not set(meant.ids(letter.id, of, 10**6))


def test_between_two_moments_and_from_one_sheet(places: tuple[Letter, dict[str, Signature]]) -> None:
    letter, found = places
    early, late = found["office"], found["exit"]
    early.signed_at, late.signed_at = (clock.now() - timedelta(days=days) for days in (9, 2))
    sheet = Import(
        letter_id=letter.id, filename="a.csv", sha256="0", state=ImportState.DONE, created_at=clock.now()
    )
    db.session.add(sheet)
    db.session.flush()
    found["neighbour"].import_id = sheet.id
    db.session.commit()
    days = [(clock.now() - timedelta(days=days)).isoformat() for days in (10, 5, 1)]
    between = {"signed_from": days[0], "signed_until": days[1]}
    assert set(meant.ids(letter.id, between, 10**6)) == {early.id}
    assert set(meant.ids(letter.id, {"signed_until": days[2]}, 10**6)) == {early.id, late.id}
    assert set(meant.ids(letter.id, {"import": str(sheet.id)}, 10**6)) == {found["neighbour"].id}
    with pytest.raises(InvalidInput):
        invalidating.propose(make_letter(), {"import": str(sheet.id)}, COORDINATOR)
    db.session.rollback()
