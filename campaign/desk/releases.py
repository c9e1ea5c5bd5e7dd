"""A release on a page of its own: exactly what leaves, and a second person's word on it."""

from collections.abc import Callable

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_security import current_user

from campaign.accounts.queries import active_users, releasers
from campaign.accounts.rules import Action
from campaign.audit.rules import ActorKind
from campaign.core import clock
from campaign.desk import words
from campaign.desk.frame import desk, done, refusals, refused, show
from campaign.desk.sheets import BEFORE_RELEASE, by_hand, leaving, summary
from campaign.dispatch import operations, queries
from campaign.dispatch.fingerprint import fingerprint
from campaign.dispatch.models import Dispatch
from campaign.dispatch.preview import Preview
from campaign.dispatch.rules import DispatchState, needs_second_person
from campaign.letters.queries import letter_by_slug
from campaign.web.guards import actor, allowed
from campaign.web.sending import domain_findings


@desk.get("/letters/<slug>/dispatch/<int:dispatch_id>")
@allowed(Action.RELEASE)
def release(slug: str, dispatch_id: int) -> ResponseReturnValue:
    """What leaves, to whom, with which choices; and, while it waits, the buttons of a second person."""
    letter = letter_by_slug(slug)
    sent = queries.dispatch(letter.id, dispatch_id)
    shown, found = leaving(sent)
    return show(
        letter,
        "release",
        sent=sent,
        shown=shown,
        sheets=found,
        headline=headline(sent, shown),
        by_hand=by_hand(shown.plans),
        before=sent.state in BEFORE_RELEASE,
        standing=standing(sent),
        domain_findings=words.domains(domain_findings()) if sent.state in BEFORE_RELEASE else (),
        people={user.id: user.email for user in active_users()},
    )


def headline(sent: Dispatch, shown: Preview) -> str:
    """How much, when, and whether it has left."""
    zone, letters = sent.letter.time_zone, summary(shown.plans)
    if sent.state is DispatchState.CANCELLED:
        return _("%(letters)s. Taken back: nothing more leaves.", letters=letters)
    if sent.left_at is not None:
        return _(
            "%(letters)s, given to the outbox %(when)s.", letters=letters, when=words.when(sent.left_at, zone)
        )
    if sent.leaves_at is None or (sent.state in BEFORE_RELEASE and sent.leaves_at <= clock.now()):
        return _("%(letters)s, as soon as it is approved. Nothing has left yet.", letters=letters)
    return _(
        "%(letters)s, %(when)s. Nothing has left yet.", letters=letters, when=words.when(sent.leaves_at, zone)
    )


def standing(sent: Dispatch) -> str:
    """What the person who looks can do about a release that has not left.

    One of: `approve`; `asked` (somebody else has to approve); `changed` and `held` (look again, then propose
    anew); `alone` (nobody is left who could approve, so it has to be proposed anew); or nothing.
    """
    if sent.state is DispatchState.HELD:
        return "held"
    if sent.state is not DispatchState.PROPOSED:
        return ""
    if fingerprint(sent.edition) != sent.fingerprint:
        return "changed"
    if not (sent.proposed_kind is ActorKind.USER and sent.proposed_by == current_user.id):
        return "approve"
    return "asked" if needs_second_person(releasers(), current_user.id) else "alone"


@desk.post("/letters/<slug>/dispatch/<int:dispatch_id>/approve")
@allowed(Action.RELEASE)
def approve(slug: str, dispatch_id: int) -> ResponseReturnValue:
    """A second person lets it go."""

    def act(sent: Dispatch) -> str:
        operations.approve(sent, request.form.get("seen", ""), actor())
        return _approved(sent)

    return _acting(slug, dispatch_id, act, _here(slug, dispatch_id))


@desk.post("/letters/<slug>/dispatch/<int:dispatch_id>/renew")
@allowed(Action.RELEASE)
def renew(slug: str, dispatch_id: int) -> ResponseReturnValue:
    """Propose again, as the letter stands now, what was stopped by an edit or held after a restore."""

    def act(sent: Dispatch) -> str:
        operations.renew(sent, request.form.get("seen", ""), actor())
        return proposed(sent)

    return _acting(slug, dispatch_id, act, _here(slug, dispatch_id))


@desk.post("/letters/<slug>/dispatch/<int:dispatch_id>/cancel")
@allowed(Action.RELEASE)
def cancel(slug: str, dispatch_id: int) -> ResponseReturnValue:
    """Take back what has not begun to leave."""

    def act(sent: Dispatch) -> str:
        taken = operations.cancel(sent, actor())
        return _("Taken back for %(num)d recipients. Nothing leaves for them.", num=taken)

    return _acting(slug, dispatch_id, act, url_for("desk.dispatch", slug=slug))


def _acting(
    slug: str, dispatch_id: int, act: Callable[[Dispatch], str], otherwise: str
) -> ResponseReturnValue:
    """An act on a release, read anew under a lock; its sentence is shown, a refusal leads `otherwise`."""
    sent, said = queries.dispatch(letter_by_slug(slug).id, dispatch_id, lock=True), ""
    with refusals() as refusal:
        said = act(sent)
    if refusal:
        return refused(otherwise, refusal[0])
    return done(url_for("desk.dispatch", slug=slug), said)


def proposed(sent: Dispatch) -> str:
    """What to say of a release somebody has just asked for."""
    if sent.state is DispatchState.PROPOSED:
        return _("Proposed. Nothing leaves until a second person approves it; they are told by mail.")
    leaves = words.when(sent.leaves_at or clock.now(), sent.letter.time_zone)
    return _("Released. It leaves %(when)s; until then you can take it back.", when=leaves)


def _approved(sent: Dispatch) -> str:
    leaves = sent.leaves_at or clock.now()
    if leaves <= clock.now():
        return _("Approved. The letters leave now.")
    when = words.when(leaves, sent.letter.time_zone)
    return _("Approved. The letters leave %(when)s; until then they can be taken back.", when=when)


def _here(slug: str, dispatch_id: int) -> str:
    return url_for("desk.release", slug=slug, dispatch_id=dispatch_id)
