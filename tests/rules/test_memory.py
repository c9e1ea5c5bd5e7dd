"""Looking for garbage stops only while many objects are made."""

from __future__ import annotations

import gc

import pytest

from campaign.core.memory import uncollected


def test_looking_goes_on_afterwards_also_when_something_went_wrong() -> None:
    def stops() -> None:
        assert not gc.isenabled()
        raise KeyError

    with pytest.raises(KeyError), uncollected():
        stops()
    assert gc.isenabled()
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()  # who stopped it before us starts it again
    finally:
        gc.enable()
