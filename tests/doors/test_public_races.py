"""The public forms under many hands at once: one organisation counts once, and nobody sees a fault."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaign.core.db import db
from campaign.letters.models import Letter
from campaign.letters.rules import Acceptance
from campaign.organisations.models import Organisation
from campaign.signing.models import Representative, Signature
from campaign.signing.reconcile import differences
from campaign.signing.rules import LIVE, SignatureStatus
from campaign.tally.queries import letter_figures
from tests.doors.public_pages import GOOD, Form, read_form
from tests.factories import make_letter, token_of
from tests.threads import together

pytestmark = pytest.mark.usefixtures("slow_hands")

MANY = 50
NAMES = (
    "Résistance & Paix",
    unicodedata.normalize("NFD", "Résistance & Paix"),
    "RÉSISTANCE & PAIX",
    "  résistance   &  paix ",
    "Résistance, Paix!",
    "Ré\u200bsistance — Paix",
)
MAILBOXES = (
    "office@example.org",
    "Office@Example.org",
    "office+letters@example.org",
    "of.fi.ce@gmail.com",
    "office@gmail.com",
    "OFFICE+a+b@googlemail.com",
)


def sending(app: Flask, path: str, fields: dict[str, str]) -> Callable[[], int]:
    """A browser of its own sends this; what was answered."""

    def act() -> int:
        return app.test_client().post(path, data=fields).status_code

    return act


def filled(app: Flask, path: str, number: int) -> dict[str, str]:
    """The form, typed in one of many ways."""
    own = {
        "organisation": NAMES[number % len(NAMES)],
        "email": MAILBOXES[number // len(NAMES) % len(MAILBOXES)],
    }
    return read_form(app.test_client(), path).fields | GOOD | own


def live(letter: Letter) -> int:
    """How many rows stand on the letter or wait to."""
    rows = select(func.count()).where(Signature.letter_id == letter.id, Signature.status.in_(LIVE))
    return db.session.scalar(rows) or 0


def test_one_organisation_typed_in_many_ways_counts_once(app: Flask) -> None:
    letter = make_letter(acceptance=Acceptance.AUTOMATIC)
    path = f"/letters/{letter.slug}/sign"
    forms = [filled(app, path, number) for number in range(MANY)]
    assert Counter(together(app, [sending(app, path, form) for form in forms])) == {303: MANY}
    signed = db.session.scalars(select(Signature)).all()
    assert (len(signed), live(letter)) == (MANY, 0)
    asked = [f"/confirm/{token_of(signature)}" for signature in signed]
    presses = [sending(app, path, read_form(app.test_client(), path).fields) for path in asked]
    assert Counter(together(app, presses)) == {303: MANY}
    db.session.expire_all()
    assert live(letter) == 1
    statuses = Counter(db.session.scalars(select(Signature.status)))
    assert statuses[SignatureStatus.SUPERSEDED] == MANY - 1
    # So many from one network are over a limit, and what is over one does not count by itself.
    assert letter_figures(letter.id).signatories == statuses[SignatureStatus.ACCEPTED]
    assert differences(letter.id) == {}
    assert db.session.scalar(select(func.count()).select_from(Organisation)) == 1
    assert len(set(db.session.scalars(select(Representative.email_index)))) == 2


def test_double_clicks_and_replayed_forms_are_one_signature(app: Flask) -> None:
    letter = make_letter(acceptance=Acceptance.AUTOMATIC)
    path = f"/letters/{letter.slug}/sign"
    form = filled(app, path, 0)
    assert Counter(together(app, [sending(app, path, form)] * 10)) == {303: 10}
    assert sending(app, path, form | {"organisation": "Another"})() == 303  # replayed later, whatever it says
    (signature,) = db.session.scalars(select(Signature))
    confirm = f"/confirm/{token_of(signature)}"
    pressed = read_form(app.test_client(), confirm).fields
    assert Counter(together(app, [sending(app, confirm, pressed)] * 10)) == {303: 10}
    assert (live(letter), letter_figures(letter.id).signatories) == (1, 1)


def test_confirming_and_refusing_at_once_ends_in_one_of_the_two(app: Flask) -> None:
    letter = make_letter(acceptance=Acceptance.AUTOMATIC)
    path = f"/letters/{letter.slug}/sign"
    sending(app, path, filled(app, path, 0))()
    (signature,) = db.session.scalars(select(Signature))
    confirm = f"/confirm/{token_of(signature)}"
    page = app.test_client().get(confirm).text
    yes, no = Form(page), Form(page[page.index("</form>") :])
    assert no.action == f"{confirm}/refuse"
    acts = [sending(app, confirm, yes.fields), sending(app, f"{confirm}/refuse", no.fields)] * 5
    assert set(Counter(together(app, acts))) <= {303, 410}
    db.session.expire_all()
    counted = letter_figures(letter.id).signatories
    assert (signature.status, counted) in ((SignatureStatus.ACCEPTED, 1), (SignatureStatus.EXPIRED, 0))
