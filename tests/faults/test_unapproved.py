"""Nothing leaves at the desk without a preview that was seen and a second person who approved it."""

from __future__ import annotations

from flask import Flask

from tests.faults.found import new_seed
from tests.faults.unapproved import try_unapproved


def test_nothing_leaves_unseen_or_unapproved(app: Flask) -> None:
    found = try_unapproved(app, 20, new_seed())
    assert found.held, found
