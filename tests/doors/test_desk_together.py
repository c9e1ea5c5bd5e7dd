"""The sets of the queue, all of a set decided at once, and a decision on many taken back with one button."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campaign.accounts.models import User
from campaign.core.db import db
from campaign.core.networks import Caller, read_address
from campaign.letters.models import Letter
from campaign.signing import confirming, together
from campaign.signing import operations as signing
from campaign.signing.models import Signature
from campaign.signing.rules import SignatureStatus
from tests.doors.desk_kit import base, followed, post, words
from tests.doors.public_pages import Form
from tests.factories import confirmation_of, make_command, make_letter, make_listing, make_signature

SignedIn = Callable[..., User]
pytestmark = pytest.mark.usefixtures("app_sqlite")
S = SignatureStatus


def confirmed(letter: Letter, trapped: bool = False, name: str = "") -> Signature:
    listing = make_listing(organisation=name) if name else make_listing()
    found = signing.sign(
        letter, make_command(listing, caller=Caller(read_address("192.0.2.7")), trapped=trapped)
    )
    assert found is not None
    confirming.verify(confirmation_of(found))
    db.session.commit()
    return found


def statuses(*rows: Signature) -> list[SignatureStatus]:
    found = dict(db.session.execute(select(Signature.id, Signature.status)).all())  # type: ignore[arg-type]
    return [found[s.id] for s in rows]


def set_form(client: FlaskClient, letter: Letter, name: str) -> dict[str, str]:
    """What a browser would send to decide on a whole set."""
    page = client.get(f"{base(letter)}/queue?set={name}").text
    fields = Form(page[page.index('<form class="acts"') :]).fields
    del fields["csrf_token"]
    return fields


def test_a_wave_is_rejected_as_a_set_and_taken_back_with_one_button(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    letter = make_letter()
    honest = confirmed(letter)
    wave = [confirmed(letter, trapped=True) for _ in range(7)]
    assert "All held 7 trap field filled in 7" in words(client.get(f"{base(letter)}/queue"))
    shown = client.get(f"{base(letter)}/queue?set=honeypot")
    assert f'id="sign-on-{honest.id}"' not in shown.text
    assert shown.text.count('id="sign-on-') == 7
    assert "Accept all" not in shown.text
    fields = set_form(client, letter, "honeypot")
    late = confirmed(letter, trapped=True)  # nobody has seen it yet
    answer = post(client, f"{base(letter)}/queue/set", **fields | {"do": "reject", "reason": "Spam"})
    page = followed(client, answer)
    assert "7 sign-ons rejected." in page
    assert "Take all 7 back" in page
    assert statuses(honest, late, *wave) == [S.PENDING, S.HELD, *[S.REJECTED] * 7]
    happened = words(client.get(base(letter))).split("What happened")[1]
    assert "rejected in one act, sign-ons: 7" in happened
    assert not re.search(r"sign-on \d+ rejected", happened)  # each of them is not told again
    page = client.get(f"{base(letter)}/decisions").text
    assert page.count("/take-back") == 1
    found = re.search(r'action="([^"]+/take-back)"', page)
    assert found
    assert client.get(found[1]).status_code == 405
    assert "7 sign-ons wait for a decision again." in followed(client, post(client, found[1]))
    assert statuses(*wave) == [S.HELD] * 7
    assert "There is nothing to take back." in followed(client, post(client, found[1]))


def test_what_cannot_be_taken_back_is_named(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    rows = [confirmed(letter, name=name) for name in ("Stays Withdrawn", "Comes Back", "Comes Back Too")]
    ids = [str(s.id) for s in rows]
    post(client, f"{base(letter)}/queue/decide", do="accept", ids=ids)
    post(client, f"{base(letter)}/list/{rows[0].id}/withdraw")
    db.session.expire_all()
    assert statuses(rows[0]) == [S.WITHDRAWN]
    page = followed(client, post(client, f"{base(letter)}/decisions/{rows[0].decision}/take-back"))
    assert "2 sign-ons wait for a decision again. Not Stays Withdrawn: It is withdrawn by now." in page
    assert statuses(*rows) == [S.WITHDRAWN, S.PENDING, S.PENDING]


def test_a_message_about_many_stays_short(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    names = ["Ñ" * 150 + str(n) for n in range(12)]
    rows = [make_signature(letter, S.ACCEPTED, organisation=name) for name in names]
    page = followed(
        client, post(client, f"{base(letter)}/queue/decide", do="accept", ids=[str(s.id) for s in rows])
    )
    assert "0 sign-ons accepted." in page
    assert "And 4 more." in page
    assert "Ñ" * 60 not in page.split("Decided last")[0]


def test_a_set_over_a_limit_may_be_accepted_at_once(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    post(client, f"{base(letter)}/limits", per="network", most="2", span="10", unit="minutes")
    rows = [confirmed(letter) for _ in range(5)]
    assert "Accept all" in client.get(f"{base(letter)}/queue?set=limit").text
    fields = set_form(client, letter, "limit")
    assert "3 sign-ons accepted." in followed(
        client, post(client, f"{base(letter)}/queue/set", **fields, do="accept")
    )
    assert statuses(*rows) == [S.PENDING] * 2 + [S.ACCEPTED] * 3


def test_a_set_is_done_in_portions(
    client: FlaskClient, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in(client)
    for module in ("together", "moderation"):
        monkeypatch.setattr(f"campaign.desk.{module}.MOST_AT_ONCE", 2)
    letter = make_letter()
    rows = [confirmed(letter, trapped=True) for _ in range(3)]
    assert "2 at a time, the oldest first." in words(client.get(f"{base(letter)}/queue?set=held"))
    fields = set_form(client, letter, "held") | {"do": "reject", "reason": "Spam"}
    post(client, f"{base(letter)}/queue/set", **fields)
    assert statuses(*rows) == [S.REJECTED, S.REJECTED, S.HELD]
    assert together.MOST_AT_ONCE == 500


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"set": "nonsense"}, "None of these waits any more."),
        ({"set": "limit"}, "None of these waits any more."),
        ({"through": "0"}, "None of these waits any more."),
        ({"through": "x"}, "None of these waits any more."),
        ({"through": "²"}, "None of these waits any more."),
    ],
)
def test_a_set_that_is_none_changes_nothing(
    client: FlaskClient, signed_in: SignedIn, changes: dict[str, str], sentence: str
) -> None:
    signed_in(client)
    letter = make_letter()
    row = confirmed(letter, trapped=True)
    fields = {"set": "held", "through": str(row.id), "do": "reject", "reason": "Spam"} | changes
    assert sentence in followed(client, post(client, f"{base(letter)}/queue/set", **fields))
    assert statuses(row) == [S.HELD]


def test_a_set_is_not_rejected_without_a_reason_and_stays_chosen(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    letter = make_letter()
    honest, row = confirmed(letter), confirmed(letter, trapped=True)
    answer = post(
        client, f"{base(letter)}/queue/set", set="held", through=str(row.id), do="reject", reason=" "
    )
    assert answer.status_code == 422
    assert "A rejection needs a reason." in words(answer)
    assert f'id="sign-on-{honest.id}"' not in answer.text
    assert statuses(honest, row) == [S.PENDING, S.HELD]
