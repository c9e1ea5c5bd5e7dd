"""The demo's pages over a test's database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from campaign.core.db import db
from campaign.letters.drafts import AddresseeDraft
from campaign.letters.models import Letter
from demo.app import create_app
from demo.place import Place, example_slug
from tests.demo.demo_kit import OFFICES
from tests.factories import make_letter


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Where this demo keeps its things."""
    return Place(tmp_path)


@pytest.fixture
def visitor(app: Flask, place: Place) -> Iterator[FlaskClient]:
    """A browser at the demo over the test's database."""
    settings = replace(app.config["SETTINGS"], bounce_address="bounces@example.org")
    made = create_app(settings, place.directory)
    made.test_client_class = app.test_client_class
    yield made.test_client()
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def letter(app: Flask) -> Letter:
    """The letter the demo is about, in two languages, to three offices."""
    offices = tuple(AddresseeDraft(f"Office of {box}", email=box, salutation="Hello,") for box in OFFICES)
    texts = {"en": "We, {groups}, ask.", "ar": "نطلب، نحن {groups}."}
    return make_letter(slug=example_slug(), addressees=offices, texts=texts)
