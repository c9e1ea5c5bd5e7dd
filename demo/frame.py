"""What the demo's pages share: the blueprint, its place on disk, the letter, and the guard of its forms."""

from __future__ import annotations

import functools

from flask import Blueprint, current_app
from sqlalchemy import select

from campaign.core.db import db
from campaign.core.errors import NotAllowed
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.web.forms import same_origin
from campaign.web.language import speak
from demo.place import SECOND, Place, example_slug

demo = Blueprint("demo", __name__, url_prefix="/demo", static_folder="static")
slug_of = functools.cache(example_slug)


def slug() -> str:
    """The example letter's name in addresses."""
    return slug_of()


@demo.before_request
def _in_english() -> None:
    """The demo's own pages exist in English only."""
    speak("en")


def place() -> Place:
    """Where this demo keeps its things."""
    found: Place = current_app.extensions["demo"]
    return found


def example() -> Letter:
    """The example letter. Raises NotFound when it is not loaded."""
    return letter_by_slug(slug())


def second_example() -> Letter | None:
    """The letter that was sent before the visitor came; None where it was not loaded."""
    return db.session.scalar(select(Letter).where(Letter.slug == slug_of(SECOND)))


def require_same_origin() -> None:
    """Raises NotAllowed for a form that another site sent."""
    if not same_origin():
        raise NotAllowed("this form was sent from another site; please press the button again here")
