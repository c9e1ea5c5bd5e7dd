"""The rooms' pure decisions, as tables."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from campaign.accounts.rules import Action, Role, may
from campaign.audit.rules import GENESIS, chain_hash
from campaign.core.errors import Conflict, Gone, InvalidInput
from campaign.editions.rules import canonical, commitment, sha256, short_reference, snapshot
from campaign.jobs import rules as jobs
from campaign.jobs.rules import Period, period_key
from campaign.letters.rules import (
    GRACE,
    SLUG,
    LetterStatus,
    Visibility,
    default_visibility,
    require_signatures,
    strictest,
    takes_confirmations,
    takes_signatures,
)
from campaign.organisations.rules import Scope, place, same_row
from campaign.outbox import rules as outbox
from campaign.signing.rules import (
    Audience,
    Listing,
    check_line,
    check_listing,
    reminder_due,
    row_key,
    visible_to,
)
from tests.factories import make_listing

NOW = datetime(2020, 2, 3, 12, 0, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
DRAFT, OPEN, CLOSED = LetterStatus.DRAFT, LetterStatus.OPEN, LetterStatus.CLOSED
ARCHIVED, WITHDRAWN = LetterStatus.ARCHIVED, LetterStatus.WITHDRAWN


@pytest.mark.parametrize(("role", "action"), list(product(Role, Action)))
def test_roles(role: Role, action: Action) -> None:
    only_admins = {Action.MANAGE_ACCOUNTS}
    assert may(frozenset({role}), action) == (role is Role.ADMIN or action not in only_admins)
    assert not may(frozenset(), action)


@pytest.mark.parametrize(
    ("tries", "seconds"), [(0, 10), (1, 10), (2, 20), (3, 40), (9, 2560), (10, 3600), (99, 3600)]
)
def test_jobs_wait_longer_each_time(tries: int, seconds: int) -> None:
    assert jobs.wait_after(tries) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("tries", "minutes"), [(0, 1), (1, 1), (2, 2), (3, 4), (8, 128), (9, 240), (50, 240)]
)
def test_mails_wait_longer_each_time(tries: int, minutes: int) -> None:
    assert outbox.wait_after(tries) == timedelta(minutes=minutes)


@pytest.mark.parametrize(("age", "over"), [(timedelta(0), False), (5 * DAY - SECOND, False), (5 * DAY, True)])
def test_mails_are_given_up_after_five_days(age: timedelta, over: bool) -> None:
    assert outbox.gives_up(NOW - age, NOW) is over


def test_a_period_has_one_key() -> None:
    assert period_key("x", Period.HOUR, NOW) == period_key("x", Period.HOUR, NOW + HOUR - SECOND)
    assert period_key("x", Period.HOUR, NOW) != period_key("x", Period.HOUR, NOW + HOUR)
    assert period_key("x", Period.TEN_MINUTES, NOW) == period_key("x", Period.TEN_MINUTES, NOW + 599 * SECOND)
    assert period_key("x", Period.TEN_MINUTES, NOW) != period_key("x", Period.TEN_MINUTES, NOW + 600 * SECOND)
    assert period_key("x", Period.DAY, NOW) == period_key("x", Period.DAY, NOW + 11 * HOUR)
    assert period_key("x", Period.DAY, NOW) != period_key("x", Period.DAY, NOW + 12 * HOUR)
    assert period_key("x", Period.DAY, NOW) != period_key("y", Period.DAY, NOW)


@pytest.mark.parametrize(
    ("status", "paused", "deadline", "takes"),
    [
        (OPEN, False, None, True),
        (OPEN, False, NOW, True),
        (OPEN, False, NOW - SECOND, False),
        (OPEN, True, None, False),
        (DRAFT, False, None, False),
        (CLOSED, False, NOW + DAY, False),
        (ARCHIVED, False, None, False),
        (WITHDRAWN, False, None, False),
    ],
)
def test_when_the_form_is_open(
    status: LetterStatus, paused: bool, deadline: datetime | None, takes: bool
) -> None:
    assert takes_signatures(status, paused, deadline, NOW) is takes
    if takes:
        require_signatures(status, paused, deadline, NOW)
        return
    with pytest.raises(Conflict if paused and status is OPEN else Gone):
        require_signatures(status, paused, deadline, NOW)


@pytest.mark.parametrize(
    ("status", "deadline", "takes"),
    [
        (OPEN, None, True),
        (CLOSED, None, False),
        (OPEN, NOW - GRACE, True),
        (CLOSED, NOW - GRACE, True),
        (OPEN, NOW - GRACE - SECOND, False),
        (CLOSED, NOW - GRACE - SECOND, False),
        (ARCHIVED, NOW, False),
        (WITHDRAWN, NOW, False),
        (DRAFT, NOW, False),
    ],
)
def test_confirmations_count_48_hours_longer(
    status: LetterStatus, deadline: datetime | None, takes: bool
) -> None:
    assert takes_confirmations(status, deadline, NOW) is takes


@pytest.mark.parametrize(
    ("offered", "at_risk", "chosen"),
    [
        (tuple(Visibility), False, Visibility.PUBLIC),
        (tuple(Visibility), True, Visibility.UNNAMED),
        ((Visibility.ADDRESSEES, Visibility.PUBLIC), True, Visibility.ADDRESSEES),
        ((Visibility.UNNAMED, Visibility.ADDRESSEES), False, Visibility.ADDRESSEES),
    ],
)
def test_the_visibility_chosen_beforehand(
    offered: tuple[Visibility, ...], at_risk: bool, chosen: Visibility
) -> None:
    assert default_visibility(offered, at_risk) is chosen
    assert strictest(offered) is max(offered, key=list(Visibility).index)


@pytest.mark.parametrize(
    ("slug", "good"), [("bahrain-2020", True), ("a", True), ("A", False), ("a--b", False), ("-a", False)]
)
def test_slugs(slug: str, good: bool) -> None:
    assert bool(SLUG.fullmatch(slug)) is good


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (("Voice for Peace", "BH"), ("VOICE, for  peace!", "BH"), True),
        (("Voice for Peace", "BH"), ("Voice for Peace", "FR"), False),
        (("Voice for Peace", "BH"), ("Voice of Peace", "BH"), False),
        (("Straße", "DE"), ("STRASSE", "DE"), True),
        (("ﬁrst", "FR"), ("First", "FR"), True),
    ],
)
def test_the_same_row(a: tuple[str, str], b: tuple[str, str], same: bool) -> None:
    assert same_row(a, b) is same
    keys = {row_key(name, code, None, Scope.NATIONAL) for name, code in (a, b)}
    assert (len(keys) == 1) is same


def test_networks_stand_at_their_scope_and_unresolved_countries_at_their_text() -> None:
    assert place(Scope.REGIONAL, "BH") == "regional"
    assert place(Scope.NATIONAL, None) == ""
    assert row_key("A", None, "Atlantis", Scope.NATIONAL) != row_key("A", None, "Utopia", Scope.NATIONAL)
    assert row_key("A", None, "Atlantis", Scope.REGIONAL) == row_key("A", "BH", None, Scope.REGIONAL)
    assert len(row_key("x" * 200, None, "y" * 300, Scope.NATIONAL)) == 400


@pytest.mark.parametrize(
    ("audience", "named"),
    [
        (Audience.PUBLIC, {Visibility.PUBLIC}),
        (Audience.ADDRESSEES, {Visibility.PUBLIC, Visibility.ADDRESSEES}),
        (Audience.COORDINATORS, set(Visibility)),
    ],
)
def test_who_sees_a_name(audience: Audience, named: set[Visibility]) -> None:
    assert visible_to(audience) == named


BAD_LISTINGS = [
    ({"organisation": "x" * 201}, "organisation"),
    ({"organisation": " \u200b"}, "organisation"),
    ({"organisation": "a\x07b"}, "organisation"),
    ({"organisation_other": "x" * 201}, "organisation_other"),
    ({"website": "https://" + "x" * 300}, "website"),
    ({"website": "javascript:alert(1)"}, "website"),
    ({"country_code": "ZZ"}, "country"),
    ({"country_code": None}, "country"),
    ({"country_code": None, "country_text": "x" * 201}, "country"),
    ({"visibility": Visibility.UNNAMED}, "visibility"),
]


@pytest.mark.parametrize(("change", "field"), BAD_LISTINGS)
def test_listings_that_are_refused(change: dict[str, object], field: str) -> None:
    offered = (Visibility.PUBLIC, Visibility.ADDRESSEES)
    with pytest.raises(InvalidInput) as refusal:
        check_listing(make_listing(**change), offered, country_needed=True)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("listing", "needed"),
    [
        (make_listing(website="http://x.example.org", organisation_other="جمعية"), True),
        (make_listing(country_code="XK"), True),
        (make_listing(scope=Scope.INTERNATIONAL), True),
        (make_listing(country_code=None, country_text="Atlantis"), False),
        (make_listing(organisation="x" * 200), True),
    ],
)
def test_listings_that_are_taken(listing: Listing, needed: bool) -> None:
    check_listing(listing, (Visibility.PUBLIC,), needed)


def test_lines_are_as_long_as_they_may_be() -> None:
    check_line("role", "x" * 120, 120)
    with pytest.raises(InvalidInput, match="longer than 120"):
        check_line("role", "x" * 121, 120)


@pytest.mark.parametrize(
    ("signed", "deadline", "reminded", "last", "due"),
    [
        (NOW - 2 * DAY, None, False, False, "first"),
        (NOW - 2 * DAY + SECOND, None, False, False, None),
        (NOW - 9 * DAY, None, True, False, None),
        (NOW - 7 * HOUR, NOW + DAY, False, False, "last"),
        (NOW - 5 * HOUR, NOW + DAY, False, False, None),
        (NOW - 7 * HOUR, NOW + DAY, True, True, None),
        (NOW - 9 * DAY, NOW + DAY, False, False, "last"),
        (NOW - 9 * DAY, NOW + DAY + SECOND, False, False, "first"),
        (NOW - 9 * DAY, NOW - SECOND, False, False, None),
    ],
)
def test_reminders(
    signed: datetime, deadline: datetime | None, reminded: bool, last: bool, due: str | None
) -> None:
    assert reminder_due(signed, deadline, reminded, last, NOW) == due


def test_the_chain_hangs_together() -> None:
    row = {"b": "é", "a": 1}
    expected = hashlib.sha256(f'{GENESIS}\n{{"a":1,"b":"é"}}'.encode()).hexdigest()
    assert chain_hash(GENESIS, row) == expected
    assert chain_hash("1" * 64, row) != expected
    assert chain_hash(GENESIS, {**row, "a": 2}) != expected


def test_the_canonical_form_is_one_and_its_hash_is_plain_sha256() -> None:
    assert canonical({"b": "é", "a": [1, None]}) == '{"a":[1,null],"b":"é"}'
    with pytest.raises(ValueError, match="JSON"):
        canonical({"a": float("nan")})
    assert commitment(b"salt", '{"a":1}') == hashlib.sha256(b'salt{"a":1}').hexdigest()
    assert sha256("é") == sha256("é".encode()) == hashlib.sha256(b"\xc3\xa9").hexdigest()


def test_a_snapshot_lists_commitments_in_order() -> None:
    made = snapshot("a-letter", 2, "2020-02-03T12:00:00Z", [("letter", "aa"), ("text", "bb")])
    assert json.loads(made) == {
        "format": "undersigned-edition-1",
        "letter": "a-letter",
        "number": 2,
        "frozen_at": "2020-02-03T12:00:00Z",
        "entries": [["letter", "aa"], ["text", "bb"]],
    }
    assert made != snapshot("a-letter", 2, "2020-02-03T12:00:00Z", [("text", "bb"), ("letter", "aa")])
    assert short_reference("0123456789abcdef" * 4) == "0123 4567 89ab"
