"""The lines in which copies of a letter are typed at the desk."""

from __future__ import annotations

import pytest

from campaign.desk.letter_form import copies_of
from campaign.letters.drafts import CopyDraft
from campaign.letters.rules import Sees


@pytest.mark.parametrize(
    ("typed", "copies"),
    [
        ("a@example.org", [CopyDraft("a@example.org")]),
        ("Mr A <a@example.org>", [CopyDraft("a@example.org", "Mr A")]),
        (
            "Mr A, Chief, of Staff <a@example.org>; printed\n\n b@example.org ; printed ",
            [
                CopyDraft("a@example.org", "Mr A", "Chief, of Staff", printed=True),
                CopyDraft("b@example.org", printed=True),
            ],
        ),
        (
            "a@example.org; sees public\nb@example.org;Sees  ALL; printed",
            [
                CopyDraft("a@example.org", sees=Sees.PUBLIC),
                CopyDraft("b@example.org", printed=True, sees=Sees.ALL),
            ],
        ),
        ("", []),
    ],
)
def test_copies_are_typed_one_a_line(typed: str, copies: list[CopyDraft]) -> None:
    assert list(copies_of(typed)) == copies
