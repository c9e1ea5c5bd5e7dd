"""The doorbell: tells RQ workers that a table has work. Losing a ring costs seconds, never work."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

QUEUE = "undersigned"
RING = "campaign-sweep"  # one fixed job id: a thousand sign-ons ring once
QUIET_SECONDS = 10.0  # after a failed ring nobody waits for Redis again for this long


@dataclass
class Bell:
    """One process's way to ring; without a Redis address ringing does nothing."""

    redis_url: str
    clock: Callable[[], float] = time.monotonic
    quiet_until: float = 0.0

    def ring(self) -> bool:
        """Wake one worker.

        True when the bell was rung or was ringing already; never raises for a missing Redis.
        """
        if not self.redis_url or self.clock() < self.quiet_until:
            return False
        try:
            queue(self.redis_url).enqueue(
                "campaign.jobs.tasks.sweep",
                job_id=RING,
                unique=True,
                # RQ would otherwise end it after 180 s, be it in the middle of a mail. What is sent takes its
                # time, and each command to the relay has a limit of its own.
                job_timeout=-1,
                result_ttl=0,
                failure_ttl=60,
                ttl=60,
            )
        except DuplicateJobError:
            return True
        except RedisError:
            self.quiet_until = self.clock() + QUIET_SECONDS
            return False
        return True


def queue(redis_url: str) -> Queue:
    """The RQ queue, over a connection that gives up quickly: a web request must not wait for a dead Redis."""
    connection = Redis.from_url(
        redis_url, socket_connect_timeout=1, socket_timeout=2, retry=Retry(NoBackoff(), 0)
    )
    return Queue(QUEUE, connection=connection, serializer=JSONSerializer)


def ring() -> None:
    """Ring this app's bell, after a commit."""
    bell: Bell = current_app.extensions["bell"]
    bell.ring()
