"""The worker's part: releases leave at their time, letters are published after them, failures are told."""

from collections.abc import Callable, Sequence

from campaign.core.db import db
from campaign.dispatch import queries
from campaign.dispatch.aftermath import alert, publish_after
from campaign.dispatch.models import Dispatch
from campaign.dispatch.operations import leave
from campaign.dispatch.rules import DispatchState, Publication


def leave_on_time() -> int:
    """Let every release go whose time has come; each in a transaction of its own. Returns how many."""
    return _each(queries.due(), _leave)


def follow_up() -> int:
    """Publish what is to be published after its dispatch, and alert about what failed. Returns how many."""
    return _each(queries.unpublished(), _publish) + _each(queries.troubled(), _alert)


def _each(ids: Sequence[int], act: Callable[[Dispatch], bool]) -> int:
    db.session.commit()
    acted = 0
    for dispatch_id in ids:
        # Locked and read anew: another worker, or somebody's cancelling, may have been faster.
        sent = db.session.get(Dispatch, dispatch_id, with_for_update=True, populate_existing=True)
        acted += sent is not None and act(sent)
        db.session.commit()
    return acted


def _leave(sent: Dispatch) -> bool:
    if sent.state is not DispatchState.RELEASED:
        return False
    leave(sent)
    return True


def _publish(sent: Dispatch) -> bool:
    return publish_after(sent) is not Publication.WAIT


def _alert(sent: Dispatch) -> bool:
    if sent.id not in queries.troubled():
        return False
    alert(sent)
    return True
