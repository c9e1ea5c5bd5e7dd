"""Redis and PostgreSQL vanish and come back while letters leave: nothing is lost, nothing doubled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.found import new_seed
from tests.faults.restarts import crashing, without_redis
from tests.journeys.stage import staged
from tests.servers import PostgresServer, RedisServer, crashing_postgres, own_redis


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with own_redis(tmp_path) as server:
        yield server


def test_redis_emptied_killed_and_started_anew(
    postgresql: PostgresServer, environment: dict[str, str], redis: RedisServer, tmp_path: Path
) -> None:
    with staged(postgresql, tmp_path, {**environment, "REDIS_URL": redis.url}) as stage:
        found = without_redis(stage, redis, times=6, seed=new_seed())
    assert found.held, found


def test_postgresql_crashing(environment: dict[str, str], redis: RedisServer, tmp_path: Path) -> None:
    settings = {**environment, "REDIS_URL": redis.url}
    with crashing_postgres() as database, staged(database, tmp_path, settings) as stage:
        found = crashing(stage, database, times=3, seed=new_seed())
    assert found.held, found
