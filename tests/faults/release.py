"""A letter to many mailboxes, frozen, printed and released: what faults are let loose upon."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

from sqlalchemy import func, select

from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState
from tests.faults.found import Found, twice
from tests.journeys.letter import OPENED, SLUG
from tests.journeys.stage import Stage

WAITING = (MailState.QUEUED, MailState.DEFERRED)
IN_HAND = (MailState.CLAIMED, MailState.SUBMITTING)
SENT_AMONG_FAULTS = 0.85  # of all mails; the rest leaves after the last fault
SPARED = 3  # mails that are left when a fault comes, at least
HEAD = f"""slug = "{SLUG}"
original_language = "en"
title = {{ en = "Clear water" }}
hosts = [{{ name = "Valley Rivers Network" }}]
"""
ADDRESSEE = """
[[addressees]]
name = "Ms Ada Sample {number}"
email = "{email}"
cc = [{copies}]
"""


def release(stage: Stage, addressees: int = 1, copies: int = 59) -> list[str]:
    """A letter to addressees with that many copies each is released; whom it is owed to."""
    folder: Path = stage.folder / "letter"
    folder.mkdir()
    owed = [[f"reader{a}-{n}@water.example.org" for n in range(copies + 1)] for a in range(addressees)]
    described = [
        ADDRESSEE.format(number=a, email=first, copies=", ".join(f'"{address}"' for address in others))
        for a, (first, *others) in enumerate(owed)
    ]
    (folder / "letter.toml").write_text(HEAD + "".join(described))
    (folder / "text.en.md").write_text("Please let us see the water.")
    stage.prepare(
        ("letters", "import", str(folder)),
        OPENED,
        ("editions", "compile", SLUG, "--wait"),
        ("dispatch", "release", SLUG, "--edition", "1", "--now", "--reason", "a test of faults"),
    )
    return [address for group in owed for address in group]


def random_share(chance: random.Random, left: int, faults: int) -> int:
    """After how many more mails the next fault comes, when so many are left for so many faults."""
    most = min(2 * SENT_AMONG_FAULTS * left / faults, left - SPARED)
    return int(chance.uniform(0, max(most, 0)))


def counted(stage: Stage) -> Counter[MailState]:
    """How many mails stand in each state."""
    rows = stage.sql(select(Mail.state, func.count()).group_by(Mail.state))
    return Counter({row.state: row.count for row in rows})


def number_in(stage: Stage, *states: MailState) -> int:
    """How many mails stand in one of these states."""
    return sum(counted(stage)[state] for state in states)


def judge(stage: Stage, recipients: list[str], most_unknown: int, found: Found) -> None:
    """0 twice, 0 forgotten; what nobody knows is little, and said."""
    arrived = {(str(m.message["Message-ID"]), rcpt) for m in stage.post.mails for rcpt in m.rcpt_tos}
    received = Counter(rcpt for _message_id, rcpt in arrived if rcpt in set(recipients))
    states = dict(stage.states())
    unknown = {address for address, state in states.items() if state == "unknown"}
    accepted = {address for address, state in states.items() if state == "accepted"}
    found.limit("arrived twice", twice(stage.post.mails), 0)
    found.limit("arrived under more than one Message-ID", sum(n > 1 for n in received.values()), 0)
    found.limit("forgotten", len(set(recipients) - states.keys()), 0)
    found.limit("not final", len(states.keys() - accepted - unknown), 0)
    found.limit("said to be accepted that never came", len(accepted - received.keys()), 0)
    found.limit("unknown", len(unknown), most_unknown)
    found.tried += f"; {len(unknown)} unknown"
