"""What a rule of bulk invalidation may ask, and which rows fit it."""

from __future__ import annotations

import pytest

from campaign.core.errors import InvalidInput
from campaign.signing.bulk import Facts, checked, fits

ROW = Facts(("Voice for Peace", "صوت السلام"), frozenset({"limit"}), "a@mail.spam.example.org")


@pytest.mark.parametrize(
    ("conditions", "meant"),
    [
        ({"name": "peace voice"}, True),
        ({"name": "صوت"}, True),
        ({"name": "pea"}, False),
        ({"name": "voice السلام"}, False),
        ({"flag": "limit"}, True),
        ({"flag": "honeypot"}, False),
        ({"mail_domain": "*.spam.example.org"}, True),
        ({"mail_domain": "spam.example.org"}, False),
        ({"mail_domain": "*.spam.example.org", "flag": "limit", "name": "Peace"}, True),
        ({"mail_domain": "*.spam.example.org", "flag": "limit", "name": "War"}, False),
        ({"source": "form"}, True),  # the database's to answer
    ],
)
def test_a_row_fits_when_it_fits_all(conditions: dict[str, str], meant: bool) -> None:
    assert fits(checked(conditions), ROW) is meant


def test_without_a_mailbox_no_domain_fits() -> None:
    assert not fits({"mail_domain": "*.example.org"}, Facts(("A",), frozenset(), None))


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({}, "conditions"),
        ({"name": "  ", "flag": ""}, "conditions"),
        ({"name": "***"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"flag": "ugly"}, "flag"),
        ({"source": "fax"}, "source"),
        ({"evidence": "much"}, "evidence"),
        ({"country": "XX"}, "country"),
        ({"import": "-1"}, "import"),
        ({"host": "one"}, "host"),
        ({"network": "1" * 10}, "network"),
        ({"mail_domain": "*"}, "mail_domain"),
        ({"mail_domain": "*.*"}, "mail_domain"),
        ({"signed_from": "yesterday"}, "signed_from"),
        ({"signed_from": "2030-01-01T00:00"}, "signed_from"),
        ({"signed_from": "2030-01-02T00:00Z", "signed_until": "2030-01-01T00:00Z"}, "signed_until"),
    ],
)
def test_what_cannot_be_asked(typed: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked(typed)
    assert refused.value.field == field


def test_conditions_are_kept_in_their_normal_form() -> None:
    typed = {"mail_domain": "@Spam.Example.org.", "import": "007", "name": " a  b ", "flag": ""}
    assert checked(typed) == {"mail_domain": "spam.example.org", "import": "7", "name": "a b"}
    assert checked({"country": "none"}) == {"country": "none"}
