"""The second letter, sent before the visitor comes: printed, released, handed over, come back, answered.

`python -m demo.sent`, with mailbox and worker running and in their environment. Each part is done once, so
that a run that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import os
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import campaign
from campaign.accounts.queries import user_by_email
from campaign.audit.rules import OPERATOR, Actor, ActorKind
from campaign.cli.demo import COORDINATOR
from campaign.core import clock
from campaign.core.db import Mode, db, transactions
from campaign.dispatch import operations, queries
from campaign.dispatch.responses import Answer, answered
from campaign.dispatch.rules import Progress, ResponseKind
from campaign.editions.freezing import freeze
from campaign.editions.models import Edition
from campaign.editions.queries import editions
from campaign.editions.tasks import render
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.outbox import bounces
from campaign.outbox.rules import MailState
from demo import bounce
from demo.kept import header_bytes, opened, summaries
from demo.place import SECOND, DemoFailed, Place, example_slug

PATIENCE = 60.0  # seconds the worker has to try every mail once
GLANCE = 0.1
REASON = "demonstration: this letter was sent before you came"
ON_THEIR_WAY = (None, MailState.QUEUED, MailState.CLAIMED, MailState.SUBMITTING)


def main() -> int:
    """Play what is not played yet: 0 then, 1 after saying what did not happen."""
    place = Place(Path(os.environ["DEMO_DIRECTORY"]))
    story = tomllib.loads((SECOND / "afterwards.toml").read_text(encoding="utf-8"))
    try:
        with campaign.create_app().app_context():
            release_it()
            wait_until_tried()
            let_bounce(place, story["bounces"])
            answer(story["answers"])
    except DemoFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    place.sent.touch()
    return 0


def the_letter() -> Letter:
    """The second letter."""
    return letter_by_slug(example_slug(SECOND))


def release_it() -> None:
    """Freeze it, print its files, and release it to all: the operator's own release asks no second person."""
    with transactions(Mode.SNAPSHOT):
        letter = the_letter()
        found = editions(letter.id)
        edition_id = (found[0] if found else freeze(letter, OPERATOR)).id
        db.session.commit()
    render(edition_id)
    edition = db.session.get_one(Edition, edition_id)
    if not queries.owed(edition_id):
        operations.release(edition, OPERATOR, at_once=True, reason=REASON)
    db.session.commit()


def wait_until_tried() -> None:
    """Return once the worker has tried every mail of it. Raises DemoFailed when that takes too long."""
    deadline = time.monotonic() + PATIENCE
    while any(state in ON_THEIR_WAY for state in states()):
        if time.monotonic() > deadline:
            raise DemoFailed("the worker did not hand the second letter over")
        time.sleep(GLANCE)


def states() -> list[MailState | None]:
    """Where its mails stand; None for one that is not in the outbox yet."""
    with transactions(Mode.READ):
        found = [owed.mail.state if owed.mail else None for owed in queries.envelopes(the_letter().id)]
        db.session.rollback()
    return found


def let_bounce(place: Place, address: str) -> None:
    """Play the mail server of `address`, which took its mail and now reports that nobody is there.

    Raises DemoFailed when the product does not take the report.
    """
    owed = next(owed for owed in queries.envelopes(the_letter().id) if owed.address == address)
    if queries.progress(owed) is Progress.HANDED_OVER:
        number = next(mail.number for mail in summaries(place.mailbox) if address in mail.recipients)
        taken = taken_back(place, number)
        if taken is None or taken.result is not bounces.Result.BOUNCED:
            raise DemoFailed("the second letter's mail was sent back, and the report of it was not taken")
        bounce.keep(place, number, bounce.Outcome(taken=True, words=f"{taken.result}\t{taken.mail_id}"))
    db.session.commit()


def taken_back(place: Place, number: int) -> bounces.Taken | None:
    """What the product makes of a report on a kept mail; None when there is no such mail."""
    mail = opened(place.mailbox, number)
    if mail is None:
        return None
    return bounces.take(bounce.report(mail, header_bytes(place.mailbox, number), clock.now()), mail.mail_from)


def answer(told: list[dict[str, Any]]) -> None:
    """Write down what the addressees answered, as a coordinator does at the desk."""
    letter, user = the_letter(), user_by_email(COORDINATOR)
    coordinator = Actor(ActorKind.USER, user.id if user else None)
    people = {addressee.email: addressee for addressee in letter.addressees}
    for facts in told if not queries.responses(letter.id) else ():
        given = Answer(
            ResponseKind(facts["kind"]),
            clock.now().date(),
            facts["reference"],
            facts["officer"],
            facts["words"],
        )
        answered(people[facts["from"]], given, coordinator)
    db.session.commit()


if __name__ == "__main__":
    sys.exit(main())
