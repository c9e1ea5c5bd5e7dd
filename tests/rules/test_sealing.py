"""Sealing to a public key of age: only its private half opens, and no length tells much."""

from __future__ import annotations

import json

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.core.errors import InvalidInput
from campaign.core.sealing import BLOCK, checked_key, sealed

PAIR = pyrage.x25519.Identity.generate()
KEY = str(PAIR.to_public())


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=400), max_size=5))
def test_what_is_sealed_opens_to_the_same_line(facts: dict[str, str]) -> None:
    blob = sealed(json.dumps(facts, ensure_ascii=False), KEY)
    opened = pyrage.decrypt(blob, [PAIR])
    assert json.loads(opened) == facts
    assert opened.endswith(b"\n")
    assert opened.count(b"\n") == 1
    assert len(opened) % BLOCK == 0


def test_nobody_else_opens_it_and_length_tells_little() -> None:
    blob = sealed('{"name": "Sami Example"}', KEY)
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(blob, [pyrage.x25519.Identity.generate()])
    assert b"Sami" not in blob
    longer = sealed('{"name": "A much longer name than that one"}', KEY)
    assert len(pyrage.decrypt(blob, [PAIR])) == len(pyrage.decrypt(longer, [PAIR])) == BLOCK


def test_a_key_is_kept_without_what_stands_around_it() -> None:
    assert checked_key(f"  {KEY}\n") == KEY


@pytest.mark.parametrize(
    "typed",
    ["", "age1", KEY[:-1], KEY.replace("age1", "agf1"), "ssh-ed25519 AAAA"],
    ids=["nothing", "its beginning", "cut", "misspelt", "another kind"],  # the key is new in each process
)
def test_what_is_no_public_key(typed: str) -> None:
    with pytest.raises(InvalidInput, match="no public key of age"):
        checked_key(typed)


def test_a_private_key_is_refused_and_not_repeated() -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_key(str(PAIR).lower())
    assert "private key" in refused.value.message
    assert "age-secret-key-1" not in refused.value.message.lower()
