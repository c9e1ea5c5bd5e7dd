"""The rows of `./dev faults`, with the figures promised: quick ones as in every test run, and full ones."""

from __future__ import annotations

from typing import Any

from campaign.core.db import db
from tests.bounces import judge_samples
from tests.faults.acknowledging import kill_the_web
from tests.faults.backing_up import back_up_and_restore
from tests.faults.crowds import crowd
from tests.faults.found import Found, together
from tests.faults.hanging import one_hangs
from tests.faults.kills import kill_again_and_again
from tests.faults.naming import name_one
from tests.faults.points import POINTS, run_point
from tests.faults.restarts import crashing, without_redis
from tests.faults.table import Row, Scenery
from tests.faults.tampering import edit_everything, signed_edition, tamper_with_edition, tamper_with_record
from tests.faults.unapproved import try_unapproved
from tests.journeys.stage import staged
from tests.servers import crashing_postgres

KINDS = ("sqlite", "postgresql")
RIGHT_SAMPLES = 0.95
RESTORED_IN = 600.0  # seconds


def kills_polling(scenery: Scenery) -> Found:
    """SQLite and a worker that polls: one process that sends."""
    return _kills(scenery, "sqlite", 1, scenery.figure(13, 100))


def kills_with_bell(scenery: Scenery) -> Found:
    """PostgreSQL, Redis and RQ: two processes that send, the sweeper and the one that the bell wakes."""
    return _kills(scenery, "postgresql", 2, scenery.figure(12, 100), REDIS_URL=scenery.redis().url)


def _kills(scenery: Scenery, kind: str, senders: int, kills: int, **settings: str) -> Found:
    addressees, copies = scenery.figure(1, 50), scenery.figure(59, 49)
    stage = scenery.stage(kind, **settings)
    return kill_again_and_again(stage, senders, kills, scenery.seed, addressees, copies)


def fault_points(scenery: Scenery) -> Found:
    """Each of the fourteen points of an SMTP conversation."""
    times, right = scenery.figure(4, 100), 0
    found = Found("", scenery.seed)
    for kind in KINDS:
        with scenery.app(kind) as app:
            for point in POINTS:
                tried, held = run_point(app, point, times)
                right += held
                found.expect(held == tried, f"{point.name} on {kind}: {held} of {tried}")
    found.tried = f"{len(POINTS)} points, each {times} times on both databases: {right:,} right"
    return found


def redis_away(scenery: Scenery) -> Found:
    """Redis emptied, killed, started anew, and not there at the start."""
    redis = scenery.redis()
    stage = scenery.stage("postgresql", REDIS_URL=redis.url)
    times = scenery.figure(6, 40)
    return without_redis(stage, redis, times, scenery.seed, scenery.figure(1, 10))


def postgresql_crashing(scenery: Scenery) -> Found:
    """PostgreSQL stopped as by a crash, and started again."""
    redis, database = scenery.redis(), scenery.ended.enter_context(crashing_postgres())
    settings = {**scenery.settings, "REDIS_URL": redis.url}
    stage = scenery.ended.enter_context(staged(database, scenery.folder(), settings))
    times = scenery.figure(3, 20)
    return crashing(stage, database, times, scenery.seed, scenery.figure(1, 10))


def ten_workers(scenery: Scenery) -> Found:
    """Ten workers and every job five times."""
    stage = scenery.stage("postgresql", REDIS_URL=scenery.redis().url)
    with_bell = scenery.figure(2, 10)
    return crowd(stage, with_bell, 10 - with_bell, addressees=10, copies=scenery.figure(5, 49))


def hanging(scenery: Scenery) -> Found:
    """One mailbox whose server never answers, at each of two places."""
    return together(*(one_hangs(scenery.stage("sqlite"), at, scenery.seed) for at in ("rcpt", "dot")))


def unapproved(scenery: Scenery) -> Found:
    """Releases without a preview, by one person alone, or after an edit."""
    founds = []
    for kind in KINDS:
        with scenery.app(kind) as app:
            founds.append(try_unapproved(app, scenery.figure(20, 250), scenery.seed))
    return together(*founds)


def bounce_samples(scenery: Scenery) -> Found:
    """Messages that came back, real in form."""
    with scenery.app("postgresql", BOUNCE_ADDRESS="bounces@example.org"):
        tried, right = judge_samples()
        db.session.rollback()
    found = Found(f"{tried} samples, each genuine, forged and repeated: {right} right")
    found.expect(tried >= 40 and right / tried >= RIGHT_SAMPLES, f"{right} of {tried} right")
    return found


def web_killed(scenery: Scenery) -> Found:
    """Web processes killed while people sign, on SQLite."""
    posts, kills = scenery.figure(150, 5_000), scenery.figure(3, 50)
    return kill_the_web(scenery.stage("sqlite"), posts, kills, scenery.seed)


def web_killed_and_postgresql_crashing(scenery: Scenery) -> Found:
    """Web processes killed and PostgreSQL crashing while people sign."""
    database = scenery.ended.enter_context(crashing_postgres())
    stage = scenery.ended.enter_context(staged(database, scenery.folder(), scenery.settings))
    posts, kills = scenery.figure(300, 45_000), scenery.figure(4, 100)
    return kill_the_web(stage, posts, kills, scenery.seed, database.crash)


def one_victim(scenery: Scenery) -> Found:
    """Very many sign-ons naming one mailbox."""
    founds = []
    for kind, most in (("sqlite", 1_000), ("postgresql", 10_000)):
        with scenery.app(kind) as app:
            founds.append(name_one(app, scenery.figure(200, most), scenery.seed))
    return together(*founds)


def edits(scenery: Scenery) -> Found:
    """Everything else edited, renamed and erased."""
    return _on_both(scenery, lambda seed: edit_everything(signed_edition(), seed))


def tampering(scenery: Scenery) -> Found:
    """The store changed by SQL."""
    times = scenery.figure(60, 1000)

    def both(seed: int) -> Found:
        edition = signed_edition(scenery.figure(12, 100))
        return together(tamper_with_edition(edition, times, seed), tamper_with_record(times, seed))

    return _on_both(scenery, both)


def _on_both(scenery: Scenery, trial: Any) -> Found:
    founds = []
    for kind in KINDS:
        with scenery.app(kind):
            found = trial(scenery.seed)
            founds.append(Found(f"{kind}: {found.tried}", scenery.seed, found.faults))
    return together(*founds)


def restore(scenery: Scenery) -> Found:
    """Backed up, destroyed and restored."""
    rows = scenery.figure(2_000, 100_000)
    figure = back_up_and_restore(scenery.stage, "postgresql", "postgresql", rows)
    found = Found(
        f"{figure.rows:,} rows: backed up in {figure.backed_up:.0f} s, restored in {figure.restored:.0f} s, "
        f"{figure.mails} mails left"
    )
    found.limit("seconds", figure.backed_up + figure.restored, RESTORED_IN)
    found.limit("mails that left by themselves", figure.mails, 0)
    found.expect(figure.rows >= rows, f"only {figure.rows} rows came back")
    return found


ONCE = "each mailbox gets each edition at most once, none is forgotten"
KEPT = "no sign-on that was thanked for is lost"
ROWS = (
    Row("I1", f"{KEPT}: web processes killed -9 (SQLite)", web_killed),
    Row("I1", f"{KEPT}: web killed -9, PostgreSQL crashing", web_killed_and_postgresql_crashing),
    Row("M1", f"{ONCE}: the worker killed -9 (SQLite, polling)", kills_polling),
    Row("M1", f"{ONCE}: the worker killed -9 (PostgreSQL, Redis)", kills_with_bell),
    Row("M2", "an outcome that nobody knows is unknown, and never sent again by itself", fault_points),
    Row("M3", "Redis may vanish: emptied, killed, started anew, not there at the start", redis_away),
    Row("M3", "PostgreSQL may crash: restarted with -m immediate", postgresql_crashing),
    Row("M4", "ten workers and jobs five times over change nothing", ten_workers),
    Row("M5", "a hanging server holds up nobody else: the others done in 30 s", hanging),
    Row("M7", "nothing leaves at the desk without a preview and a second person", unapproved),
    Row("M8", "bounces land on the right row; forged or repeated they change nothing", bounce_samples),
    Row("M9", "however often strangers name a mailbox, three mails reach it in six hours", one_victim),
    Row("I4", "a frozen edition never changes: all else edited, renamed, erased", edits),
    Row("I4", "tampering shows: the store changed by SQL, each change named", tampering),
    Row("O3", "a restore is quick and sends nothing by itself", restore),
)
