"""Numbers that no row can have, in addresses and forms: an answer, never a fault of ours (promise B1)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from campaign.accounts.models import User
from campaign.core.db import db
from campaign.sheets import operations
from campaign.web.numbers import LARGEST, row_number
from tests.doors.desk_kit import base, post
from tests.factories import COORDINATOR, make_letter

SignedIn = Callable[..., User]
TOO_LARGE = (str(LARGEST + 1), str(2**63), "9" * 25, "9" * 5000)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0", 0),
        ("007", 7),
        (str(LARGEST), LARGEST),
        *((typed, None) for typed in (*TOO_LARGE, "", "-1", "٣")),
    ],
)
def test_a_number_is_one_that_a_row_can_have(typed: str, number: int | None) -> None:
    assert row_number(typed) == number


@pytest.mark.parametrize("number", TOO_LARGE)
def test_readers_and_programs_are_answered(client: FlaskClient, number: str) -> None:
    letter = make_letter()
    assert client.get(f"/letters/{letter.slug}/signatories?after={number}").status_code == 404
    assert client.get(f"/letters/{letter.slug}/versions/{number}").status_code == 404
    rows = f"/api/v1/letters/{letter.slug}/signatories"
    assert client.get(rows).status_code == 200
    for query in (f"after={number}", f"after={'0' * 12}{number}", f"limit={'0' * 11}1{number}"):
        assert client.get(f"{rows}?{query}").status_code == 422


@pytest.mark.parametrize("number", TOO_LARGE[1:3])
def test_the_desk_answers(client: FlaskClient, signed_in: SignedIn, number: str) -> None:
    signed_in(client)
    letter = make_letter()
    desk, sheet = base(letter), operations.keep(letter, "a.csv", b"Organisation\nWeavers\n", COORDINATOR)
    operations.give_up(sheet, COORDINATOR)
    db.session.commit()
    assert client.get(f"{desk}/imports/{sheet.id}?page={number}").status_code == 200
    for path in (
        f"{desk}/imports/{number}",
        f"/desk/organisations/{number}",
        f"{desk}/duplicates?sign-on={number}",
    ):
        assert client.get(path).status_code == 404, path
    for path in (
        "queue/{}",
        "unconfirmed/{}",
        "corrections/{}",
        "further/{}/apart",
        "text/{}",
        "list/{}/link",
    ):
        assert post(client, f"{desk}/{path.format(number)}", note="x").status_code == 404, path
    assert post(client, f"{desk}/duplicates/merge", kept=number, gone=number).status_code == 404
    assert post(client, f"{desk}/duplicates/apart", one=number, other="0").status_code == 404
    assert post(client, f"{desk}/queue/decide", ids=number, do="accept").status_code == 422
    assert post(client, f"{desk}/queue/set", set="held", through=number, do="accept").status_code == 303
