"""Erasing a name from letters that are written down: what has not left yet leaves without it."""

import json
from typing import Any

from flask_babel import force_locale
from markupsafe import escape
from sqlalchemy import select

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core.db import db
from campaign.dispatch.models import Consignment, Dispatch
from campaign.dispatch.news import tell_coordinators
from campaign.dispatch.queries import progress
from campaign.dispatch.rules import DispatchState, Progress
from campaign.dispatch.writing import listed
from campaign.editions.frozen import FrozenSignatory
from campaign.editions.models import Edition
from campaign.editions.naming import withdrawn
from campaign.outbox.writing import wrapped

_GOING = (DispatchState.PROPOSED, DispatchState.RELEASED, DispatchState.HELD)
_WAITS = (Progress.WAITING, Progress.TRYING, Progress.HELD, Progress.TO_DO)


def strike(edition: Edition, signatory: FrozenSignatory, actor: Actor) -> int:
    """Take a signatory's name out of the written words of an edition's mails; returns in how many it stood.

    A release that has not left, or not to all, goes on: a mail waits by itself until its file is printed
    again, and leaves with "[withdrawn]" for the name. The coordinators are told, for they approved it with
    the name and may take it back. Words that people wrote (the letter itself, a covering text, a reply) stay.
    """
    owed = db.session.scalars(
        select(Consignment).where(Consignment.edition_id == edition.id, Consignment.parts.is_not(None))
    ).all()
    struck = sum(_strike(consignment, listed(signatory)) for consignment in owed)
    releases = select(Dispatch).where(Dispatch.edition_id == edition.id).order_by(Dispatch.id)
    for sent in db.session.scalars(releases):
        if _goes_on(sent):
            entry = record(
                actor, "dispatch.redacted", "dispatch", sent.id, sent.letter_id, edition=edition.number
            )
            tell_coordinators(entry)
    return struck


def _strike(consignment: Consignment, name: str) -> bool:
    facts: dict[str, Any] = json.loads(consignment.parts or "")
    with force_locale(consignment.addressee.language):
        mark = withdrawn()
    before = facts["text"], facts["html"]
    line = wrapped(f"- {name}")
    facts["text"] = f"\n{facts['text']}".replace(f"\n{line}", f"\n- {mark}\n").removeprefix("\n")
    facts["html"] = facts["html"].replace(f"<bdi>{escape(name)}</bdi>", f"<bdi>{escape(mark)}</bdi>")
    if (facts["text"], facts["html"]) == before:
        return False
    consignment.parts = json.dumps(facts, ensure_ascii=False)
    return True


def _goes_on(sent: Dispatch) -> bool:
    """Whether something of a release is still to leave, or may be sent by a person."""
    if sent.state is DispatchState.LEFT:
        return any(progress(consignment) in _WAITS for consignment in sent.consignments)
    return sent.state in _GOING
