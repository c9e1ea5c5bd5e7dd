"""The lists of networks and mail domains, and the limits: patterns, which line decides, and what is over."""

from __future__ import annotations

from datetime import timedelta
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.core.errors import InvalidInput
from campaign.core.networks import read_address
from campaign.signing.access import Entry, checked_pattern, deciding, domain_of, judgement
from campaign.signing.pacing import (
    DEFAULTS,
    LONGEST_WAIT,
    Pace,
    checked_pace,
    excess,
    holding,
    unusual,
    usual,
    wait,
)
from campaign.signing.rules import AccessKind, LimitPer, Verdict

NETWORK, DOMAIN = AccessKind.NETWORK, AccessKind.DOMAIN
ALLOW, DENY = Verdict.ALLOW, Verdict.DENY
LETTER, NET, BOX = LimitPer.LETTER, LimitPer.NETWORK, LimitPer.MAILBOX


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        (NETWORK, "192.0.2.77/24", "192.0.2.0/24"),
        (NETWORK, "2001:DB8::/48", "2001:db8::/48"),
        (NETWORK, "192.0.2.7", "192.0.2.7/32"),
        (DOMAIN, "Example.ORG", "example.org"),
        (DOMAIN, " @example.org. ", "example.org"),
        (DOMAIN, "*.example.org", "*.example.org"),
        (DOMAIN, "mail**.example.*", "mail*.example.*"),
        (DOMAIN, "bücher.example.org", "xn--bcher-kva.example.org"),
        (DOMAIN, "*.bücher.example.org", "*.xn--bcher-kva.example.org"),
    ],
)
def test_a_pattern_is_kept_in_its_normal_form(kind: AccessKind, typed: str, kept: str) -> None:
    assert checked_pattern(kind, typed) == kept
    assert checked_pattern(kind, kept) == kept


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (NETWORK, ""),
        (NETWORK, "example.org"),
        (NETWORK, "192.0.2.0/33"),
        (NETWORK, "0.0.0.0/0"),
        (NETWORK, "::/0"),
        (NETWORK, "::ffff:0:0/96"),
        (DOMAIN, ""),
        (DOMAIN, "org"),
        (DOMAIN, "*"),
        (DOMAIN, "*.*"),
        (DOMAIN, "ana@example.org"),
        (DOMAIN, "192.0.2"),
        (DOMAIN, "example..org"),
        (DOMAIN, "exa mple.org"),
        (DOMAIN, "[a-z].example.org"),
        (DOMAIN, "exam?le.org"),
        (DOMAIN, "b*ü.example.org"),
        (DOMAIN, "-a.example.org"),
        (DOMAIN, "a" * 64 + ".example.org"),
        (DOMAIN, ".".join(["a" * 60] * 4)),
        (DOMAIN, "a\r\nb.example.org"),
    ],
)
def test_what_is_no_pattern_or_means_everybody_is_refused(kind: AccessKind, typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_pattern(kind, typed)
    assert refused.value.field == "pattern"


@given(st.sampled_from(AccessKind), st.text(max_size=60) | st.from_regex(r"[a-z*.@-]{1,40}", fullmatch=True))
def test_whatever_is_typed_becomes_a_pattern_that_stays_itself_or_is_refused(
    kind: AccessKind, typed: str
) -> None:
    try:
        kept = checked_pattern(kind, typed)
    except InvalidInput:
        return
    assert checked_pattern(kind, kept) == kept
    assert kept.isascii()


@given(st.lists(st.sampled_from(["a", "b", "*", "ab"]), min_size=1, max_size=6), st.text("ab.", max_size=9))
def test_a_star_stands_for_any_run_and_all_else_for_itself(parts: list[str], run: str) -> None:
    pattern = checked_pattern(DOMAIN, "".join(parts) + ".example.org")
    domain = pattern.replace("*", run)
    assert fnmatchcase(domain, pattern)
    assert not fnmatchcase(domain + ".net", pattern)


LINES = [
    Entry(DENY, NETWORK, "10.0.0.0/8"),
    Entry(ALLOW, NETWORK, "10.1.2.0/24"),
    Entry(DENY, NETWORK, "2001:db8::/32"),
    Entry(ALLOW, NETWORK, "2001:db8:5::/48", own=True),
    Entry(DENY, DOMAIN, "*.example.org"),
    Entry(ALLOW, DOMAIN, "good.example.org"),
    Entry(ALLOW, DOMAIN, "*.good.example.org"),
    Entry(ALLOW, DOMAIN, "both.example.com"),
    Entry(DENY, DOMAIN, "both.example.com", own=True),
    Entry(ALLOW, DOMAIN, "tied.example.com"),
    Entry(DENY, DOMAIN, "tied.example.com"),
]


@pytest.mark.parametrize(
    ("address", "domain", "verdict"),
    [
        ("192.0.2.1", "example.com", None),
        ("10.9.9.9", "example.com", DENY),
        ("10.1.2.3", "example.com", ALLOW),
        ("2001:db8:4::1", "example.com", DENY),
        ("2001:db8:5::1", "example.com", ALLOW),
        ("192.0.2.1", "example.org", None),
        ("192.0.2.1", "bad.example.org", DENY),
        ("192.0.2.1", "very.bad.example.org", DENY),
        ("192.0.2.1", "good.example.org", ALLOW),
        ("192.0.2.1", "very.good.example.org", ALLOW),
        ("192.0.2.1", "both.example.com", DENY),
        ("192.0.2.1", "tied.example.com", DENY),
        ("10.1.2.3", "bad.example.org", DENY),
        ("10.9.9.9", "good.example.org", DENY),
        ("10.1.2.3", "good.example.org", ALLOW),
        ("nowhere", "good.example.org", ALLOW),
        ("nowhere", "", None),
    ],
)
def test_the_narrowest_line_decides_and_one_that_denies_is_enough(
    address: str, domain: str, verdict: Verdict | None
) -> None:
    for lines in (LINES, LINES[::-1]):
        assert judgement(deciding(lines, read_address(address), domain)) is verdict


@pytest.mark.parametrize(
    ("email", "domain"),
    [
        ("ana@Example.ORG", "example.org"),
        ("ana@bücher.example.org", "xn--bcher-kva.example.org"),
        ("ana", ""),
        (None, ""),
        ("", ""),
    ],
)
def test_the_domain_of_an_address(email: str | None, domain: str) -> None:
    assert domain_of(email) == domain


def test_a_letters_own_limits_stand_before_those_of_all_letters_and_those_before_ours() -> None:
    own, general = Pace(NET, 3600, 300), [Pace(NET, 60, 1), Pace(BOX, 60, 1)]
    assert holding([], []) == tuple(sorted(DEFAULTS, key=lambda p: (list(LimitPer).index(p.per), p.span)))
    found = holding([own], general)
    assert [p for p in found if p.per is NET] == [own]
    assert [p for p in found if p.per is BOX] == [Pace(BOX, 60, 1)]
    assert [p for p in found if p.per is LETTER] == [p for p in DEFAULTS if p.per is LETTER]


@pytest.mark.parametrize(
    ("seen", "most", "over"), [(0, 1, 0), (1, 1, 1), (29, 30, 0), (30, 30, 1), (45, 30, 16)]
)
def test_the_first_ones_pass_and_the_rest_are_over(seen: int, most: int, over: int) -> None:
    assert excess(seen, most) == over


@pytest.mark.parametrize(
    ("over", "seconds"),
    [
        ([], 0),
        ([(Pace(NET, 600, 30), 1)], 20),
        ([(Pace(NET, 600, 30), 30)], 600),
        ([(Pace(NET, 600, 30), 1), (Pace(LETTER, 600, 300), 100)], 200),
        ([(Pace(BOX, 86_400, 10), 1)], 3600),
        ([(Pace(NET, 600, 30), 1_000_000)], 3600),
    ],
)
def test_what_is_over_leaves_at_the_limits_pace_and_at_most_an_hour_later(
    over: list[tuple[Pace, int]], seconds: int
) -> None:
    assert wait(over) == timedelta(seconds=seconds)


@given(st.integers(60, 30 * 86_400), st.integers(1, 1_000_000))
def test_counting_further_than_enough_would_change_nothing(span: int, most: int) -> None:
    pace = checked_pace(NET, span, most)
    assert wait([(pace, excess(pace.enough, most))]) == LONGEST_WAIT


@pytest.mark.parametrize(
    ("span", "most", "field"),
    [(59, 1, "span"), (31 * 86_400, 1, "span"), (60, 0, "most"), (60, 1_000_001, "most")],
)
def test_a_limit_that_nobody_can_mean_is_refused(span: int, most: int, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_pace(LETTER, span, most)
    assert refused.value.field == field


DAY = [0, 0, 1, 0, 0, 0, 0, 2, 5, 8, 6, 9, 7, 10, 6, 5, 4, 3, 2, 2, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("hour", "before", "odd"),
    [
        (0, [], False),
        (0, [0] * 24, False),
        (5, [0] * 24, False),
        (29, [0] * 24, False),
        (30, [0] * 24, True),
        (25, DAY, False),
        (30, DAY, True),
        (400, DAY, True),
        (119, [], False),
        (120, [], True),
        (119, [90], False),
        (200, [90], True),
        (59, [30] * 24, False),
        (60, [30] * 24, True),
        (500, [300] * 24, False),
        (599, [300] * 24, False),
        (600, [300] * 24, True),
        # One or two odd hours of the day before hide no third; a whole busy morning is what is usual now.
        (60, [0] * 22 + [500, 500], True),
        (60, [0] * 20 + [50] * 4, False),
    ],
)
def test_an_hour_unlike_those_before_it(hour: int, before: list[int], odd: bool) -> None:
    assert unusual(hour, before) is odd


@given(st.lists(st.integers(0, 10_000), max_size=24), st.integers(0, 20_000))
def test_more_is_never_less_unusual_and_their_order_says_nothing(before: list[int], hour: int) -> None:
    if unusual(hour, before):
        assert unusual(hour + 1, before)
        assert unusual(hour, before[::-1])
    assert usual(before) <= max(before, default=0)
