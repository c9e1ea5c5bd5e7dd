"""Typed text: what is kept, what is compared, and what is refused."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.core.text import ascii_name, clean, clean_lines, fold, has_controls, mailbox


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Voice \t for\u00a0Peace ", "Voice for Peace"),
        ("Cafe\u0301", "Café"),
        ("\u202eevil\u202c", "evil"),
        ("جمعية\u200f", "جمعية"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("soft\u00adhyphen", "softhyphen"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # a joiner is spelling, not decoration
        ("", ""),
    ],
)
def test_clean(typed: str, kept: str) -> None:
    assert clean(typed) == kept


def test_clean_lines_keeps_lines() -> None:
    assert clean_lines("a  \r\nb\rc\n\n\n") == "a\nb\nc"
    assert clean_lines("\u202ea") == "a"


@pytest.mark.parametrize(
    ("text", "lines", "bad"),
    [
        ("plain", False, False),
        ("a\nb", False, True),
        ("a\r\n\tb", True, False),
        ("a\x00b", True, True),
        ("a\x85b", False, True),
        ("\ud800", False, True),
        ("e\u200dx", False, False),
    ],
)
def test_controls(text: str, lines: bool, bad: bool) -> None:
    assert has_controls(text, lines) is bad


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Voice for Peace", "VOICE — for «Peace»!"),
        ("Straße", "STRASSE"),
        ("ﬁne", "FINE"),
        ("Ⅻ", "xii"),
        ("A&B", "a b"),
        ("İstanbul".casefold(), "İstanbul"),
    ],
)
def test_names_that_are_equal_when_folded(a: str, b: str) -> None:
    assert fold(a) == fold(b)


def test_names_that_differ_when_folded() -> None:
    assert len({fold(name) for name in ("Cafe", "Café", "Ca fe", "كافيه")}) == 4
    assert fold("!!!") == "!!!"  # a name of nothing but signs is still a name
    assert fold("+++") != fold("***")


@given(st.text(max_size=60))
def test_folding_and_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert clean_lines(clean_lines(text)) == clean_lines(text)
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=60))
def test_cleaning_never_changes_what_a_name_is_compared_by(text: str) -> None:
    assert fold(clean(text)) == fold(text)
    assert clean(text) == unicodedata.normalize("NFC", clean(text))


@pytest.mark.parametrize(
    ("typed", "compared"),
    [
        ("Sami@Example.ORG ", "sami@example.org"),
        ("sami+letters@example.org", "sami@example.org"),
        ("s.a.mi@example.org", "s.a.mi@example.org"),
        ("s.a.mi+x@gmail.com", "sami@gmail.com"),
        ("Sami@GoogleMail.com", "sami@gmail.com"),
    ],
)
def test_mailboxes(typed: str, compared: str) -> None:
    assert mailbox(typed) == compared


@given(st.emails())
def test_a_mailbox_is_compared_by_one_form(address: str) -> None:
    assert mailbox(mailbox(address)) == mailbox(address)
    assert mailbox(address.upper()) == mailbox(address) or not address.isascii()


@pytest.mark.parametrize(
    ("text", "name"),
    [("Bahreïn 2020!", "Bahrein-2020"), ("", "letter"), ("///", "letter"), ("a" * 99, "a" * 60)],
)
def test_file_names(text: str, name: str) -> None:
    assert ascii_name(text) == name


@given(st.text(max_size=100))
def test_file_names_are_ascii_and_never_empty(text: str) -> None:
    name = ascii_name(text)
    assert name.isascii()
    assert 0 < len(name) <= 60
    assert name.strip("-") == name
    assert all(c.isalnum() or c == "-" for c in name)


@given(st.text(st.characters(max_codepoint=127)))
def test_what_is_plain_is_read_as_everything_else(text: str) -> None:
    # An accent beside it leads the long way round.
    assert clean(f"{text} é") == f"{clean(text)} é".strip()
    if any(c.isalnum() for c in text):
        assert fold(f"{text} é") == f"{fold(text)} é"
    assert has_controls(text) == has_controls(f"{text}\u00ad")
