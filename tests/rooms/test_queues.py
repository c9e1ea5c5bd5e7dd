"""Sets of what waits at the desk, counted by the database."""

from __future__ import annotations

from flask import Flask

from campaign.core.db import db
from campaign.signing import queues
from campaign.signing.rules import Flag, SignatureStatus
from tests.factories import make_letter, make_signature

S = SignatureStatus


def test_sets_are_counted_and_named_by_the_database(app: Flask) -> None:
    letter = make_letter()
    rows = [make_signature(letter, S.PENDING) for _ in range(6)]
    for row in rows[1:4]:
        row.flags = [Flag.DUPLICATE, Flag.LIMIT]
    rows[4].flags, rows[5].status = [Flag.LIMIT], S.HELD
    db.session.commit()
    ids = [row.id for row in rows]
    assert queues.sizes(letter.id) == {
        **dict.fromkeys(queues.SETS, 0),
        "held": 1,
        "duplicate": 3,
        "limit": 4,
    }
    assert queues.whole(letter.id, "limit") == queues.Whole(4, ids[4], suspect=False)
    assert queues.whole(letter.id, "held") == queues.Whole(1, ids[5], suspect=True)
    assert queues.whole(letter.id, '"') == queues.Whole(0, 0, suspect=False)
    assert queues.ids(letter.id, "limit", ids[3], 2) == ids[1:3]
    assert queues.ids(letter.id, "", ids[3], 2) == []
