"""Duplicates at the desk: side by side, merged, parted, told apart; and an organisation's own page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campaign.accounts.models import User
from campaign.core.db import db
from campaign.letters.models import Letter
from campaign.organisations.models import Organisation, OrganisationName
from campaign.signing import duplicates
from campaign.signing.models import Merge, Signature
from campaign.signing.rules import SignatureStatus
from campaign.tally.queries import letter_figures
from tests.doors.desk_kit import base, followed, post, words
from tests.factories import make_command, make_letter, make_listing, make_person, make_signature

pytestmark = pytest.mark.usefixtures("app_sqlite")
SignedIn = Callable[..., User]
S = SignatureStatus
TARVEL, SAME = "Tarvel Harm Reduction Network", "The Tarvel Harm-Reduction Network (THRN)"


@pytest.fixture
def letter(client: FlaskClient, signed_in: SignedIn) -> Letter:
    """A letter, and somebody at the desk."""
    signed_in(client)
    return make_letter()


def org(signature: Signature) -> int:
    db.session.refresh(signature)
    assert signature.organisation_id is not None
    return signature.organisation_id


def test_pairs_stand_side_by_side(client: FlaskClient, letter: Letter) -> None:
    make_signature(letter, organisation=TARVEL, website="https://tarvel.example")
    command = make_command(
        make_listing(organisation=SAME, organisation_other="شبكة تارفيل"),
        make_person(name="Ana Quill", role="Chair", email="ana@thrn.example"),
    )
    waiting = make_signature(letter, S.PENDING, command)
    queue = words(client.get(f"{base(letter)}/queue"))
    assert "The same name as Tarvel Harm Reduction Network , which is on the list" in queue
    page = client.get(f"{base(letter)}/duplicates")
    said = words(page)
    for shown in (
        TARVEL,
        SAME,
        "شبكة تارفيل",
        "tarvel.example",
        "thrn.example",
        "Ana Quill , Chair",
        "mailbox proven",
    ):
        assert shown in said
    assert "ana@thrn.example" not in page.text
    assert said.count("Not the same") == 1
    alone = words(client.get(f"{base(letter)}/duplicates?sign-on={waiting.id}"))
    assert "Only pairs with this organisation: The Tarvel Harm-Reduction Network (THRN)" in alone
    assert client.get(f"{base(make_letter())}/duplicates?sign-on={waiting.id}").status_code == 404


def test_merged_and_parted_with_one_click_each(client: FlaskClient, letter: Letter) -> None:
    kept, gone = make_signature(letter, organisation=TARVEL), make_signature(letter, organisation=SAME)
    kept_id, gone_id = org(kept), org(gone)
    answer = post(client, f"{base(letter)}/duplicates/merge", kept=kept_id, gone=gone_id)
    page = followed(client, answer)
    assert "They are one organisation now." in page
    assert "No two organisations on this letter look like one." in page
    assert letter_figures(letter.id).signatories == 1
    merge_id = db.session.scalars(select(Merge.id)).one()
    assert f"/duplicates/{merge_id}/undo" in client.get(f"{base(letter)}/decisions").text
    again = post(client, f"{base(letter)}/duplicates/merge", kept=kept_id, gone=gone_id)
    assert "Not done. One of the two was merged already." in followed(client, again)
    undo = f"{base(letter)}/duplicates/{merge_id}/undo"
    assert "two organisations again" in followed(client, post(client, undo))
    assert letter_figures(letter.id).signatories == 2
    assert (org(kept), org(gone)) == (kept_id, gone_id)
    assert post(client, undo).status_code == 404


def test_not_the_same_is_not_asked_again(client: FlaskClient, letter: Letter) -> None:
    one, other = (
        make_signature(letter, organisation=TARVEL),
        make_signature(letter, S.PENDING, organisation=SAME),
    )
    assert other.flags == ["duplicate"]
    answer = post(client, f"{base(letter)}/duplicates/apart", one=org(one), other=org(other))
    page = followed(client, answer)
    assert "No two organisations on this letter look like one." in page
    db.session.refresh(other)
    assert other.flags == []
    itself = post(client, f"{base(letter)}/duplicates/apart", one=org(one), other=org(one))
    assert "Not done." in followed(client, itself)


@pytest.mark.parametrize("act", ["merge", "apart"])
def test_organisations_of_other_letters_are_not_for_this_one(
    client: FlaskClient, letter: Letter, act: str
) -> None:
    elsewhere = make_letter()
    ids = [org(make_signature(elsewhere, organisation=name)) for name in (TARVEL, SAME)]
    fields = dict(zip(("kept", "gone", "one", "other"), ids * 2, strict=True))
    assert post(client, f"{base(letter)}/duplicates/{act}", **fields).status_code == 404
    assert (
        post(
            client, f"{base(elsewhere)}/duplicates/{act}", **(fields | {"gone": 0, "other": "x"})
        ).status_code
        == 404
    )
    assert post(client, f"{base(letter)}/duplicates/{act}").status_code == 404


def test_pretenders_come_first_and_hosts_are_named(client: FlaskClient, letter: Letter) -> None:
    make_signature(make_letter(), organisation="Ostrela Foundation")
    make_signature(letter, organisation=TARVEL)
    make_signature(letter, S.PENDING, organisation=SAME)
    held = make_signature(letter, S.PENDING, organisation="Оstrela Foundation")
    host = make_signature(letter, S.PENDING, organisation="Harbour Rіghts Watch")
    assert held.status is host.status is S.HELD
    page = words(client.get(f"{base(letter)}/duplicates"))
    assert page.index("made to look alike") < page.index("the same name")
    assert "no; known from another" in page
    queue = words(client.get(f"{base(letter)}/queue"))
    assert "Made to look like Ostrela Foundation , known from another letter" in queue
    assert "Made to look like the host Harbour Rights Watch ." in queue
    alone = words(client.get(f"{base(letter)}/duplicates?sign-on={host.id}"))
    assert "Its name is made to look like the host Harbour Rights Watch ." in alone
    assert "It is like no organisation that we know." in alone


def test_long_letters_compare_those_that_wait_and_the_flagged(
    client: FlaskClient, letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_signature(letter, organisation=TARVEL)
    make_signature(letter, organisation=SAME)
    make_signature(letter, organisation="Quiet Quay")
    monkeypatch.setattr(duplicates, "ALL_COMPARED", 2)
    page = words(client.get(f"{base(letter)}/duplicates"))
    assert "This letter is long" in page
    assert page.count("Not the same") == 1


def test_an_organisation_and_its_names(client: FlaskClient, letter: Letter) -> None:
    command = make_command(
        make_listing(organisation=TARVEL, website="https://tarvel.example"),
        make_person(email="a@thrn.example"),
    )
    signature = make_signature(letter, command=command)
    address = f"/desk/organisations/{org(signature)}"
    page = words(client.get(address))
    assert "tarvel.example website accepted with a sign-on" in page
    assert "thrn.example mailbox proven" in page
    assert "Open the harbour" in page
    assert post(client, f"{address}/names", name="THRN", kind="acronym").status_code == 303
    assert post(client, f"{address}/names", name="شبكة تارفيل", kind="name", language="ar").status_code == 303
    page = client.get(address).text
    assert '<bdi lang="ar">شبكة تارفيل</bdi>' in page
    other = make_signature(letter, organisation="Velmont", country_code="BH")
    for wrong, said in (
        ({"name": " ", "kind": "alias"}, "This is no name"),
        ({"name": "thrn", "kind": "alias"}, "It is known by this name already"),
        ({"name": "VELMONT", "kind": "alias"}, "Another organisation is known by this name"),
        ({"name": "x" * 201, "kind": "alias"}, "Too long"),
        ({"name": "Fine", "kind": "nickname"}, "There is no such kind of name"),
        ({"name": "Fine", "kind": "alias", "language": "zz-none"}, "We do not know this language"),
    ):
        answer = post(client, f"{address}/names", **wrong)
        assert answer.status_code == 422
        assert said in words(answer)
        assert f'value="{wrong["name"]}"' in answer.text
    acronym = db.session.scalars(select(OrganisationName).where(OrganisationName.name == "THRN")).one()
    remove = f"{address}/names/{acronym.id}/remove"
    assert "no longer found by this name" in followed(client, post(client, remove))
    assert "Not done." in followed(client, post(client, remove))
    assert db.session.get_one(Organisation, org(signature)).acronym is None
    (domain, _mailbox) = db.session.get_one(Organisation, org(signature)).domains
    gone = f"{address}/domains/{domain.id}/remove"
    assert "no longer speaks for it" in followed(client, post(client, gone))
    assert "Not done." in followed(client, post(client, gone))
    only = f"/desk/organisations/{org(other)}/names/{other.organisation.names[0].id}/remove"  # type: ignore[union-attr]
    assert "keeps one name at least" in followed(client, post(client, only))


def test_a_merged_organisation_says_what_it_is_known_as(client: FlaskClient, letter: Letter) -> None:
    kept, gone = make_signature(letter, organisation=TARVEL), make_signature(letter, organisation=SAME)
    kept_id, gone_id = org(kept), org(gone)
    post(client, f"{base(letter)}/duplicates/merge", kept=kept_id, gone=gone_id)
    assert f"known as {TARVEL}" in words(client.get(f"/desk/organisations/{gone_id}"))
    page = words(client.get(f"/desk/organisations/{kept_id}"))
    assert re.search(re.escape(SAME) + " merged into it", page)
    assert client.get("/desk/organisations/999").status_code == 404
    bare = Organisation(name="Nobody yet", scope=kept.scope, created_at=kept.signed_at, domains=[])
    db.session.add(bare)
    db.session.commit()
    assert "It has signed no letter." in words(client.get(f"/desk/organisations/{bare.id}"))
