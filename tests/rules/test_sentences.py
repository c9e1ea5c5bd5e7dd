"""Sentences are text to everybody, and keep what a catalogue needs to know them."""

from __future__ import annotations

import json
import pickle

from hypothesis import given
from hypothesis import strategies as st

from campaign.core.errors import Conflict, InvalidInput
from campaign.core.sentences import Sentence, packed, unpacked

LONG = "longer than %(longest)d characters"


def test_a_sentence_is_its_text() -> None:
    said = Sentence(LONG, longest=80)
    assert said == "longer than 80 characters"
    assert (said.key, said.values) == (LONG, {"longest": 80})


def test_a_sentence_without_values_may_hold_a_percent_sign() -> None:
    assert Sentence("100 % sure") == "100 % sure"


def test_a_refusal_says_it_and_may_hand_on_what_another_said() -> None:
    refused = InvalidInput(LONG, "name", longest=80)
    assert str(refused) == "longer than 80 characters"
    assert refused.field == "name"
    assert Conflict(refused.message).message.values == {"longest": 80}


@given(st.dictionaries(st.just("longest"), st.integers(), min_size=1) | st.just({}))
def test_what_json_keeps_comes_back(values: dict[str, int]) -> None:
    said = Sentence(LONG, **values) if values else Sentence("too long")
    kept = unpacked(json.loads(json.dumps(packed(said))))
    assert kept == said
    assert packed(kept) == packed(said)


def test_a_worker_process_can_be_handed_one() -> None:
    assert str(pickle.loads(pickle.dumps(Conflict("it is over")))) == "it is over"  # noqa: S301
