"""The demo's own pages: steps ticked by what was done, a mailbox to read, and a guarded start over."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from click.testing import Result
from flask.testing import FlaskClient

from campaign.accounts.models import User
from campaign.accounts.rules import Role
from campaign.audit.rules import Actor, ActorKind
from campaign.cli.demo import COORDINATOR as ADDRESS
from campaign.cli.demo import SECOND
from campaign.core.db import db
from campaign.dispatch.amends import correct
from campaign.dispatch.operations import Choice, approve, cancel, propose, release
from campaign.dispatch.preview import preview
from campaign.dispatch.writing import Errand
from campaign.editions.models import EditionFile
from campaign.letters.models import Letter
from campaign.outbox.rules import MailState
from campaign.signing.rules import SignatureStatus
from demo import bounce
from demo.place import Place
from tests.demo.demo_kit import OFFICES, keep
from tests.factories import COORDINATOR, make_edition, make_letter, make_signature, make_user

pytestmark = pytest.mark.usefixtures("app_sqlite")

STEPS = (
    *("read", "signed", "confirmed", "accepted", "arabic", "proposed", "released", "mails"),
    *("late", "further", "thread", "checked", "bounced", "corrected"),
)
ELSEWHERE = {"Origin": "https://elsewhere.example.org"}
_S = SignatureStatus


def by(user: User) -> Actor:
    """A coordinator at the desk."""
    return Actor(ActorKind.USER, user.id)


def ticked(visitor: FlaskClient) -> list[str]:
    """The steps the start page shows as done."""
    page = visitor.get("/demo").text
    assert all(f'<li id="{step}"' in page for step in STEPS)
    return re.findall(r'<li id="(\w+)"\s+class="done"', page)


# Steps --------------------------------------------------------------------------------------------


def test_the_example_as_loaded_has_nothing_ticked(
    visitor: FlaskClient, command: Callable[..., Result]
) -> None:
    assert command("demo", "load").exit_code == 0
    assert ticked(visitor) == []
    page = visitor.get("/demo").text
    assert "137 groups from 55 countries" in page
    assert re.findall(r'id="(\w+)"\s+class="next" aria-current="step"', page) == ["read"]
    assert 'class="pace"' in visitor.get("/letters/bahrain-2020/countries").text


def test_reading_is_ticked_and_changes_no_row(visitor: FlaskClient, letter: Letter) -> None:
    visitor.head(f"/letters/{letter.slug}")
    visitor.get("/letters/unknown")
    assert ticked(visitor) == []
    visitor.get(f"/letters/{letter.slug}")
    assert ticked(visitor) == ["read"]


@pytest.mark.parametrize(
    ("status", "steps"),
    [
        (_S.UNVERIFIED, ["signed"]),
        (_S.PENDING, ["signed", "confirmed"]),
        (_S.ACCEPTED, ["signed", "confirmed", "accepted"]),
        (_S.REJECTED, ["signed", "confirmed"]),
    ],
)
def test_signing_is_ticked_as_far_as_it_came(
    visitor: FlaskClient, letter: Letter, status: SignatureStatus, steps: list[str]
) -> None:
    make_signature(letter, status)
    assert ticked(visitor) == steps


def test_what_happens_on_another_letter_ticks_nothing(visitor: FlaskClient, letter: Letter) -> None:
    make_signature(make_letter(), _S.ACCEPTED)
    assert ticked(visitor) == []


def test_the_arabic_file_is_ticked_from_its_page_and_from_the_desk(
    visitor: FlaskClient, letter: Letter, place: Place
) -> None:
    edition = make_edition(letter)
    assert "lang=ar" in visitor.get("/demo").text
    files: dict[tuple[int | None, str], EditionFile] = {
        (f.addressee_id, f.language): f for f in edition.files
    }
    make_user(Role.ADMIN, ADDRESS)
    visitor.post("/demo/coordinator")
    desk = f"/desk/letters/{letter.slug}/editions/1/files"
    for address, steps in (
        (f"/letters/{letter.slug}/editions/1.pdf?lang=en", []),
        (f"{desk}/{files[None, 'en'].id}.pdf", []),
        (f"/letters/{letter.slug}/editions/1.pdf?lang=ar", ["arabic"]),
        (f"{desk}/{files[None, 'ar'].id}.pdf", ["arabic"]),
    ):
        (place.seen / "arabic-pdf").unlink(missing_ok=True)
        assert visitor.get(address).status_code == 200
        assert ticked(visitor) == steps


def test_a_release_is_ticked_until_it_is_taken_back(visitor: FlaskClient, letter: Letter) -> None:
    sent = release(make_edition(letter), COORDINATOR)
    assert ticked(visitor) == ["proposed", "released"]
    cancel(sent, COORDINATOR)
    assert ticked(visitor) == []


def test_a_proposal_is_ticked_before_the_second_person_approves(visitor: FlaskClient, letter: Letter) -> None:
    edition, first, second = make_edition(letter), make_user(Role.ADMIN, ADDRESS), make_user(Role.COORDINATOR)
    ticks = frozenset(addressee.id for addressee in letter.addressees)
    sent = propose(edition, Choice(ticks), preview(Errand(edition)).fingerprint, by(first))
    db.session.commit()
    assert ticked(visitor) == ["proposed"]
    approve(sent, sent.fingerprint, by(second))
    db.session.commit()
    assert ticked(visitor) == ["proposed", "released"]


def test_what_follows_the_first_list_is_ticked(visitor: FlaskClient, letter: Letter, place: Place) -> None:
    first = release(make_edition(letter), COORDINATOR, at_once=True)
    for _ in range(3):
        assert "late" not in ticked(visitor)
        make_signature(letter, _S.ACCEPTED)
    release(make_edition(letter), COORDINATOR, ticked=frozenset({letter.addressees[0].id}))
    db.session.commit()
    assert {"late", "further"} <= set(ticked(visitor))
    wanted = first.edition.sha256
    for address, seen in ((f"/verify?hash={'0' * 64}", False), (f"/verify?hash={wanted}", True)):
        assert visitor.get(address).status_code == 200
        assert ("checked" in ticked(visitor)) == seen


def test_a_mail_that_came_back_and_its_correction_are_ticked(
    visitor: FlaskClient, letter: Letter, place: Place
) -> None:
    number = keep(place, OFFICES[0])
    visitor.get(f"/demo/mailbox/{number}")
    sent = release(make_edition(letter), COORDINATOR, at_once=True)
    owed = sent.consignments[0]
    assert owed.mail is not None
    owed.mail.state = MailState.BOUNCED
    db.session.commit()
    assert ticked(visitor) == ["proposed", "released", "bounced"]
    correct(owed, "new@example.org", COORDINATOR)
    db.session.commit()
    assert ticked(visitor) == ["proposed", "released", "bounced", "corrected"]
    assert "1 of 3 is read." in visitor.get("/demo").text


def test_a_thread_is_ticked_when_both_its_mails_were_read(
    visitor: FlaskClient, letter: Letter, place: Place
) -> None:
    release(make_edition(letter), COORDINATOR)
    db.session.commit()
    keep(place, OFFICES[0], Message_ID="<one@example.org>")
    keep(place, OFFICES[0], In_Reply_To="<one@example.org>", Message_ID="<two@example.org>")
    visitor.get("/demo/mailbox/2")
    assert "thread" not in ticked(visitor)
    visitor.get("/demo/mailbox/1")
    assert "thread" in ticked(visitor)


def test_the_mails_are_ticked_when_each_of_three_was_opened(
    visitor: FlaskClient, letter: Letter, place: Place
) -> None:
    numbers = [keep(place, box) for box in (*OFFICES, "org@example.org")]
    for number in (numbers[0], numbers[0], numbers[1], numbers[3]):
        visitor.get(f"/demo/mailbox/{number}")
    page = visitor.get("/demo").text
    assert "2 of 3 are read." in page
    assert ticked(visitor) == []
    visitor.get(f"/demo/mailbox/{numbers[2]}")
    assert ticked(visitor) == ["mails"]


# The mailbox --------------------------------------------------------------------------------------


def test_the_mailbox_lists_newest_first_apart_for_the_addressees(
    visitor: FlaskClient, letter: Letter, place: Place
) -> None:
    page = visitor.get("/demo/mailbox").text
    assert page.count("Nothing yet") == 3
    for box in ("a@example.org", OFFICES[1], "b@example.org"):
        keep(place, box)
    visitor.get("/demo/mailbox/3")
    page = visitor.get("/demo/mailbox").text
    assert re.findall(r"To (\S+) – bonjour", page) == [OFFICES[1], "b@example.org", "a@example.org"]
    assert page.count("demo-new") == 2


def test_a_mail_is_shown_with_links_that_stay_here(
    visitor: FlaskClient, letter: Letter, place: Place
) -> None:
    text = "Go to http://localhost/confirm/abc\nor https://elsewhere.example.org/x <b>"
    html = (
        '<html><head></head><body><a href="http://localhost/confirm/abc">here</a>'
        '<a href="https://elsewhere.example.org/x">there</a><a href="http://localhost.example.org/">near</a>'
        '<a href="#note">note</a><script>alert(1)</script></body></html>'
    )
    number = keep(place, "org@example.org", text, html, b"%PDF-1.7 one")
    answer = visitor.get(f"/demo/mailbox/{number}")
    assert answer.text.count('href="http://localhost/confirm/abc"') == 1
    assert 'href="https://elsewhere' not in answer.text
    assert "&lt;b&gt;" in answer.text
    assert 'sandbox="allow-top-navigation-by-user-activation"' in answer.text
    assert "frame-src 'self'" in answer.headers["Content-Security-Policy"]
    framed = visitor.get(f"/demo/mailbox/{number}/html")
    assert re.findall(r'href="([^"]*)"', framed.text) == ["http://localhost/confirm/abc", "#note"]
    assert '<base target="_top">' in framed.text


def test_a_mails_html_can_be_framed_here_and_runs_nothing(
    visitor: FlaskClient, letter: Letter, place: Place
) -> None:
    number = keep(place, "org@example.org", html="<p>Hello</p>")
    answer = visitor.get(f"/demo/mailbox/{number}/html")
    rules = {
        rule.split()[0]: rule.split()[1:] for rule in answer.headers["Content-Security-Policy"].split("; ")
    }
    assert rules["default-src"] == ["'none'"]
    assert rules["frame-ancestors"] == ["'self'"]
    assert rules["sandbox"] == ["allow-top-navigation-by-user-activation"]
    assert "script-src" not in rules
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_a_pdf_opens_and_other_files_are_saved(visitor: FlaskClient, letter: Letter, place: Place) -> None:
    number = keep(place, OFFICES[0], pdf=b"%PDF-1.7 one")
    pdf = visitor.get(f"/demo/mailbox/{number}/attachments/1")
    assert (pdf.mimetype, pdf.data) == ("application/pdf", b"%PDF-1.7 one")
    assert pdf.headers["Content-Disposition"] == "inline; filename=a_letter.pdf"
    other = visitor.get(f"/demo/mailbox/{number}/attachments/2")
    assert other.mimetype == "application/octet-stream"
    assert other.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("path", ["7", "7/html", "1/html", "1/attachments/0", "1/attachments/1", "x"])
def test_what_is_not_in_the_mailbox_is_not_found(
    visitor: FlaskClient, letter: Letter, place: Place, path: str
) -> None:
    keep(place, "org@example.org")
    assert visitor.get(f"/demo/mailbox/{path}").status_code == 404


def test_a_mail_that_goes_on_from_another_leads_to_the_copy_its_reader_got(
    visitor: FlaskClient, letter: Letter, place: Place
) -> None:
    first = {"Message_ID": "<one@example.org>"}
    numbers = [keep(place, box, **first) for box in OFFICES]
    follows = keep(place, OFFICES[1], In_Reply_To="<one@example.org>", Message_ID="<two@example.org>")
    copied = keep(place, "press@example.org", In_Reply_To="<one@example.org>")
    lost = keep(place, OFFICES[1], In_Reply_To="<gone@example.org>")
    link = r'<dt>In reply to</dt>\s*<dd>\s*<a href="/demo/mailbox/(\d+)"><bdi>To (\S+) – bonjour'
    assert re.findall(link, visitor.get(f"/demo/mailbox/{follows}").text) == [(str(numbers[1]), OFFICES[1])]
    assert re.search(link, visitor.get(f"/demo/mailbox/{copied}").text)
    for number in (numbers[1], lost):
        assert "In reply to" not in visitor.get(f"/demo/mailbox/{number}").text


# Signing in, starting over, and the bar -----------------------------------------------------------


@pytest.mark.parametrize(
    ("to", "there"),
    [
        ("/desk/letters/bahrain-2020/queue", "/desk/letters/bahrain-2020/queue"),
        ("", "/desk/letters/bahrain-2020"),
        ("/demo", "/desk/letters/bahrain-2020"),
        ("//elsewhere.example.org/x", "/desk/letters/bahrain-2020"),
        ("https://elsewhere.example.org/desk/", "/desk/"),
    ],
)
def test_one_click_signs_in(visitor: FlaskClient, letter: Letter, to: str, there: str) -> None:
    make_user(Role.ADMIN, ADDRESS)
    answer = visitor.post("/demo/coordinator", data={"to": to})
    assert (answer.status_code, answer.location) == (303, there)
    assert ADDRESS in visitor.get(there).text


def test_at_the_desk_one_click_makes_the_visitor_the_other_coordinator(
    visitor: FlaskClient, letter: Letter
) -> None:
    here = f"/desk/letters/{letter.slug}/queue"
    for address in (ADDRESS, SECOND):
        make_user(Role.ADMIN, address)
    visitor.post("/demo/coordinator", data={"who": "first", "to": here})
    for address, other in ((ADDRESS, "second"), (SECOND, "first")):
        page = visitor.get(here).text
        assert f"You are {address}." in page
        assert f'name="who" value="{other}"' in page
        assert f'name="to" value="{here}"' in page
        assert visitor.post("/demo/coordinator", data={"who": other, "to": here}).location == here
    assert "Become the other" not in visitor.get(f"/letters/{letter.slug}").text


def test_the_desks_sign_in_page_asks_for_one_click(visitor: FlaskClient, letter: Letter) -> None:
    make_user(Role.ADMIN, ADDRESS)
    page = visitor.get(f"/desk/letters/{letter.slug}/queue", follow_redirects=True).text
    assert 'type="password"' not in page
    wanted = re.search(r'name="to" value="([^"]*)"', page)
    assert wanted is not None
    answer = visitor.post("/demo/coordinator", data={"to": wanted[1]})
    assert answer.location == f"/desk/letters/{letter.slug}/queue"


def test_starting_over_asks_the_launcher_and_waits(
    visitor: FlaskClient, letter: Letter, place: Place
) -> None:
    asked = visitor.post("/demo/start-over", headers={"Origin": "http://localhost"})
    assert (asked.status_code, asked.location) == (303, "/demo/start-over")
    assert place.start_over.exists()
    waiting = visitor.get("/demo/start-over")
    assert waiting.status_code == 200
    assert waiting.headers["Refresh"].endswith("; url=/demo/start-over")
    place.clear()
    assert visitor.get("/demo/start-over").status_code == 200  # the second letter is not sent yet
    place.sent.touch()
    ready = visitor.get("/demo/start-over")
    assert (ready.status_code, ready.location) == (303, "/demo")


@pytest.mark.parametrize("path", ["/demo/start-over", "/demo/coordinator", "/demo/mailbox/1/bounce"])
def test_other_sites_cannot_press_the_buttons(
    visitor: FlaskClient, letter: Letter, place: Place, path: str
) -> None:
    make_user(Role.ADMIN, ADDRESS)
    keep(place, "org@example.org")
    assert visitor.post(path, headers=ELSEWHERE).status_code == 403
    visitor.get(path)
    assert not place.start_over.exists()
    assert bounce.outcome(place, 1) is None
    assert visitor.get("/desk/").status_code == 302


def test_starting_over_forgets_what_was_seen(visitor: FlaskClient, letter: Letter, place: Place) -> None:
    visitor.get(f"/letters/{letter.slug}")
    keep(place, OFFICES[0])
    place.clear()
    assert ticked(visitor) == []
    assert "example.org" not in visitor.get("/demo/mailbox").text.split("<main")[1]


@pytest.mark.parametrize(
    "path",
    ["/", "/letters/bahrain-2020", "/ar/letters/bahrain-2020/sign", "/unknown", "/desk/sign-in", "/demo"],
)
def test_the_bar_is_on_every_page_and_sets_no_cookie(visitor: FlaskClient, letter: Letter, path: str) -> None:
    answer = visitor.get(path)
    assert "Demo: nothing leaves this machine." in answer.text
    assert '<form method="post" action="/demo/start-over">' in answer.text
    if not path.startswith("/desk"):
        assert "Set-Cookie" not in answer.headers
    with visitor.get("/demo/static/demo.css") as styles:
        assert styles.status_code == 200


def test_a_new_figure_is_seen_at_once(visitor: FlaskClient, letter: Letter) -> None:
    assert visitor.get(f"/letters/{letter.slug}").headers["Cache-Control"] == "no-cache"
