"""Two texts compared for people: what stayed, came, went and reads differently, in any script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.core.comparing import Kind, around, compared, differs
from campaign.core.markdown_text import passages

SAME, ADDED, REMOVED, CHANGED = Kind.SAME, Kind.ADDED, Kind.REMOVED, Kind.CHANGED


def marked(before: str, after: str) -> list[str]:
    """Each passage with what went as [-…-] and what came as {+…+}."""
    marks = {SAME: "{}", ADDED: "{{+{}+}}", REMOVED: "[-{}-]"}
    return ["".join(marks[s.kind].format(s.text) for s in p.spans) for p in compared(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("Open it.", "Open it.", ["Open it."]),
        ("Open it.", "Open it now.", ["Open it{+ now+}."]),
        ("", "Open it.", ["{+Open it.+}"]),
        ("Open it.", "", ["[-Open it.-]"]),
        (
            "We ask you to open the harbour.\n\nThank you.",
            "We ask you to open the port.\n\nThank you.",
            ["We ask you to open the [-harbour-]{+port+}.", "Thank you."],
        ),
        ("One.\n\nThree.", "One.\n\nTwo.\n\nThree.", ["One.", "{+Two.+}", "Three."]),
        ("One.\n\nTwo.\n\nThree.", "One.\n\nThree.", ["One.", "[-Two.-]", "Three."]),
        ("Cats sleep.", "Nobody may pass here.", ["[-Cats sleep.-]", "{+Nobody may pass here.+}"]),
        (
            "Read [this](https://a.example.org).",
            "Read [this](https://b.example.org).",
            ["Read this [-<https://a.example.org>-]{+<https://b.example.org>+}."],
        ),
        ("Open[^1].\n\n[^1]: Now.", "Open[^1].\n\n[^1]: Later.", ["Open[1].", "[1] [-Now-]{+Later+}."]),
        ("# Why\n\nBecause.", "# Why not\n\nBecause.", ["Why{+ not+}", "Because."]),
        ("1. One\n2. Two", "1. One\n2. Four", ["1. One", "2. [-Two-]{+Four+}"]),
        ("|a|b|\n|-|-|\n|1|2|", "|a|b|\n|-|-|\n|1|33|", ["a | b", "1 | [-2-]{+33+}"]),
        ("افتحوا الميناء الآن.", "افتحوا المرفأ الآن.", ["افتحوا [-الميناء -]{+المرفأ +}الآن."]),
        ("請開放港口。", "請開放海港。", ["請開放{+海+}港[-口-]。"]),
        ("เปิดท่าเรือ", "เปิดท่าเรื่อ", ["เปิดท่าเ[-รื-]{+รื่+}อ"]),
        ("Un *mot*.", "Un **mot**.", ["Un mot."]),
    ],
)
def test_what_people_are_shown(before: str, after: str, expected: list[str]) -> None:
    assert marked(before, after) == expected


def test_only_emphasis_is_no_difference_to_read() -> None:
    assert not differs(compared("Un *mot*.", "Un mot."))
    assert differs(compared("Un mot.", "Un mot"))


def test_what_stayed_far_from_a_change_is_left_out_and_says_so() -> None:
    text = "\n\n".join(f"Paragraph number {n}." for n in range(9))
    kinds = [p.kind for p in around(compared(text, text.replace("number 4", "number four")))]
    assert kinds == [Kind.LEFT_OUT, SAME, CHANGED, SAME, Kind.LEFT_OUT]
    assert [p.kind for p in around(compared(text, text), 0)] == [Kind.LEFT_OUT]


WORDS = st.lists(st.sampled_from(["a", "b.", "(c)", "ميناء", "港口", "d", "\n\n", "e,"]), max_size=25).map(
    " ".join
)


@given(WORDS, WORDS)
def test_both_texts_can_be_read_back(before: str, after: str) -> None:
    found = compared(before, after)
    assert [p.before for p in found if p.before] == passages(before)
    assert [p.after for p in found if p.after] == passages(after)


def test_texts_that_have_nothing_in_common_and_are_long_are_done_at_once() -> None:
    before = " ".join(f"a{n}" for n in range(9_000))
    after = " ".join(f"b{n}" for n in range(9_000))
    assert [p.kind for p in compared(before, after)] == [REMOVED, ADDED]
    many, others = "\n\n".join("a" * 1 for _ in range(12_000)), "\n\n".join("b" for _ in range(12_000))
    assert {p.kind for p in compared(many, others)} == {REMOVED, ADDED}
    alike = "a " * 8_000
    assert [p.kind for p in compared(alike, alike + "b")] == [CHANGED]
