"""Whose a domain is, and what a text looks like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.core.confusables import honest, likeness, skeleton
from campaign.core.websites import addresses_in, is_free_mail, registrable_domain


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("https://www.example.org/about?x=1", "example.org"),
        ("desk@mail.example.org", "example.org"),
        ("mailto:desk@example.org", "example.org"),
        ("EXAMPLE.org:8080", "example.org"),
        ("www.harbour.org.uk", "harbour.org.uk"),
        ("https://harbour.blogspot.com", "harbour.blogspot.com"),
        ("https://ostrela.wordpress.com/contact", "ostrela.wordpress.com"),
        ("https://www.grüner-flügel.de", "xn--grner-flgel-uhbg.de"),
        ("http://user:secret@example.org/", "example.org"),
        ("https://www.wordpress.com", None),
        ("https://www.facebook.com/ostrela", None),
        ("https://sites.google.com/view/ostrela", None),
        ("org.uk", None),
        ("blogspot.com", None),
        ("localhost", None),
        ("http://192.0.2.7/", None),
        ("http://[2001:db8::1]/", None),
        ("http://[broken", None),
        ("no website yet", None),
        ("a..org", None),
        ("", None),
    ],
)
def test_registrable_domains(text: str, domain: str | None) -> None:
    assert registrable_domain(text) == domain


@given(st.text(max_size=80))
def test_any_text_has_a_domain_or_none(text: str) -> None:
    found = registrable_domain(text)
    assert found is None or registrable_domain(found) == found


@pytest.mark.parametrize(
    ("domain", "free"),
    [
        ("gmail.com", True),
        ("yahoo.co.uk", True),
        ("mail.yahoo.fr", True),
        ("riseup.net", True),
        ("GMX.de", True),
        ("example.org", False),
        ("gmail.com.example.org", False),
        ("", False),
    ],
)
def test_who_gives_mailboxes_to_everybody(domain: str, free: bool) -> None:
    assert is_free_mail(domain) is free


def test_skeletons_are_those_of_tr39() -> None:
    # The examples of https://www.unicode.org/reports/tr39/#Confusable_Detection, and well known pairs.
    assert skeleton("ѕсоре") == skeleton("scope")
    assert skeleton("paypal") == skeleton("рayраl")
    assert skeleton("modem") == skeleton("modern")
    assert skeleton("I1l0") == skeleton("lllO")
    assert skeleton("harbour") != skeleton("harbours")
    assert skeleton("") == ""


def test_a_likeness_overlooks_accents_case_and_strokes() -> None:
    assert likeness("Ju5tice") == likeness("JUSTICE")
    assert likeness("Rosevvick") == likeness("Rosewick")
    assert likeness("Lumièra") == likeness("LUMIERA")
    assert likeness("2030") != likeness("2031")


@pytest.mark.parametrize(
    ("word", "is_honest"),
    [
        ("Ostrela", True),
        ("Гавань", True),
        ("Оstrela", False),
        ("marɡate", False),
        ("Ɛwe", True),
        ("Børn", True),
    ],
)
def test_honest_words_are_of_one_script(word: str, is_honest: bool) -> None:
    assert honest(word) is is_honest


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Voice for Peace e.V., St.Paul, U.S.A., Ph.D. Dr.Sam, No.1", set()),
        ("350.org", {"350.org"}),
        ("see www.example.org/x", {"www.", "www.example.org"}),
        ("a@b", {"@"}),
        ("hxxp://x", {"://"}),
        ("192.0.2.1", {"192.0.2.1"}),
        ("\uff45vil\u3002top", {"evil.top"}),
        ("пример.рф", {"xn--e1afmkfd.xn--p1ai"}),
        ("", set()),
    ],
)
def test_addresses_in_a_text_are_found(text: str, found: set[str]) -> None:
    assert addresses_in(text) == found
