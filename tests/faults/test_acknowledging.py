"""Web processes killed while people sign: no sign-on that was thanked for is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.acknowledging import kill_the_web
from tests.faults.found import new_seed
from tests.journeys.stage import Stage


@pytest.mark.parametrize(("kind", "posts", "kills"), [("sqlite", 1_000, 3), ("postgresql", 1_000, 4)])
def test_web_processes_killed_while_people_sign(
    make_stage: Callable[..., Stage], kind: str, posts: int, kills: int
) -> None:
    found = kill_the_web(make_stage(kind), posts, kills, seed=new_seed())
    assert found.held, found
