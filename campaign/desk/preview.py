"""Before release: what would leave, to whom, and what should be known first; and the release itself."""

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from campaign.accounts.rules import Action
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict
from campaign.desk import words
from campaign.desk.frame import desk, done, refused, sentence_of, show
from campaign.dispatch import operations
from campaign.dispatch.preview import Preview
from campaign.dispatch.preview import preview as previewed
from campaign.dispatch.queries import released
from campaign.dispatch.rules import DEFAULT_DELAY
from campaign.editions import queries
from campaign.editions.models import Edition
from campaign.editions.rules import EditionState
from campaign.letters.queries import letter_by_slug
from campaign.letters.rules import Channel
from campaign.web.guards import actor, allowed


@desk.get("/letters/<slug>/editions/<int:number>/preview")
@allowed(Action.RELEASE)
def preview(slug: str, number: int) -> ResponseReturnValue:
    """Every mail of an edition as it would be read. Looking changes nothing."""
    letter = letter_by_slug(slug)
    edition = queries.edition(letter.id, number)
    if edition.state is not EditionState.RENDERED:
        return refused(url_for("desk.editions", slug=slug), _("The files of this edition are not ready yet."))
    shown = previewed(edition)
    return show(
        letter,
        "preview",
        edition=edition,
        shown=shown,
        summary=summary(shown),
        by_hand=[p.addressee for p in shown.plans if p.addressee.channel is not Channel.MAIL],
        sent=released(edition.id),
        files=_files(edition),
        minutes=int(DEFAULT_DELAY.total_seconds() // 60),
    )


def summary(shown: Preview) -> str:
    """The first line: "3 letters to 5 mailboxes"."""
    mailed = sum(plan.mail is not None for plan in shown.plans)
    letters = ngettext("%(num)d letter", "%(num)d letters", mailed)
    mailboxes = ngettext("%(num)d mailbox", "%(num)d mailboxes", shown.mailboxes)
    return _("%(letters)s to %(mailboxes)s", letters=letters, mailboxes=mailboxes)


def _files(edition: Edition) -> dict[int, int]:
    """The id of each addressee's file, by the addressee's id."""
    return {file.addressee_id: file.id for file in edition.files if file.addressee_id}


@desk.post("/letters/<slug>/editions/<int:number>/release")
@allowed(Action.RELEASE)
def release(slug: str, number: int) -> ResponseReturnValue:
    """Owe the letters to their addressees: after a delay in which it can be taken back, or at once."""
    edition = queries.edition(letter_by_slug(slug).id, number)
    at_once = request.form.get("when") == "now"
    try:
        sent = operations.release(edition, actor(), at_once=at_once)
    except Conflict as fault:
        return _not_released(slug, number, fault)
    leaves = words.at(sent.leaves_at or clock.now(), edition.letter.time_zone)
    said = (
        _("Released. The letters leave now.")
        if at_once
        else _("Released. The letters leave at %(time)s; until then you can take them back.", time=leaves)
    )
    return done(url_for("desk.dispatch", slug=slug), said)


def _not_released(slug: str, number: int, fault: Conflict) -> ResponseReturnValue:
    """A second click finds the release that the first one made."""
    db.session.rollback()
    edition = queries.edition(letter_by_slug(slug).id, number)
    if released(edition.id):
        return refused(url_for("desk.dispatch", slug=slug), sentence_of(fault))
    if edition.state is not EditionState.RENDERED:
        return refused(url_for("desk.editions", slug=slug), sentence_of(fault))
    return refused(url_for("desk.preview", slug=slug, number=number), sentence_of(fault))
