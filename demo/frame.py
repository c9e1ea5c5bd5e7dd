"""What the demo's pages share: the blueprint, its place on disk, the letter, and the guard of its forms."""

from __future__ import annotations

import functools

from flask import Blueprint, current_app

from campaign.core.errors import NotAllowed
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.web.forms import same_origin
from campaign.web.language import speak
from demo.place import Place, example_slug

demo = Blueprint("demo", __name__, url_prefix="/demo", static_folder="static")
slug = functools.cache(example_slug)


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


def require_same_origin() -> None:
    """Raises NotAllowed for a form that another site sent."""
    if not same_origin():
        raise NotAllowed("this form was sent from another site; please press the button again here")
