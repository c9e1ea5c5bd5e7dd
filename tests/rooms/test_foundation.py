"""What the tests themselves stand on does what it says."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from campaign.accounts.models import User
from campaign.accounts.rules import Role
from campaign.audit.models import AuditEntry
from campaign.core.db import db
from campaign.letters.models import Letter
from campaign.signing.rules import SignatureStatus
from tests.factories import make_edition, make_letter, make_signature, make_user
from tests.servers import Sink


@pytest.mark.parametrize("status", list(SignatureStatus))
def test_every_status_can_be_made(app: Flask, status: SignatureStatus) -> None:
    assert (
        db.session.scalar(select(func.count()).select_from(Letter)) == 0
    )  # each test begins with empty tables
    assert make_signature(make_letter(), status).status is status


def test_no_socket_leads_out() -> None:
    with socket.socket() as attempt, pytest.raises(AssertionError, match=r"192\.0\.2\.1"):
        attempt.connect(("192.0.2.1", 25))


def test_the_worker_chains_the_record(app: Flask, work: Callable[[], int]) -> None:
    make_letter()
    assert work() > 0
    assert work() == 0
    assert db.session.scalars(select(AuditEntry.sequence)).all()


def test_an_edition_with_stand_ins(app: Flask) -> None:
    edition = make_edition(make_letter())
    assert [file.addressee_id is None for file in edition.files] == [False, True]


def test_the_session_of_a_signed_in_user(
    client: FlaskClient, signed_in: Callable[..., User], sink: Sink
) -> None:
    user = signed_in(client, Role.ADMIN)
    assert user.role_set == {Role.ADMIN}
    assert client.get("/healthz").status_code == 200
    assert make_user().id != user.id
    assert sink.port and not sink.mails
