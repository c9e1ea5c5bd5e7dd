"""Every status machine, edge by edge: each edge is written down once more, so that losing one fails."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest

from campaign.core.errors import Conflict
from campaign.dispatch import rules as dispatch
from campaign.editions import rules as editions
from campaign.letters import rules as letters
from campaign.outbox import rules as outbox
from campaign.signing import bulk
from campaign.signing import rules as signing
from campaign.signing.rules import SignatureStatus

EDGES: dict[Any, str] = {
    signing: """
        unverified pending held accepted superseded expired
        pending accepted rejected held queried superseded withdrawn
        queried pending rejected superseded withdrawn
        held accepted rejected pending superseded withdrawn
        accepted pending invalidated superseded withdrawn
        rejected pending
        invalidated
        superseded withdrawn
        expired
        withdrawn""",
    bulk: """
        proposed running cancelled
        running done cancelled
        cancelled undoing
        done undoing
        undoing undone
        undone""",
    letters: """
        draft open withdrawn
        open closed withdrawn
        closed open archived withdrawn
        archived withdrawn
        withdrawn""",
    editions: """
        frozen rendered failed
        failed rendered failed
        rendered""",
    dispatch: """
        proposed released cancelled held
        released left proposed cancelled held
        left cancelled
        held proposed cancelled
        cancelled""",
    outbox: """
        queued claimed held cancelled
        claimed submitting refused deferred queued cancelled
        submitting accepted refused deferred unknown
        deferred claimed refused held cancelled
        unknown accepted queued
        accepted bounced
        held queued cancelled
        refused
        bounced
        cancelled""",
}


def pairs() -> list[tuple[Any, StrEnum, StrEnum, bool]]:
    """Every pair of states of every machine, and whether one may become the other."""
    found = []
    for room, table in EDGES.items():
        lines = {line.split()[0]: set(line.split()[1:]) for line in table.strip().split("\n")}
        kind = type(next(iter(room.TRANSITIONS)))
        assert set(lines) == {state.value for state in kind}
        found += [(room, a, b, b.value in lines[a.value]) for a in kind for b in kind]
    return found


@pytest.mark.parametrize(("room", "current", "to", "allowed"), pairs())
def test_edges(room: Any, current: StrEnum, to: StrEnum, allowed: bool) -> None:
    if allowed:
        assert room.advance(current, to) is to
    else:
        with pytest.raises(Conflict):
            room.advance(current, to)


@pytest.mark.parametrize(
    ("current", "previous", "back"),
    [
        ("accepted", "pending", "pending"),
        ("accepted", "unverified", "pending"),
        ("accepted", "held", "held"),
        ("rejected", "held", "held"),
        ("rejected", "pending", "pending"),
        ("rejected", "queried", "pending"),
        ("invalidated", "accepted", "accepted"),
        ("superseded", "accepted", "accepted"),
        ("invalidated", None, "pending"),
    ],
)
def test_undoing_leads_back(current: str, previous: str | None, back: str) -> None:
    was = SignatureStatus(previous) if previous else None
    assert signing.undone(SignatureStatus(current), was) == back


@pytest.mark.parametrize("status", sorted(set(SignatureStatus) - signing.UNDOABLE))
def test_nothing_to_undo(status: SignatureStatus) -> None:
    with pytest.raises(Conflict):
        signing.undone(status, SignatureStatus.ACCEPTED)


def test_what_counts_is_live_and_only_they_and_further_contacts_can_be_withdrawn() -> None:
    assert signing.COUNTED < signing.LIVE
    leaving = {s for s, to in signing.TRANSITIONS.items() if SignatureStatus.WITHDRAWN in to}
    assert leaving == signing.LIVE | {SignatureStatus.SUPERSEDED}


def test_open_mails_are_those_that_can_still_go_somewhere() -> None:
    final = {state for state, to in outbox.TRANSITIONS.items() if not to}
    assert set(outbox.MailState) - final - {outbox.MailState.ACCEPTED} == outbox.OPEN
