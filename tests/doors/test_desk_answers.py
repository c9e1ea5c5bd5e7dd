"""What addressees answer: written down on their timeline, and shown to everybody only when published."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from campaign.accounts.models import User
from campaign.core import clock
from campaign.core.db import db
from campaign.dispatch.models import Response
from campaign.letters import operations as letters
from campaign.letters.drafts import AddresseeDraft
from campaign.letters.models import Letter
from campaign.letters.queries import private_key
from campaign.letters.rules import Circulation
from campaign.outbox.rules import MailState
from tests.doors.desk_kit import base, followed, post, words
from tests.doors.release_kit import became, let_few_bytes_be_too_many, propose, sent_out
from tests.factories import COORDINATOR, make_edition, make_letter

SignedIn = Callable[..., User]
on_sqlite = pytest.mark.usefixtures("app_sqlite")  # these do not care about the database
PNG = b"\x89PNG\r\n\x1a\n a reply"
RTL = AddresseeDraft("معالي السيد سامي مثال", body="<b>وزارة</b>", email="m@example.org", salutation="معالي,")


def timeline_of(letter: Letter) -> str:
    """The address of the first addressee's page."""
    return f"{base(letter)}/addressees/{letter.addressees[0].id}"


def reply(client: FlaskClient, letter: Letter, **fields: object) -> Response:
    """A reply written down."""
    plain = {"on_day": "2026-01-02", "words": "We <b>have</b> it.\n\nThe file\nstays open."}
    assert post(client, f"{timeline_of(letter)}/replied", **(plain | fields)).status_code == 303
    return db.session.scalars(select(Response).order_by(Response.id.desc())).first()  # type: ignore[return-value]


@on_sqlite
def test_the_timeline_tells_what_happened_in_its_order(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter(addressees=(RTL,))
    assert "Nothing has happened yet." in words(client.get(timeline_of(letter)))
    (owed,) = sent_out(make_edition(letter))
    became(owed, MailState.ACCEPTED, "250 ok")
    said = followed(
        client,
        post(
            client,
            f"{timeline_of(letter)}/acknowledged",
            on_day=clock.now().date().isoformat(),
            reference="UA 12/2026",
            officer="An Officer",
        ),
    )
    assert "They acknowledged it. UA 12/2026 An Officer" in said
    assert said.index("List no. 1 was released.") < said.index("They acknowledged it.")
    assert "They acknowledged it." in words(client.get(f"{base(letter)}/dispatch"))
    assert "<bdi>معالي السيد سامي مثال</bdi>" in client.get(timeline_of(letter)).text


@on_sqlite
@pytest.mark.parametrize(
    ("form", "fields", "status", "sentence"),
    [
        ("replied", {"words": " "}, 422, "Type the reply in, or attach it."),
        ("replied", {"on_day": ""}, 422, "Please give the day."),
        ("replied", {"on_day": "2999-01-01"}, 422, "The day is in the future."),
        ("replied", {"file": b"GIF89a"}, 422, "Give a PDF, PNG or JPEG file."),
        ("replied", {"file": PNG + b"x" * 1_000}, 413, "The file is larger than 7 MB."),
        ("acknowledged", {"reference": "x" * 201}, 422, "Longer than 200 characters"),
        ("acknowledged", {"officer": "a\x07b"}, 422, "not printable"),
    ],
)
def test_what_cannot_be_written_down_keeps_what_was_typed(
    client: FlaskClient,
    signed_in: SignedIn,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
    fields: dict[str, object],
    status: int,
    sentence: str,
) -> None:
    signed_in(client)
    let_few_bytes_be_too_many(monkeypatch)
    letter = make_letter()
    sent = {"on_day": "2026-01-02", "words": "kept words", "reference": "kept number"} | fields
    if isinstance(sent.get("file"), bytes):
        sent["file"] = (io.BytesIO(sent["file"]), "file.pdf")  # type: ignore[arg-type]
    answer = post(client, f"{timeline_of(letter)}/{form}", **sent)
    assert answer.status_code == status
    assert sentence in answer.text
    kept = "words" if form == "replied" else "reference"
    assert str(sent[kept]) in answer.text
    assert db.session.scalars(select(Response)).all() == []


def test_a_reply_is_public_from_its_publishing_until_it_is_taken_off(
    app: Flask, client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    anybody, letter = app.test_client(), make_letter(addressees=(RTL,))
    written = reply(client, letter, file=(io.BytesIO(PNG), "Their reply.png"))
    page, file = f"/letters/{letter.slug}", f"/letters/{letter.slug}/replies/{written.id}"
    assert "Replies" not in anybody.get(page).text
    assert anybody.get(file).status_code == 404
    acts = f"{base(letter)}/replies/{written.id}"
    assert "The reply is published" in followed(client, post(client, f"{acts}/publish"))
    shown = anybody.get(page).text
    assert "We &lt;b&gt;have&lt;/b&gt; it." in shown
    assert "&lt;b&gt;وزارة&lt;/b&gt;" in shown
    assert file in shown
    answer = anybody.get(file)
    assert (answer.data, answer.mimetype) == (PNG, "image/png")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Their-reply.png"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert anybody.get(f"/letters/{make_letter().slug}/replies/{written.id}").status_code == 404
    assert "no longer on the letter’s page" in followed(client, post(client, f"{acts}/unpublish"))
    assert "We &lt;b&gt;have" not in anybody.get(page).text
    assert anybody.get(file).status_code == 404


@on_sqlite
def test_a_receipt_cannot_be_published_and_another_letters_answer_is_not_here(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    letter, other = make_letter(), make_letter()
    post(client, f"{timeline_of(letter)}/acknowledged", on_day="2026-01-02")
    receipt = db.session.scalars(select(Response)).one()
    said = followed(client, post(client, f"{base(letter)}/replies/{receipt.id}/publish"))
    assert "Only a reply can be published." in said
    assert post(client, f"{base(other)}/replies/{receipt.id}/publish").status_code == 404
    elsewhere = f"{base(other)}/addressees/{letter.addressees[0].id}"
    assert client.get(elsewhere).status_code == 404
    for form in ("acknowledged", "replied"):
        answer = post(client, f"{elsewhere}/{form}", on_day="2026-01-02", words="words")
        assert answer.status_code == 404


@on_sqlite
def test_a_private_letters_reply_stays_private_and_its_page_names_the_embargo(
    app: Flask, client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    letter = make_letter()
    letter.circulation = Circulation.PRIVATE
    letter.time_zone = "Europe/Zurich"
    link = letters.share(letter.hosts[0], COORDINATOR)
    db.session.commit()
    page, anybody = f"/p/{private_key(link)}", app.test_client()
    written = reply(client, letter, file=(io.BytesIO(PNG), "reply.png"))
    post(client, f"{base(letter)}/replies/{written.id}/publish")
    assert "Embargoed" not in anybody.get(page).text
    assert "We &lt;b&gt;have" not in anybody.get(page).text
    assert anybody.get(f"/letters/{letter.slug}/replies/{written.id}").status_code == 404
    day = clock.now() + timedelta(days=40)
    propose(client, make_edition(letter), publishes="y", at=f"{day:%Y-%m-%d}T09:00", zone="Europe/Zurich")
    shown = words(anybody.get(page))
    assert f"Embargoed until {day:%A}" in shown
    assert "09:00 Zurich (" in shown
