"""Contacts at rest, the index they are found by, and tokens that are made anew and never stored."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.fernet import InvalidToken
from flask import Flask
from sqlalchemy import text

from campaign.core.db import db
from campaign.core.secrets import blind_index, digest, make_keyring, new_nonce, token
from campaign.signing.models import Representative
from tests.factories import make_command, make_letter, make_person, make_signature

pytestmark = pytest.mark.usefixtures("app_sqlite")
OLD, NEW = "o1-abcdefghijklmnopqrstuvwxyz-0123456", "n2-abcdefghijklmnopqrstuvwxyz-0123456"


def test_what_is_stored_is_not_what_was_typed(app: Flask) -> None:
    command = make_command(person=make_person(name="Sami Example", email="sami@example.org"))
    signature = make_signature(make_letter(), command=command)
    stored = db.session.execute(text("SELECT name, role, email, email_index FROM representatives")).one()
    assert b"Sami" not in stored.name
    assert b"sami" not in stored.email
    assert signature.representative is not None
    assert (signature.representative.name, signature.representative.email) == (
        "Sami Example",
        "sami@example.org",
    )
    assert stored.email_index == blind_index("SAMI+letters@example.org") != blind_index("sana@example.org")


def test_nothing_stays_nothing(app: Flask) -> None:
    signature = make_signature(make_letter())
    assert signature.representative is not None
    signature.representative.role = None
    db.session.commit()
    assert db.session.execute(text("SELECT role FROM representatives")).scalar_one() is None
    assert signature.representative.role is None


def test_an_old_key_still_decrypts_and_a_lost_one_does_not(make_app: Callable[..., Flask]) -> None:
    with make_app(CONTACT_KEYS=OLD).app_context():
        identifier = make_signature(make_letter()).id
    with make_app(CONTACT_KEYS=f"{NEW},{OLD}").app_context():
        found = db.session.query(Representative).filter_by(signature_id=identifier).one()
        assert found.name == "Sami Example"
        found.name = "Sana Example"
        db.session.commit()
    with make_app(CONTACT_KEYS=NEW).app_context():
        # The name was written with the new key; the rest still needs the old one.
        stored = db.session.execute(text("SELECT name, role FROM representatives")).one()
        ring = make_keyring([NEW], "i", "t").contacts
        assert ring.decrypt(stored.name) == b"Sana Example"
        with pytest.raises(InvalidToken):
            ring.decrypt(stored.role)


def test_the_index_depends_on_its_key_alone(make_app: Callable[..., Flask]) -> None:
    with make_app().app_context():
        first = blind_index("sami@example.org")
    with make_app(CONTACT_KEYS=NEW, TOKEN_KEY=OLD).app_context():
        assert blind_index("sami@example.org") == first
    with make_app(INDEX_KEY=NEW).app_context():
        assert blind_index("sami@example.org") != first


def test_tokens_are_made_anew_and_belong_to_one_thing(app: Flask) -> None:
    nonce = new_nonce()
    assert len(nonce) == 32
    made = token("confirm", 7, nonce)
    assert made == token("confirm", 7, nonce)
    others = {token("manage", 7, nonce), token("confirm", 8, nonce), token("confirm", 7, new_nonce())}
    assert made not in others
    assert len(others) == 3
    assert len(made) == 43
    assert digest(made) != made
    assert len(digest(made)) == 64
