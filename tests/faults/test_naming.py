"""However often a mailbox is named, few mails reach it."""

from __future__ import annotations

from flask import Flask

from tests.faults.found import new_seed
from tests.faults.naming import name_one


def test_a_few_hundred_sign_ons_name_one_mailbox(app: Flask) -> None:
    found = name_one(app, 200, new_seed())
    assert found.held, found
