"""The list of signatories at the desk, and its sheets."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from campaign.accounts.models import User
from campaign.audit.models import AuditEntry
from campaign.core.db import db
from campaign.core.secrets import unlocked
from campaign.letters.rules import Visibility
from campaign.signing.exporting import COLUMNS, PUBLIC_COLUMNS
from campaign.signing.models import Signature
from campaign.signing.rules import SignatureStatus
from campaign.tally.queries import letter_figures
from tests.doors.desk_kit import base, followed, post, words
from tests.factories import make_letter, make_signature, make_signatures

SignedIn = Callable[..., User]
on_sqlite = pytest.mark.usefixtures("app_sqlite")  # these do not care about the database


@on_sqlite
def test_the_list_is_searched_and_paged(
    client: FlaskClient, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in(client)
    letter = make_letter()
    make_signature(letter, organisation="Élan d'Afrique", country_code="KE")
    make_signatures(letter, ["UG", "UG"])
    monkeypatch.setattr("campaign.desk.signatories.PAGE", 2)
    page = words(client.get(f"{base(letter)}/list"))
    assert "3 groups from 2 countries" in page
    assert "Page 1 of 2" in page
    assert "Page 2 of 2" in words(client.get(f"{base(letter)}/list?page=2"))
    for typed, said in (
        ("ÉLAN", "1 found."),
        ("uganda", "2 found."),
        ("zzz", "Nobody on the list is called"),
    ):
        assert said in followed(client, post(client, f"{base(letter)}/list/search", q=typed))
    assert "Page 1 of 2" in words(client.get(f"{base(letter)}/list?found=nothing&page=abc"))


@on_sqlite
def test_a_name_that_is_searched_stands_in_no_address(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    hidden = make_signature(letter, organisation="Quietlanterns", visibility=Visibility.UNNAMED)
    with time_machine.travel(datetime.now(UTC)) as clocks:
        found = post(client, f"{base(letter)}/list/search", q="quietlanterns").headers["Location"]
        page = client.get(found)
        assert "1 found." in words(page)
        addresses = [found, *re.findall(r'(?:href|action)="([^"]+)"', page.text)]
        assert not [address for address in addresses if "quietlanterns" in address.lower()]
        sealed = re.search(r'name="found" value="([^"]+)"', page.text)
        assert sealed
        answer = post(client, f"{base(letter)}/list/{hidden.id}/link", found=sealed[1])
        assert answer.headers["Location"] == found
        clocks.shift(timedelta(days=2))
        assert unlocked("search", sealed[1], 3600) is None
    assert unlocked("other", sealed[1], 3600) is None
    assert unlocked("search", sealed[1], 3600) == "quietlanterns"
    assert post(client, f"{base(letter)}/list/search", q=" ").headers["Location"] == f"{base(letter)}/list"


@on_sqlite
def test_a_signatory_is_withdrawn_on_its_wish(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    signature = make_signature(letter)
    address = f"{base(letter)}/list/{signature.id}/withdraw"
    assert "is withdrawn and no longer counts." in followed(client, post(client, address))
    assert db.session.get_one(Signature, signature.id).status is SignatureStatus.WITHDRAWN
    assert letter_figures(letter.id).signatories == 0
    assert "Not done." in followed(client, post(client, address))


def test_sheets_hold_what_is_for_their_audience_and_contacts_are_noted(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    user, letter = signed_in(client), make_letter()
    make_signature(letter, organisation="=Formula", country_code="KE")
    make_signature(letter, organisation="Hidden", visibility=Visibility.UNNAMED)
    public = client.get(f"{base(letter)}/export?format=csv&audience=public", buffered=True)
    lines = public.data.decode("utf-8-sig").splitlines()
    assert lines[0] == ",".join(PUBLIC_COLUMNS)
    assert len(lines) == 2
    assert "'=Formula" in lines[1]
    assert re.search(
        r'filename="?\d{4}-\d\d-\d\d-letter-\d+-public\.csv', public.headers["Content-Disposition"]
    )
    asked = client.get(f"{base(letter)}/export?format=csv&audience=coordinators", buffered=True)
    assert "Hidden" not in asked.text, "contacts are never had by a link"
    assert (
        db.session.scalars(select(AuditEntry).where(AuditEntry.action == "signatures.exported")).all() == []
    )
    answer = post(client, f"{base(letter)}/export", format="xlsx")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert tuple(rows[0]) == COLUMNS
    assert [row[1] for row in rows[1:]] == ["=Formula", "Hidden"]
    assert "@example.org" in rows[1][8]
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "signatures.exported")).one()
    assert (entry.actor_id, entry.details) == (user.id, {"audience": "coordinators", "format": "xlsx"})
    assert client.get(f"{base(letter)}/export?format=pdf").status_code == 422
