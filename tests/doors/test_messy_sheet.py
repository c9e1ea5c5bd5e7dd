"""The messy sheet of the demo, walked through the door: 300 lines, and what is corrected of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from campaign.accounts.models import User
from campaign.core.db import db
from campaign.letters.rules import Visibility
from campaign.signing.models import Import, Signature
from campaign.signing.rules import SignatureStatus
from campaign.tally.queries import letter_figures
from scripts import make_messy_sheet
from tests.doors.desk_kit import base, followed, words
from tests.doors.test_desk_imports import bring, form, send
from tests.factories import make_letter

pytestmark = pytest.mark.usefixtures("app_sqlite")


# What each column is taken for; the fourth is empty and not shown, the first and last are not used.
COLUMNS = [
    "",
    "organisation",
    "organisation_other",
    None,
    "country",
    "scope",
    "website",
    "first_name",
    "last_name",
    "role",
    "email",
    "publish",
]

SAID = (
    "6 cannot be read",
    "6 without a country",
    "3 not to be published",
    "“Congo” × 3",
    "like Marble Heron Foundation",
)


def test_the_file_is_what_its_script_makes() -> None:
    assert make_messy_sheet.FILE.read_bytes() == make_messy_sheet.content()


def test_a_messy_sheet_comes_in_with_few_corrections(
    client: FlaskClient, signed_in: Callable[..., User]
) -> None:
    signed_in(client)
    letter = make_letter()
    page = bring(client, letter, make_messy_sheet.content(), "messy-sheet.csv").headers["Location"]
    fields = form(client, page)
    assert (fields["encoding"], fields["delimiter"], fields["heading"]) == ("utf-8+cp1252", ";", "4")
    assert [fields.get(f"column-{n}") for n in range(len(COLUMNS))] == COLUMNS
    shown = words(client.get(page))
    assert [said for said in SAID if said not in shown] == []
    found: Any = db.session.scalars(select(Import)).one().report
    alike, counts = found["counts"]["duplicate"], found["counts"]
    assert (counts["bad"], counts["repeated"], counts["new"] + alike, counts["look_alike"]) == (6, 3, 291, 0)
    assert len(make_messy_sheet.TWICE) <= alike <= 10
    congo = next(n for n in fields if n.startswith("country@"))
    send(client, page, "look", leave_out_bad="y", **{congo: "Congo-Kinshasa"})
    assert "3 without a country" in words(client.get(page))
    sent = send(client, page, "bring_in", basis="They answered our form of February.", arrival="count")
    said = followed(client, sent)
    assert f"291 sign-ons brought in: {291 - alike} count now, {alike} wait at the desk." in said
    figures = letter_figures(letter.id)
    assert figures.signatories == 291 - alike
    assert figures.no_country <= 3
    assert figures.by_country["CD"] >= 3
    sheet = db.session.scalars(select(Import)).one()
    rows = select(func.count()).where(Signature.import_id == sheet.id)
    assert db.session.scalar(rows) == 291
    assert db.session.scalar(rows.where(Signature.visibility == Visibility.UNNAMED)) == 3
    assert db.session.scalar(rows.where(Signature.status == SignatureStatus.PENDING)) == alike
    assert "possible duplicate" in words(client.get(f"{base(letter)}/queue"))
    again = bring(client, letter, make_messy_sheet.content(), "messy-sheet.csv").headers["Location"]
    assert "comes in" not in words(client.get(again)).split("Cannot be read")[0]
