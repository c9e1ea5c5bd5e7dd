"""Ten workers at once, and every job and ring five times over: as if there were one of each."""

from __future__ import annotations

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import text

from campaign.jobs.bell import QUEUE
from tests.faults.found import Found
from tests.faults.release import judge, release
from tests.journeys.letter import SLUG
from tests.journeys.stage import Stage, until

TIMES = 5
ENTRIES: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("campaign.jobs.tasks.sweep", ()),
    ("campaign.outbox.tasks.deliver", ()),
    ("campaign.tally.tasks.fold", ()),
    ("campaign.audit.tasks.chain", ()),
    ("campaign.editions.tasks.render", (2,)),
)
OPEN_MAILS = "SELECT count(*) FROM mails WHERE state NOT IN ('accepted', 'unknown')"
OPEN_JOBS = "SELECT count(*) FROM jobs WHERE state != 'done'"
PRINTED = "SELECT count(*) FROM audit_entries WHERE action = 'edition.rendered' AND subject_id = 2"
# The job that an edition owes, once more: every column but its id.
AGAIN = """INSERT INTO jobs (name, arguments, state, tries, due_at)
SELECT name, arguments, state, tries, due_at FROM jobs
WHERE name = 'campaign.editions.tasks.render' LIMIT 1"""


def crowd(stage: Stage, with_bell: int, polling: int, addressees: int = 1, copies: int = 59) -> Found:
    """That many workers meet a released letter, an edition to print, and each job five times."""
    recipients = release(stage, addressees, copies)
    stage.prepare(("editions", "compile", SLUG))
    for _ in range(TIMES - 1):
        stage.sql(text(AGAIN))
    with Redis.from_url(stage.environment["REDIS_URL"]) as connection:
        queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
        ring_often(queue, "early")
        arguments = [()] * with_bell + [("--poll",)] * polling
        for chosen in arguments:
            stage.start_worker(*chosen)
        assert stage.post.wait_for(1)
        ring_often(queue, "late")
        ended = until(lambda: is_done(stage, queue), 120)
    for worker in stage.processes:
        stage.kill(worker)
    found = Found(
        f"{len(arguments)} workers, {2 * TIMES * len(ENTRIES)} jobs in Redis and {TIMES} in the table, "
        f"{len(recipients):,} mails"
    )
    found.expect(ended, "still at work after two minutes")
    found.limit("edition printed", number(stage, PRINTED), 1)
    stage.burst()
    for command in (("audit", "verify"), ("counts", "verify")):
        stage.prepare(command)  # fails when something does not agree
    judge(stage, recipients, 0, found)
    return found


def ring_often(queue: Queue, when: str) -> None:
    """Each entry five times, under an id of its own."""
    for name, arguments in ENTRIES:
        for time in range(TIMES):
            job_id = f"{when}-{name.replace('.', '-')}-{time}"
            queue.enqueue(name, *arguments, job_id=job_id, job_timeout=-1, result_ttl=0)


def is_done(stage: Stage, queue: Queue) -> bool:
    """Whether Redis holds no job, and the tables no open mail or job."""
    return not (queue.count or number(stage, OPEN_MAILS) or number(stage, OPEN_JOBS))


def number(stage: Stage, statement: str) -> int:
    """What a counting statement counts."""
    ((counted,),) = stage.sql(text(statement))
    return int(counted)
