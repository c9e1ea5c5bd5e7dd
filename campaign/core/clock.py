"""What time it is: the process's clock for people, the database's clock for leases."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import available_timezones

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


@cache
def zones() -> frozenset[str]:
    """The names of all time zones; kept, as the standard library looks through the disk each time."""
    return frozenset(available_timezones())


@cache
def places() -> list[str]:
    """The zones one can choose by a place, and UTC, in order."""
    return sorted(zone for zone in zones() if "/" in zone or zone == "UTC")


def database_now(session: Session) -> datetime:
    """This moment by the database's clock (aware, UTC): the one clock that all workers share."""
    if session.get_bind().dialect.name == "sqlite":
        stamp = session.execute(text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')")).scalar_one()
        return datetime.fromisoformat(stamp).replace(tzinfo=UTC)
    moment: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return moment.astimezone(UTC)


def iso(moment: datetime) -> str:
    """RFC 3339 in UTC with seconds, as our JSON and files carry it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
