"""Many workers and many rings do what one of each does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.faults.crowds import crowd
from tests.journeys.stage import Stage
from tests.servers import own_redis


def test_ten_workers_and_each_job_five_times(make_stage: Callable[..., Stage], tmp_path: Path) -> None:
    with own_redis(tmp_path) as redis:
        found = crowd(make_stage("postgresql", REDIS_URL=redis.url), with_bell=2, polling=8)
    assert found.held, found
