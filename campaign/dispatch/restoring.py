"""A restore is a dispatch event: no release goes on by itself before somebody has compared."""

from sqlalchemy import Connection, inspect, update

from campaign.core import clock
from campaign.dispatch.models import Dispatch
from campaign.dispatch.rules import DispatchState

BUILDERS = "campaign.dispatch."  # how the dotted names of those begin who write to addressees


def hold(connection: Connection) -> int:
    """In the transaction that brought the rows: hold every release that has not left. Returns how many.

    Before schema 0007 a release had no state: it left at once, and its mails are held in the outbox. What is
    unknown since is said by whoever restores; no alarm about it leaves by itself.
    """
    columns = {column["name"] for column in inspect(connection).get_columns(Dispatch.__tablename__)}
    if "state" not in columns:
        return 0
    connection.execute(update(Dispatch).values(alerted_at=clock.now()))
    still = Dispatch.state.in_((DispatchState.PROPOSED, DispatchState.RELEASED))
    return connection.execute(update(Dispatch).where(still).values(state=DispatchState.HELD)).rowcount
