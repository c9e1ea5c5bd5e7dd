"""Organisations on both databases: known again by name and place, entered once however many do it at once."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from campaign.core.db import db
from campaign.organisations import operations
from campaign.organisations.models import Organisation
from campaign.organisations.rules import Scope

NATIONAL = Scope.NATIONAL


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(Organisation)) or 0


def test_spelling_does_not_make_another_one(app: Flask) -> None:
    first = operations.identify("Café des Droits", "FR", NATIONAL)
    assert operations.identify("  café DES droits! ", "FR", NATIONAL) is first
    assert count() == 1


@pytest.mark.parametrize(("code", "scope"), [("BE", NATIONAL), (None, Scope.INTERNATIONAL), (None, NATIONAL)])
def test_the_same_name_elsewhere_is_another_one(app: Flask, code: str | None, scope: Scope) -> None:
    first = operations.identify("Rights Now", "FR", NATIONAL)
    assert operations.identify("Rights Now", code, scope) is not first
    assert count() == 2


def test_who_was_faster_counts(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    first = operations.identify("Rights Now", "FR", NATIONAL)
    looks = iter([None, first])
    monkeypatch.setattr(operations, "_known", lambda *asked: next(looks))
    assert operations.identify("Rights Now", "FR", NATIONAL) is first
    assert count() == 1


def test_another_fault_of_the_database_is_not_taken_for_that(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    operations.identify("Rights Now", "FR", NATIONAL)
    monkeypatch.setattr(operations, "_known", lambda *asked: None)
    with pytest.raises(IntegrityError):
        operations.identify("Rights Now", "FR", NATIONAL)
