"""Limits and lists at the desk: plain words, changes in the record, figures without persons, and a trial."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campaign.accounts.models import User
from campaign.audit.models import AuditEntry
from campaign.core import clock
from campaign.core.db import db
from campaign.core.networks import Caller, read_address
from campaign.letters.models import Letter
from campaign.signing import limiting, watching
from campaign.signing import operations as signing
from campaign.signing.models import AccessRule, Limit, Sighting
from campaign.signing.rules import Flag, LimitPer
from tests.doors.desk_kit import base, followed, post, words
from tests.factories import make_command, make_letter, make_person

SignedIn = Callable[..., User]
on_sqlite = pytest.mark.usefixtures("app_sqlite")


def sign(letter: Letter, address: str, times: int = 1, trapped: bool = False) -> None:
    for _ in range(times):
        signing.sign(letter, make_command(caller=Caller(read_address(address)), trapped=trapped))
    db.session.commit()


def acts() -> list[tuple[str, int | None]]:
    rows = select(AuditEntry.action, AuditEntry.letter_id).where(
        AuditEntry.subject_kind.in_(("limit", "access"))
    )
    return [(action, letter_id) for action, letter_id in db.session.execute(rows.order_by(AuditEntry.id))]


def test_a_limit_is_set_changed_and_removed_in_plain_words(client: FlaskClient, signed_in: SignedIn) -> None:
    user, letter = signed_in(client), make_letter()
    address = f"{base(letter)}/limits"
    assert "30 sign-ons in 10 minutes from one network, then a person looks." in words(client.get(address))
    fields = {"per": "network", "most": "300", "span": "1", "unit": "hours"}
    page = followed(client, post(client, address, **fields))
    assert "300 sign-ons in 1 hour from one network, then a person looks." in page
    assert "in 10 minutes from one network" not in page
    assert "10 sign-ons in 1 day by one mailbox, then a person looks." in page
    post(client, address, **(fields | {"most": "250"}))
    limit = db.session.scalars(select(Limit)).one()
    assert (limit.letter_id, limit.span, limit.most, limit.changed_by) == (letter.id, 3600, 250, user.id)
    page = followed(client, post(client, f"{address}/{limit.id}/remove"))
    assert "30 sign-ons in 10 minutes from one network, then a person looks." in page
    assert acts() == [("limit.set", letter.id), ("limit.set", letter.id), ("limit.removed", letter.id)]
    assert "limit for sign-ons set: 250 in 3600 seconds" in words(client.get(base(letter)))


@on_sqlite
def test_limits_of_all_letters_hold_where_a_letter_has_none(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    fields = {"per": "mailbox", "most": "7", "span": "90", "unit": "minutes"}
    assert "7 sign-ons in 90 minutes by one mailbox" in followed(
        client, post(client, "/desk/limits", **fields)
    )
    assert "7 sign-ons in 90 minutes by one mailbox" in words(client.get(f"{base(letter)}/limits"))
    post(client, f"{base(letter)}/limits", per="mailbox", most="1", span="1", unit="days")
    page = words(client.get(f"{base(letter)}/limits"))
    assert "7 sign-ons in 90 minutes" not in page
    assert "1 sign-on in 1 day by one mailbox, then a person looks." in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"most": "0"}, "1 to 1,000,000"),
        ({"most": "many"}, "whole numbers"),
        ({"most": "٣"}, "whole numbers"),
        ({"most": "9" * 9}, "whole numbers"),
        ({"span": "0"}, "one minute to 30 days"),
        ({"span": "31", "unit": "days"}, "one minute to 30 days"),
        ({"unit": "years"}, "one minute to 30 days"),
        ({"per": "planet"}, "what the limit counts"),
    ],
)
@on_sqlite
def test_a_limit_that_nobody_can_mean_is_refused_beside_the_form(
    client: FlaskClient, signed_in: SignedIn, changes: dict[str, str], sentence: str
) -> None:
    signed_in(client)
    letter = make_letter()
    fields = {"per": "network", "most": "17", "span": "23", "unit": "minutes"} | changes
    answer = post(client, f"{base(letter)}/limits", **fields)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert f'name="span" inputmode="numeric" maxlength="8" required value="{fields["span"]}"' in " ".join(
        answer.text.split()
    )
    assert db.session.scalars(select(Limit)).all() == []


def test_lists_take_networks_and_domains_with_a_note(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    address = f"{base(letter)}/limits"
    for pattern, kept in (
        ("192.0.2.77/24", "192.0.2.0/24"),
        ("2001:DB8::/48", "2001:db8::/48"),
        ("*.Example.org", "*.example.org"),
        ("abc.de", "abc.de"),
    ):
        page = followed(
            client,
            post(client, f"{address}/lists", pattern=pattern, verdict="deny", note="Seen on <Tuesday>"),
        )
        assert f"{kept} {'network' if '/' in kept else 'mail domain'} a person always looks" in page
    assert "Seen on <Tuesday>" in page
    page = followed(client, post(client, f"{address}/lists", pattern="abc.de", verdict="allow"))
    assert "abc.de mail domain no limit" in page
    lines = watching.lines_kept(letter.id)
    assert [line.pattern for line in lines] == ["*.example.org", "192.0.2.0/24", "2001:db8::/48", "abc.de"]
    assert db.session.connection().exec_driver_sql("SELECT note FROM access_rules").scalars().first() != (
        "Seen on <Tuesday>"
    )
    page = followed(client, post(client, f"{address}/lists/{lines[0].id}/remove"))
    assert "*.example.org mail domain" not in page
    assert {action for action, _letter in acts()} == {"access.listed", "access.removed"}
    details = json.dumps([e.details for e in db.session.scalars(select(AuditEntry))])
    assert "192.0.2" not in details
    assert "example" not in details


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("0.0.0.0/0", "pause the letter instead"),
        ("*.*", "pause the letter instead"),
        ("192.0.2", "192.0.2.0/24 or 2001:db8::/48"),
        ("2001:db8::/200", "192.0.2.0/24 or 2001:db8::/48"),
        ("ana@example.org", "example.org or *.example.org"),
        ("", "example.org or *.example.org"),
    ],
)
@on_sqlite
def test_a_line_that_is_none_or_means_everybody_is_refused(
    client: FlaskClient, signed_in: SignedIn, pattern: str, sentence: str
) -> None:
    signed_in(client)
    answer = post(client, "/desk/limits/lists", pattern=pattern, verdict="deny", note="kept note")
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert 'value="kept note"' in answer.text
    assert db.session.scalars(select(AccessRule)).all() == []


@on_sqlite
def test_lists_have_an_end(client: FlaskClient, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in(client)
    monkeypatch.setattr(limiting, "MOST_LINES", 2)
    sent = [post(client, "/desk/limits/lists", pattern=f"{n}.example.org", verdict="deny") for n in range(3)]
    assert [answer.status_code for answer in sent] == [303, 303, 422]
    assert post(client, "/desk/limits/lists", pattern="1.example.org", verdict="allow").status_code == 303


@on_sqlite
def test_rows_of_another_letter_or_of_all_are_not_this_letters(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    mine, other = make_letter(), make_letter()
    for page in (f"{base(other)}/limits", "/desk/limits"):
        post(client, page, per="letter", most="5", span="5", unit="minutes")
        post(client, f"{page}/lists", pattern="example.org", verdict="deny")
    for limit in db.session.scalars(select(Limit)).all():
        assert post(client, f"{base(mine)}/limits/{limit.id}/remove").status_code == 404
        wrong = "/desk/limits" if limit.letter_id else f"{base(other)}/limits"
        assert post(client, f"{wrong}/{limit.id}/remove").status_code == 404
    for line in db.session.scalars(select(AccessRule)).all():
        assert post(client, f"{base(mine)}/limits/lists/{line.id}/remove").status_code == 404
    page = words(client.get(f"{base(mine)}/limits"))
    assert "example.org mail domain a person always looks of all letters" in page


def test_what_comes_in_is_shown_in_figures_alone(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    sign(letter, "192.0.2.7", 31)
    sign(letter, "198.51.100.9", trapped=True)
    sign(make_letter(), "203.0.113.5")
    now = clock.now()
    seen = watching.traffic(letter.id, now - watching.HOUR)
    assert (seen.total, seen.networks, seen.busiest) == (32, 2, 31)
    assert seen.flagged == {Flag.LIMIT: 1, Flag.HONEYPOT: 1}
    answer = client.get(f"{base(letter)}/limits")
    page = words(answer)
    assert "Last hour 32 from 2 networks; the busiest sent 31" in page
    assert "over a limit 1" in page
    assert "Pause signing" in page
    assert "192.0.2." not in answer.text.replace("192.0.2.0/24, 2001:db8::/48, example.org", "")
    hashes = db.session.scalars(select(Sighting.near)).all()
    assert not any(near in answer.text for near in hashes)


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("192.0.2.9", "Over a limit now: the mail would leave later"),
        ("[::ffff:192.0.2.9]:443", "Over a limit now: the mail would leave later"),
        ("198.51.100.9", "A sign-on from there would pass."),
        ("10.1.2.3", "A person would look at every sign-on from there"),
        ("10.1.2.3", "10.0.0.0/8 stands on the list for all letters: a person always looks."),
        ("ana@good.example.org", "No limit would hold for sign-ons from there."),
        ("good.example.org", "good.example.org stands on this letter’s list: no limit."),
        ("example.com", "A sign-on from there would pass."),
    ],
)
@on_sqlite
def test_a_typed_place_is_tried_and_not_kept(
    client: FlaskClient, signed_in: SignedIn, place: str, sentence: str
) -> None:
    signed_in(client)
    letter = make_letter()
    post(client, f"{base(letter)}/limits", per="network", most="2", span="10", unit="minutes")
    post(client, "/desk/limits/lists", pattern="10.0.0.0/8", verdict="deny")
    post(client, f"{base(letter)}/limits/lists", pattern="good.example.org", verdict="allow")
    sign(letter, "192.0.2.7", 2)
    before = len(db.session.scalars(select(AuditEntry)).all())
    answer = post(client, f"{base(letter)}/limits/trial", place=place)
    assert answer.status_code == 200
    assert sentence in words(answer)
    assert f'value="{place}"' in answer.text
    assert len(db.session.scalars(select(AuditEntry)).all()) == before
    assert len(db.session.scalars(select(Sighting)).all()) == 2


@pytest.mark.parametrize("place", ["", "nowhere", "192.0.2", "*.example.org", "a b", "\0"])
@on_sqlite
def test_what_is_no_place_is_refused(client: FlaskClient, signed_in: SignedIn, place: str) -> None:
    signed_in(client)
    answer = post(client, "/desk/limits/trial", place=place)
    assert answer.status_code == 422
    assert "Give a network address such as 192.0.2.7, or a mail domain." in words(answer)


@on_sqlite
def test_a_limit_of_the_desk_is_what_sign_ons_meet(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    post(client, f"{base(letter)}/limits", per="letter", most="1", span="1", unit="minutes")
    post(client, "/desk/limits/lists", pattern="*.example.org", verdict="deny")
    found = [
        signing.sign(letter, make_command(person=make_person(email=email), caller=Caller(None)))
        for email in ("ana@example.org", "ben@mail.example.org")
    ]
    assert [s.flags for s in found if s] == [[], [Flag.DENIED, Flag.LIMIT]]
    assert {row.per for row in watching.limits_kept(letter.id)} == {LimitPer.LETTER}
