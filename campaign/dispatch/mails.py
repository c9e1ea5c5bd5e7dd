"""The mails of dispatch: the letter to its addressee, a trial of it, and news for the coordinators."""

import json

from flask_babel import gettext as _

from campaign.audit.models import AuditEntry
from campaign.core.db import db
from campaign.core.errors import NotFound
from campaign.dispatch.models import Consignment
from campaign.dispatch.writing import Errand, assembled, groups, written
from campaign.editions.models import Edition
from campaign.letters.mails import told
from campaign.letters.models import Addressee
from campaign.letters.rules import LetterStatus
from campaign.outbox.bodies import notice
from campaign.outbox.leases import Claim
from campaign.outbox.message import Parts


def letter(claim: Claim, consignment_id: int) -> Parts | None:
    """The mail of a consignment; the same bytes at every try and for every envelope recipient.

    None when the letter was withdrawn meanwhile. Raises Conflict while a file is printed again after an
    erasure: it is tried again.
    """
    found = db.session.get(Consignment, consignment_id)
    if found is None or found.parts is None:
        return None
    if found.dispatch.letter.status is LetterStatus.WITHDRAWN:
        return None
    return assembled(json.loads(found.parts))


def trial(claim: Claim, edition_id: int, addressee_id: int, reader: int, entry_id: int) -> Parts:
    """A letter as it would leave, to the coordinator who asked, marked as a trial and in no thread."""
    edition = db.session.get_one(Edition, edition_id)
    addressee = db.session.get_one(Addressee, addressee_id)
    asked = db.session.get_one(AuditEntry, entry_id)
    errand = Errand(edition)
    group = next((g for g in groups(errand, addressee) if g.reader == reader), None)
    if group is None:
        raise NotFound("there is no such recipient in this edition")
    facts = written(errand, addressee, group, asked.at)
    facts |= {
        "subject": _("[Trial] %(subject)s", subject=facts["subject"]),
        "to": [["", claim.recipient]],
        "cc": [],
        "references": [],
    }
    return assembled(facts)


@notice
def news(locale: str, entry_id: int) -> Parts | None:
    """To a coordinator: a release waits for a second person, was stopped, or something in it failed."""
    return told("release_news", locale, entry_id, happened(), "/dispatch")


def happened() -> dict[str, str]:
    """What coordinators are told of a release, by recorded act."""
    return {
        "dispatch.proposed": _("A release waits for a second person. Look at the preview and approve it."),
        "dispatch.released": _(
            "A second person approved the release. What has not left yet can still be taken back."
        ),
        "dispatch.voided": _(
            "The letter was changed after its release was approved. Nothing has left; approve it again."
        ),
        "dispatch.redacted": _(
            "A signatory was erased from an edition that has not left everybody yet. It leaves without "
            "that name. To send another list instead, take the release back and freeze a new edition."
        ),
        "dispatch.stopped": _(
            "The letter is not open any more. Its release was cancelled; nothing has left."
        ),
        "dispatch.troubled": _("Something did not reach its recipient, or we do not know. Look at it now."),
        "dispatch.publication_stopped": _(
            "A recipient’s server refused the letter. As you chose, it is not published; decide what to do."
        ),
        "dispatch.published": _("The letters have left, and the letter is public now."),
    }
