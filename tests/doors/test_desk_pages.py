"""The queue and the unconfirmed, a page at a time: what is not shown is not read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from campaign.accounts.models import User
from campaign.core.db import db
from campaign.signing import queues
from campaign.signing.models import Representative
from campaign.signing.rules import Flag, SignatureStatus
from tests.doors.desk_kit import base, post, words
from tests.factories import make_letter, make_signature

SignedIn = Callable[..., User]
pytestmark = pytest.mark.usefixtures("app_sqlite")
S = SignatureStatus
ROW = re.compile(r'<tr id="sign-on-(\d+)"')


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "PAGE", 2)


@contextmanager
def persons_read() -> Iterator[list[int]]:
    """The contacts that were read, and so decrypted, meanwhile."""
    found: list[int] = []

    def note(person: Representative, _context: object) -> None:
        found.append(person.signature_id)

    event.listen(Representative, "load", note)
    try:
        yield found
    finally:
        event.remove(Representative, "load", note)


def pages(client: FlaskClient, address: str) -> list[list[int]]:
    """The rows of each page, as one goes on from the first by its link."""
    found = []
    while address:
        db.session.expunge_all()
        with persons_read() as read:
            text = client.get(address).text
        found.append([int(number) for number in ROW.findall(text)])
        assert sorted(read) == found[-1]
        on = re.search(r'rel="next"\s+href="([^"]+)"', text)
        address = on[1].replace("&amp;", "&") if on else ""
    return found


@pytest.mark.parametrize(("page", "status"), [("queue", S.PENDING), ("unconfirmed", S.UNVERIFIED)])
def test_what_waits_is_read_a_page_at_a_time(
    client: FlaskClient, signed_in: SignedIn, page: str, status: SignatureStatus
) -> None:
    signed_in(client)
    letter = make_letter()
    ids = [make_signature(letter, status).id for _ in range(5)]
    make_signature(make_letter(), status)
    assert pages(client, f"{base(letter)}/{page}") == [ids[:2], ids[2:4], ids[4:]]
    text = words(client.get(f"{base(letter)}/{page}?after={ids[1]}"))
    assert "1 more is not shown." in text
    assert "From the start" in text


def test_a_set_is_paged_and_counted_as_a_whole(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    rows = [make_signature(letter, S.PENDING) for _ in range(6)]
    for row in rows[1:4]:
        row.flags = [Flag.DUPLICATE, Flag.LIMIT]
    rows[4].flags = [Flag.LIMIT]
    db.session.commit()
    ids = [row.id for row in rows]
    address = f"{base(letter)}/queue?set=limit"
    assert pages(client, address) == [ids[1:3], ids[3:5]]
    assert "With all 4 of this set:" in words(client.get(address))


def test_who_decided_goes_on_where_they_were(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    ids = [make_signature(letter, S.PENDING).id for _ in range(4)]
    shown = client.get(f"{base(letter)}/queue?after={ids[1]}").text
    forms = re.findall(rf'action="([^"]+queue/{ids[2]}[^"]*)"', shown)
    assert forms == [f"{base(letter)}/queue/{ids[2]}?after={ids[1]}"]
    missing = post(client, forms[0], do="reject", organisation="Another", country="BH", scope="national")
    assert (missing.status_code, ROW.findall(missing.text)) == (422, [str(ids[2]), str(ids[3])])
    for one in ids[2:]:
        answer = post(
            client, f"{base(letter)}/queue/decide?after={ids[1]}", do="reject", reason="no", ids=str(one)
        )
    assert answer.headers["Location"].endswith(f"/queue?after={ids[1]}")
    assert ROW.findall(client.get(answer.headers["Location"]).text) == [str(i) for i in ids[:2]]
