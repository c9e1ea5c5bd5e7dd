"""What a signatory takes along or leaves behind: a copy, their data, erasure, and the next letter's form."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from unittest import mock

import pypdf
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campaign.core.db import db
from campaign.editions import own_copy
from campaign.editions.render import RenderFailed
from campaign.letters import operations as letters
from campaign.letters.rules import Visibility
from campaign.signing import confirming
from campaign.signing.models import Signature
from campaign.signing.rules import SignatureStatus
from campaign.tally.queries import letter_figures
from tests.doors.public_pages import Form, read_form
from tests.factories import (
    COORDINATOR,
    confirmation_of,
    link_of,
    make_command,
    make_letter,
    make_listing,
    make_person,
    make_signature,
)

pytestmark = pytest.mark.usefixtures("slow_hands")

WITHHELD = "Quiet Reeds Circle"


def signed(**listing: object) -> Signature:
    """Among others, one of whom is withheld."""
    letter = make_letter()
    make_signature(letter, organisation=WITHHELD, visibility=Visibility.UNNAMED)
    return make_signature(letter, **({"organisation": "Harbour Friends"} | listing))


def words(content: bytes) -> str:
    """What a PDF says, on one line."""
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.mark.usefixtures("app_sqlite")
def test_the_copy_is_a_file_with_the_text_and_their_name_alone(client: FlaskClient) -> None:
    signature = signed(organisation_other="أصدقاء الميناء")
    answer = client.get(f"{link_of(signature)}/copy")
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "private, no-store"
    slug = signature.letter.slug
    assert f'filename="{slug}-{signature.signed_at:%Y-%m-%d}.pdf"' in answer.headers["Content-Disposition"]
    said = words(answer.data)
    for there in ("Open the harbour", "It has been closed for a year.", "Harbour Friends", "Bahrain"):
        assert there in said
    assert "version 1 of the text" in said
    assert "SHA-256" not in said
    assert WITHHELD not in said
    assert WITHHELD.encode() not in answer.data
    metadata = pypdf.PdfReader(io.BytesIO(answer.data)).metadata
    assert "Sami" not in str(metadata)


@pytest.mark.usefixtures("app_sqlite")
def test_the_copy_has_the_words_that_were_signed(client: FlaskClient) -> None:
    texts = {"en": "We ask you to open the harbour.", "fr": "Ouvrez le port."}
    letter = make_letter(texts=texts, titles={"en": "Open the harbour", "fr": "Ouvrez le port"})
    signature = make_signature(letter, command=make_command(language="fr"))
    for translation in letter.text_version.translations:  # type: ignore[union-attr]
        translation.reviewed = True
    said = words(client.get(f"{link_of(signature)}/copy").data)
    assert "Ouvrez le port." in said
    assert "We ask you" not in said


@pytest.mark.usefixtures("app_sqlite")
@pytest.mark.parametrize("busy", [True, False])
def test_what_cannot_be_printed_now_is_a_page_that_needs_nothing_else(
    client: FlaskClient, busy: bool
) -> None:
    signature = signed(organisation="Harbour \U000f0000 Friends")  # no font has this
    path = link_of(signature)
    if busy:
        with own_copy._printing:
            answer = client.get(f"{path}/copy")
    else:
        answer = client.get(f"{path}/copy")
    assert answer.mimetype == "text/html"
    assert '.html"' in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Disposition"].startswith("attachment")
    for there in ("It has been closed for a year.", "Harbour \U000f0000 Friends", "version 1"):
        assert there in answer.text
    assert "http" not in answer.text.replace('href="https://harbour.example.org"', "")
    assert WITHHELD not in answer.text


@pytest.mark.usefixtures("app_sqlite")
def test_the_printer_is_free_again_after_a_failure(client: FlaskClient) -> None:
    path = link_of(signed())
    with mock.patch.object(own_copy, "pdf", side_effect=RenderFailed("no")):
        assert client.get(f"{path}/copy").mimetype == "text/html"
    assert client.get(f"{path}/copy").mimetype == "application/pdf"


def test_all_that_is_kept_can_be_downloaded(client: FlaskClient) -> None:
    person = make_person(email="sami@example.org")
    letter = make_letter()
    make_signature(letter, organisation=WITHHELD)
    signature = make_signature(letter, command=make_command(make_listing(organisation="Harbour"), person))
    answer = client.get(f"{link_of(signature)}/data.json")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    facts = json.loads(answer.data)
    assert facts["representative"]["email"] == "sami@example.org"
    assert [consent["wording"] for consent in facts["consents"]] == ["I may sign.", "I agree."]
    assert WITHHELD not in answer.text


@pytest.mark.usefixtures("app_sqlite")
def test_the_data_do_not_tell_who_else_signed_or_is_known(client: FlaskClient) -> None:
    """Whoever signs in another's name, or in one like it, reads what anybody reads who waits."""
    letter = make_letter()
    known = make_listing(
        organisation=WITHHELD,
        organisation_other="دائرة القصب",
        website="https://reeds.example.com",
        visibility=Visibility.UNNAMED,
    )
    make_signature(letter, command=make_command(known))
    typed = (WITHHELD, "Quiet Reeds Circles", "Quiet Reeds Circ1e", "Potters of the Plain")
    waiting = [make_signature(letter, SignatureStatus.PENDING, organisation=name) for name in typed]
    assert {s.status for s in waiting} >= {SignatureStatus.SUPERSEDED, SignatureStatus.HELD}
    assert any("duplicate" in s.flags for s in waiting)
    told = [client.get(f"{link_of(s)}/data.json").text for s in waiting]
    assert not any(word in text for text in told for word in ("reeds.example.com", "دائرة القصب"))
    plain = []
    for facts in map(json.loads, told):
        signature = facts["signature"]
        assert facts.keys().isdisjoint({"organisation"})
        acts = [(act["act"], act["by"]) for act in facts["acts"]]
        plain.append((signature["status"], signature["flags"], signature["decided_at"], acts))
    assert plain == [plain[-1]] * len(typed)
    assert plain[0] == (
        "pending",
        [],
        None,
        [("signature.signed", "visitor"), ("signature.pending", "signatory")],
    )


def test_being_erased_takes_two_steps(client: FlaskClient, work: Callable[[], int]) -> None:
    signature = signed()
    path, letter_id = link_of(signature), signature.letter_id
    assert client.get(path).status_code == 200
    assert "cannot be undone" in client.get(f"{path}/erase").text
    assert signature.erased_at is None
    form = read_form(client, f"{path}/erase")
    assert form.action == f"{path}/erase"
    answer = client.post(f"{path}/erase", data=form.fields)
    assert (answer.status_code, answer.location) == (303, "/signature/erased?lang=en")
    assert client.get(answer.location).status_code == 200
    assert signature.erased_at is not None
    assert signature.status is SignatureStatus.WITHDRAWN
    assert letter_figures(letter_id).signatories == 1
    for gone in (path, f"{path}/data.json", f"{path}/copy", f"{path}/erase"):
        assert client.get(gone).status_code == 404
    assert client.post(f"{path}/erase", data=form.fields).status_code == 404


@pytest.mark.usefixtures("app_sqlite")
def test_without_its_seal_nothing_is_erased(client: FlaskClient) -> None:
    signature = signed()
    assert client.post(f"{link_of(signature)}/erase").status_code == 422
    assert signature.erased_at is None


@pytest.mark.usefixtures("app_sqlite")
@pytest.mark.parametrize("status", ["rejected", "withdrawn", "invalidated"])
def test_whoever_stands_nowhere_can_still_take_and_leave_what_is_theirs(
    client: FlaskClient, status: str
) -> None:
    path = link_of(make_signature(make_letter(), SignatureStatus(status)))
    assert f"{path}/withdraw" not in client.get(path).text
    for page in ("copy", "data.json", "erase"):
        assert client.get(f"{path}/{page}").status_code == 200
    # The seal of a page from before: it was sent from another tab meanwhile.
    seal = read_form(client, f"{path}/erase").fields
    assert client.post(f"{path}/withdraw", data=seal).status_code == 409


def test_the_next_letter_is_signed_by_the_same_organisation(client: FlaskClient) -> None:
    person = make_person(name="Ana Example", role="Chair", email="ana@example.org")
    listing = make_listing(organisation="Harbour Friends", website="https://hf.example.org")
    first = make_signature(make_letter(), command=make_command(listing, person))
    following = make_letter(titles={"en": "Close the mine"})
    path = link_of(first)
    assert f'href="{path}/next/{following.slug}"' in client.get(path).text
    page = client.get(f"{path}/next/{following.slug}")
    assert page.headers["Cache-Control"] == "private, no-store"
    form = Form(page.text)
    assert form.action == f"/letters/{following.slug}/sign"
    known = {"organisation": "Harbour Friends", "country": "BH", "scope": "national", "role": "Chair"}
    known |= {
        "representative": "Ana Example",
        "email": "ana@example.org",
        "website": "https://hf.example.org",
    }
    assert known.items() <= form.fields.items()
    assert "authorised" not in form.fields
    assert client.post(form.action, data=form.fields).status_code == 422
    sent = form.fields | {"authorised": "y", "consent": "y"}
    assert client.post(form.action, data=sent).status_code == 303
    second = db.session.scalars(select(Signature).where(Signature.letter_id == following.id)).one()
    confirming.verify(confirmation_of(second))
    db.session.commit()
    assert second.organisation_id == first.organisation_id
    assert second.status is SignatureStatus.PENDING


@pytest.mark.usefixtures("app_sqlite")
@pytest.mark.parametrize(
    ("before", "at_risk", "chosen"),
    [
        ("public", False, "public"),
        ("unnamed", False, "unnamed"),
        ("addressees", False, "addressees"),
        ("public", True, "unnamed"),
    ],
)
def test_the_next_form_never_offers_more_visibility_than_was_chosen(
    client: FlaskClient, before: str, at_risk: bool, chosen: str
) -> None:
    path = link_of(make_signature(make_letter(), visibility=Visibility(before)))
    following = make_letter(at_risk=at_risk)
    assert Form(client.get(f"{path}/next/{following.slug}").text).fields["visibility"] == chosen


@pytest.mark.usefixtures("app_sqlite")
def test_a_letter_that_takes_no_signatures_is_no_next_one(client: FlaskClient) -> None:
    path = link_of(signed())
    closed = make_letter()
    letters.close(closed, COORDINATOR)
    draft = make_letter(opened=False)
    page = client.get(path).text
    assert closed.slug not in page
    answer = client.get(f"{path}/next/{closed.slug}")
    assert (answer.status_code, answer.location) == (303, f"/letters/{closed.slug}")
    assert client.get(f"{path}/next/{draft.slug}").status_code == 404
    assert client.get(f"/signature/{'x' * 43}/next/{closed.slug}").status_code == 404
