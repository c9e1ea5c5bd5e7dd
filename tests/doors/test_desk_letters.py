"""Letters at the desk: written by a form, opened, extended, withdrawn, and shared by links."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campaign.accounts.models import User
from campaign.core import clock
from campaign.core.db import db
from campaign.desk.letter_draft import draft_of
from campaign.letters.drafts import AddresseeDraft, CopyDraft, HostDraft
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug, private_letter
from campaign.letters.rules import (
    Change,
    Channel,
    Circulation,
    DocumentUse,
    LetterStatus,
    Sees,
    Visibility,
)
from tests.doors.desk_kit import as_shown, followed, post, seal, words
from tests.factories import ADDRESSEE, HOST, make_letter, make_signature

SignedIn = Callable[..., User]
pytestmark = pytest.mark.usefixtures("app_sqlite")  # nothing here depends on the database
PLAIN = {
    "original_language": "en",
    "texts-0-language": "en",
    "texts-0-title": "Open the harbour",
    "texts-0-noun": "groups",
    "texts-0-text": "We ask you to open it.",
    "texts-0-reviewed": "y",
    "hosts-0-name": "Harbour Rights Watch",
    "time_zone": "Europe/Zurich",
    "circulation": "private",
    "acceptance": "moderated",
    "order": "country",
    "visibilities": ["public", "addressees", "unnamed"],
}
FULL = AddresseeDraft(
    name="Ms Example",
    title="Rapporteur",
    body="Office & Co",
    email="rapporteur@example.org",
    language="fr",
    honorific="Her Excellency",
    salutation="Madame,",
    closing="Respectfully,",
    subject="A <subject>",
    opening="Two\n\nparagraphs.",
    sees=Sees.PUBLIC,
    channel=Channel.MAIL,
    copies=(
        CopyDraft("a@example.org", "Mr A", "Chief", True, Sees.ALL),
        CopyDraft("b@example.org", sees=Sees.PUBLIC),
    ),
)


def test_a_new_letter_is_a_private_draft_at_an_address_made_from_its_title(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    assert "Write it down as a draft" in words(client.get("/desk/letters/new"))
    answer = post(client, "/desk/letters/new", **PLAIN, deadline="2030-07-01T18:00", date="2030-06-01")
    assert answer.headers["Location"].endswith("/desk/letters/open-the-harbour")
    letter = letter_by_slug("open-the-harbour")
    assert (letter.status, letter.circulation) == (LetterStatus.DRAFT, Circulation.PRIVATE)
    assert letter.deadline == datetime(2030, 7, 1, 16, 0, tzinfo=UTC)
    assert letter.hosts[0].name == "Harbour Rights Watch"
    assert letter.addressees == []
    assert "letter written down" in followed(client, answer)


def test_everything_a_letter_holds_survives_the_form_unchanged(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    letter = make_letter(
        titles={"en": "Open the harbour", "ar": "افتحوا الميناء"},
        texts={"en": 'One.\n\nTwo "quoted" & <b>.[^1]\n\n[^1]: Note.', "ar": "نص"},
        nouns={"en": "NGOs", "ar": "groups"},
        notices={"en": "A notice.", "ar": "ملاحظة"},
        reviewed=frozenset({"en"}),
        hosts=(HOST, HostDraft("Second Host", country_code="CI", signed_by="A B", signed_title="Chair")),
        addressees=(FULL, AddresseeDraft("By Hand", channel=Channel.HAND, language="en")),
        deadline=datetime(2031, 1, 2, 3, 4, tzinfo=UTC),
        time_zone="Africa/Nairobi",
        place="Geneva",
        reference="X/1",
        at_risk=True,
        visibilities=(Visibility.PUBLIC, Visibility.UNNAMED),
        release_delay=45,
        country_names={"XK": {"en": "Kosovo*", "fr": "Kosovo"}, "PS": {"ar": "دولة فلسطين"}},
    )
    before, version = draft_of(letter), letter.text_version_id
    address = f"/desk/letters/{letter.slug}/edit"
    fields = {k: v for k, v in as_shown(client, address).items() if k not in ("_v", "csrf_token")}
    assert "Nothing was changed." in followed(client, post(client, address, **fields))
    letter = letter_by_slug(letter.slug)
    assert draft_of(letter) == before
    assert letter.text_version_id == version


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("texts-0-title", "", "There is no title in this language yet."),
        ("texts-0-language", "klingon-speak", "This is no language tag we know."),
        ("hosts-0-name", "", "A letter needs at least one host."),
        ("hosts-0-website", "example.org", "A website begins with"),
        ("hosts-0-contact", "nobody", "This is not a mail address."),
        ("hosts-0-country", "Atlantis", "We do not know this country."),
        ("time_zone", "Geneva", "This time zone is not known."),
        ("slug", "Not A Slug", "Small letters, digits and single hyphens only"),
        ("texts-0-text", "bell \x07", "characters that cannot be printed"),
        ("texts-0-text", "x" * 60_001, "At most 60000 characters fit here."),
        ("deadline", "tomorrow", ""),
        ("circulation", "secret", ""),
        ("visibilities", [], "Offer at least one."),
        ("visibilities", ["addressees"], "Nobody the letter goes to sees more than public names"),
        ("release_delay", "4", "Please give whole minutes, from 5 to 60."),
        ("release_delay", "61", "Please give whole minutes, from 5 to 60."),
        ("release_delay", "a while", "Please give whole minutes, from 5 to 60."),
        ("hosts-1-name", "harbour rights WATCH", "This name is here twice."),
        ("addressees-0-email", "nobody", "This is not a mail address."),
    ],
)
def test_a_letter_that_cannot_be_is_shown_again_with_what_was_typed(
    client: FlaskClient, signed_in: SignedIn, field: str, value: str, sentence: str
) -> None:
    signed_in(client)
    answer = post(client, "/desk/letters/new", **{**PLAIN, "place": "kept place", field: value})
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert "Nothing you typed is lost." in words(answer)
    assert 'value="kept place"' in answer.text
    assert db.session.scalars(select(Letter)).all() == []


def test_an_address_that_is_taken_leaves_the_other_letter_alone(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    make_letter(slug="taken", titles={"en": "The first"})
    answer = post(client, "/desk/letters/new", **PLAIN, slug="taken")
    assert answer.status_code == 422
    assert "There is a letter at this address already." in words(answer)
    assert letter_by_slug("taken").title("en") == "The first"


def test_another_set_of_fields_comes_without_a_script_and_loses_nothing(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    page = client.get("/desk/letters/new").text
    form = page[page.index('<form class="letter"') :]
    assert 'name="add"' not in form[: form.index("</button>")], "the first button must be the one that saves"
    typed = {**PLAIN, "addressees-0-name": "Typed <name>", "texts-0-text": "Typed\n\ntext"}
    for what in ("texts", "hosts", "addressees"):
        answer = post(client, "/desk/letters/new", **typed, add=what)
        assert answer.status_code == 200
        assert (
            f'name="{what}-1-remove"' in answer.text
            or f'name="{what}-1-name"' in answer.text
            or "texts-1" in answer.text
        )
        assert 'value="Typed &lt;name&gt;"' in answer.text
        assert "Typed\n\ntext" in answer.text
    assert db.session.scalars(select(Letter)).all() == []


def test_a_set_is_taken_out_by_its_tick(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter(opened=False, hosts=(HOST, HostDraft("Leaving")))
    address = f"/desk/letters/{letter.slug}/edit"
    fields = {k: v for k, v in as_shown(client, address).items() if k not in ("_v", "csrf_token")}
    assert post(client, address, **fields, **{"hosts-1-remove": "y"}).status_code == 303
    assert [host.name for host in letter_by_slug(letter.slug).hosts] == [HOST.name]


def test_a_change_of_text_after_opening_must_say_what_it_means(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    letter = make_letter()
    address = f"/desk/letters/{letter.slug}/edit"
    fields = {k: v for k, v in as_shown(client, address).items() if k not in ("_v", "csrf_token")}
    fields["texts-0-text"] = "Another text."
    answer = post(client, address, **fields)
    assert answer.status_code == 422
    assert "Please say what the change means." in words(answer)
    assert "Another text." in answer.text
    assert letter_by_slug(letter.slug).text_version.number == 1  # type: ignore[union-attr]
    bare = post(client, address, **fields, change="substantive")
    assert bare.status_code == 422
    assert "Please say what changed." in words(bare)
    assert "Please give a day and a time." in words(bare)
    by = (clock.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    fields |= {"summary": "It asks for more.", "reconfirm_by": by}
    assert post(client, address, **fields, change="substantive").status_code == 303
    version = letter_by_slug(letter.slug).text_version
    assert version is not None
    assert (version.number, version.change, version.markdown("en")) == (
        2,
        Change.SUBSTANTIVE,
        "Another text.",
    )
    assert (version.summary, version.reconfirm_by) == ("It asks for more.", datetime.fromisoformat(f"{by}Z"))


def test_deadline_and_circulation_of_an_open_letter_are_not_the_forms_business(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    letter = make_letter(deadline=datetime(2031, 1, 2, 3, 4, tzinfo=UTC))
    address = f"/desk/letters/{letter.slug}/edit"
    fields = {k: v for k, v in as_shown(client, address).items() if k not in ("_v", "csrf_token")}
    assert "deadline" not in fields
    fields |= {"deadline": "2029-01-01T00:00", "circulation": "private", "place": "Elsewhere"}
    assert post(client, address, **fields).status_code == 303
    found = letter_by_slug(letter.slug)
    assert (found.deadline, found.circulation) == (datetime(2031, 1, 2, 3, 4, tzinfo=UTC), Circulation.PUBLIC)
    assert found.place == "Elsewhere"


@pytest.mark.parametrize(
    "typed",
    [
        "Mr A",
        "Mr A <nobody>",
        "a@example.org b@example.org",
        "<a@example.org",
        "; printed",
        "a@example.org; sees nothing",
        "a@example.org; sees all; sees public",
    ],
)
def test_a_line_that_is_no_copy_is_named(client: FlaskClient, signed_in: SignedIn, typed: str) -> None:
    signed_in(client)
    fields = {
        **PLAIN,
        "addressees-0-name": "Ms A",
        "addressees-0-channel": "mail",
        "addressees-0-sees": "all",
    }
    answer = post(client, "/desk/letters/new", **fields, **{"addressees-0-cc": f"ok@example.org\n{typed}"})
    assert answer.status_code == 422
    assert "Line 2: write it as" in words(answer)


def test_what_a_copy_sees_is_said_only_where_the_addressee_sees_something_else(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    copies = (CopyDraft("a@example.org"), CopyDraft("b@example.org", "Mr B", sees=Sees.PUBLIC))
    letter = make_letter(addressees=(AddresseeDraft("Ms Example", copies=copies),))
    address = f"/desk/letters/{letter.slug}/edit"
    fields = {k: v for k, v in as_shown(client, address).items() if k not in ("_v", "csrf_token")}
    assert fields["addressees-0-cc"] == "a@example.org\nMr B <b@example.org>; sees public"
    fields["addressees-0-sees"] = "public"
    assert post(client, address, **fields).status_code == 303
    assert [c.sees for c in letter_by_slug(letter.slug).addressees[0].copies] == [Sees.PUBLIC, Sees.PUBLIC]


@pytest.mark.parametrize(("typed", "minutes"), [("", 15), ("5", 5), ("60", 60)])
def test_how_long_a_release_can_be_taken_back(
    client: FlaskClient, signed_in: SignedIn, typed: str, minutes: int
) -> None:
    signed_in(client)
    assert post(client, "/desk/letters/new", **PLAIN, release_delay=typed).status_code == 303
    assert letter_by_slug("open-the-harbour").release_delay == minutes


def test_a_letter_is_opened_paused_closed_and_published(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter(opened=False, circulation=Circulation.PRIVATE)
    base = f"/desk/letters/{letter.slug}"
    for verb in ("open", "pause", "resume", "close", "publish", "archive"):
        assert post(client, f"{base}/{verb}").status_code == 303
        assert "Done." in words(client.get(base)), verb
    found = letter_by_slug(letter.slug)
    assert (found.status, found.circulation, found.paused) == (
        LetterStatus.ARCHIVED,
        Circulation.PUBLIC,
        False,
    )
    assert "Not done." in followed(client, post(client, f"{base}/open"))
    assert client.get(f"{base}/open").status_code == 405
    assert post(client, f"{base}/burn").status_code == 404


def test_the_deadline_is_extended_at_the_time_of_a_place(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter(deadline=datetime(2031, 1, 1, tzinfo=UTC))
    address = f"/desk/letters/{letter.slug}/extend"
    for until, zone in (
        ("", "UTC"),
        ("2031-02-01T10:00", "Nowhere"),
        ("2031-02-01T10:00", ""),
        ("2030-01-01T00:00", "UTC"),
    ):
        answer = post(client, address, until=until, zone=zone)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
    assert post(client, address, until="2031-02-01T10:00", zone="Africa/Nairobi").status_code == 303
    assert letter_by_slug(letter.slug).deadline == datetime(2031, 2, 1, 7, 0, tzinfo=UTC)


def test_withdrawing_needs_a_public_sentence(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    address = f"/desk/letters/{letter.slug}/withdraw"
    assert post(client, address, reason=" ").status_code == 422
    assert letter_by_slug(letter.slug).status is LetterStatus.OPEN
    assert "The facts have changed." in followed(
        client, post(client, address, reason="The facts have changed.")
    )


def test_hosts_have_links_of_their_own(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    public = make_letter()
    assert f"/letters/{public.slug}?via={public.hosts[0].code}" in words(
        client.get(f"/desk/letters/{public.slug}")
    )
    letter = make_letter(circulation=Circulation.PRIVATE)
    base, host = f"/desk/letters/{letter.slug}", letter.hosts[0]
    keys = []
    for _ in range(2):
        page = followed(client, post(client, f"{base}/hosts/{host.id}/links"))
        keys.append(re.findall(r"/p/([\w-]{43})", page))
    assert len(keys[0]) == len(keys[1]) == 1
    assert keys[0] != keys[1]
    assert private_letter(keys[1][0]).host.id == host.id
    newest = max(link.id for link in letter_by_slug(letter.slug).hosts[0].links)
    assert "/p/" not in followed(client, post(client, f"{base}/hosts/{host.id}/links/{newest}/revoke"))


def test_the_list_of_letters_tells_state_figures_and_what_waits(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    assert "There is no letter yet." in words(client.get("/desk/"))
    letter = make_letter(deadline=datetime(2031, 1, 1, tzinfo=UTC), time_zone="Africa/Nairobi")
    make_signature(letter, country_code="KE")
    page = words(client.get("/desk/"))
    assert "1 group from 1 country" in page
    assert "1 January 2031, 03:00 (Nairobi, EAT; 00:00 UTC)" in page or "00:00 UTC" in page
    assert "open" in page


def test_a_document_is_brought_shown_and_taken_out(
    client: FlaskClient, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in(client)
    monkeypatch.setattr("campaign.desk.documents.LARGEST_DOCUMENT", 100)
    letter = make_letter(addressees=(ADDRESSEE,))
    base = f"/desk/letters/{letter.slug}/documents"

    def upload(content: bytes, name: str = "Annex é.pdf", **fields: str) -> object:
        data = {"csrf_token": seal(client), "use": "attach", "file": (io.BytesIO(content), name), **fields}
        return client.post(base, data=data, content_type="multipart/form-data")

    assert post(client, base, use="attach").status_code == 422
    assert upload(b"").status_code == 422  # type: ignore[attr-defined]
    assert upload(b"x" * 101).status_code == 422  # type: ignore[attr-defined]
    assert upload(b"%PDF-1.7", use="eat").status_code == 422  # type: ignore[attr-defined]
    assert upload(b"%PDF-1.7", title="The annex", use="annex", language="fr").status_code == 303  # type: ignore[attr-defined]
    document = letter_by_slug(letter.slug).documents[0]
    assert (document.title, document.use, document.media_type) == (
        "The annex",
        DocumentUse.ANNEX,
        "application/pdf",
    )
    answer = client.get(f"{base}/{document.id}")
    assert answer.data == b"%PDF-1.7"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.mimetype == "application/octet-stream"
    other = make_letter()
    assert client.get(f"/desk/letters/{other.slug}/documents/{document.id}").status_code == 404
    assert post(client, f"{base}/{document.id}/remove").status_code == 303
    assert letter_by_slug(letter.slug).documents == []
