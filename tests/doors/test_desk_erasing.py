"""Erasing a sign-on at the desk: a page that tells what it means, a yes, and a record without a name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campaign.accounts.models import User
from campaign.audit.models import AuditEntry
from campaign.core.db import db
from campaign.signing.models import Signature
from campaign.signing.rules import SignatureStatus
from tests.doors.desk_kit import base, followed, post, words
from tests.factories import make_edition, make_letter, make_signature
from tests.rooms.care_kit import MARK, found_in_tables, make_canary

SignedIn = Callable[..., User]
pytestmark = pytest.mark.usefixtures("app_sqlite")
S = SignatureStatus


def test_a_sign_on_is_erased_in_two_steps_and_nobody_is_named(
    client: FlaskClient, signed_in: SignedIn, work: Callable[[], int]
) -> None:
    user = signed_in(client)
    letter = make_letter()
    signature = make_canary(letter)
    make_edition(letter)
    address = f"{base(letter)}/sign-ons/{signature.id}/erase"
    assert f'href="{address}"' in client.get(f"{base(letter)}/list").text
    page = words(client.get(address))
    assert "It cannot be undone." in page
    assert "no. 1" in page
    refused = post(client, address)
    assert "This needs your yes: tick the box." in words(refused)
    assert db.session.get_one(Signature, signature.id).erased_at is None
    assert "It is erased" in followed(client, post(client, address, asked="y"))
    work()
    db.session.expire_all()
    erased = db.session.get_one(Signature, signature.id)
    assert (erased.status, erased.erased_at is not None) == (S.WITHDRAWN, True)
    assert found_in_tables([MARK]) == []
    act = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "signature.erased")).one()
    assert (act.actor_id, act.details) == (user.id, {"was": "accepted"})
    assert (client.get(address).status_code, post(client, address, asked="y").status_code) == (404, 404)


@pytest.mark.parametrize(
    ("page", "status"), [("queue", S.PENDING), ("unconfirmed", S.UNVERIFIED), ("decisions", S.REJECTED)]
)
def test_wherever_it_stands_it_can_be_erased(
    client: FlaskClient, signed_in: SignedIn, page: str, status: SignatureStatus
) -> None:
    signed_in(client)
    letter, other = make_letter(), make_letter()
    signature = make_signature(letter, status)
    address = f"{base(letter)}/sign-ons/{signature.id}/erase"
    assert f'href="{address}"' in client.get(f"{base(letter)}/{page}").text
    elsewhere = f"{base(other)}/sign-ons/{signature.id}/erase"
    assert post(client, elsewhere, asked="y").status_code == 404
    assert post(client, address, asked="y").status_code == 303
    db.session.expire_all()
    assert db.session.get_one(Signature, signature.id).erased_at is not None
