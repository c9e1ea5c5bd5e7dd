"""A frozen edition stays what it is, and whoever changes our store by hand is found out."""

from __future__ import annotations

from collections.abc import Callable

from click.testing import Result
from flask import Flask
from sqlalchemy import select, update

from campaign.audit.rules import OPERATOR
from campaign.care.erasure import erase
from campaign.core.db import db
from campaign.editions.models import Edition, EditionEntry
from campaign.editions.soundness import flaws
from campaign.signing.models import Signature
from tests.faults.found import new_seed
from tests.faults.tampering import edit_everything, signed_edition, tamper_with_edition, tamper_with_record


def test_an_edition_does_not_change_whatever_is_edited_and_erased(app: Flask) -> None:
    found = edit_everything(signed_edition(), new_seed())
    assert found.held, found


def test_changes_to_a_stored_edition_are_named(app: Flask) -> None:
    found = tamper_with_edition(signed_edition(), 60, new_seed())
    assert found.held, found


def test_changes_to_the_record_are_named(app: Flask) -> None:
    signed_edition()
    found = tamper_with_record(60, new_seed())
    assert found.held, found


def test_an_erasure_is_no_flaw_and_one_that_nobody_recorded_is(app: Flask) -> None:
    edition = signed_edition()
    for signature in db.session.scalars(select(Signature).order_by(Signature.id).limit(3)):
        erase(signature, OPERATOR)
    assert edition.redacted_at is not None
    assert flaws(edition) == []
    kept = select(EditionEntry.id).where(EditionEntry.payload.is_not(None)).limit(1)
    entry = db.session.get_one(EditionEntry, db.session.scalar(kept))
    entry.salt = entry.payload = None
    assert flaws(edition) == ["the record of acts tells another number of erased entries"]


def test_the_command_names_what_was_changed(app: Flask, command: Callable[..., Result]) -> None:
    edition = signed_edition()
    assert command("editions", "verify", edition.sha256).exit_code == 0
    db.session.execute(update(EditionEntry).where(EditionEntry.position == 3).values(payload="{}"))
    told = command("editions", "verify", edition.sha256)
    assert told.exit_code == 1
    assert "entry 3 was changed" in told.stderr
    db.session.execute(update(Edition).values(snapshot="{}"))
    told = command("editions", "verify", edition.sha256)
    assert "the snapshot does not give the edition's hash" in told.stderr
