"""The record at the desk has words for all that happens to a letter and its sign-ons."""

from __future__ import annotations

import pytest

from campaign.desk.acts import _known
from campaign.signing.rules import SignatureStatus


@pytest.mark.parametrize("status", list(SignatureStatus))
def test_whatever_becomes_of_a_sign_on_has_words(status: SignatureStatus) -> None:
    assert f"signature.{status}" in _known()
