"""Bulk invalidation at the desk: a rule, what it means, the confirmation, how far it got, and undoing it."""

from collections.abc import Callable

from flask import make_response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from campaign.accounts.queries import active_users
from campaign.accounts.rules import Action
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.desk import words
from campaign.desk.frame import desk, done, refusals, refused, sentence_of, show
from campaign.desk.rule_form import RuleForm, told
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.signing import invalidating, meant
from campaign.signing.bulk import AT_WORK
from campaign.signing.models import Invalidation
from campaign.signing.rules import InvalidationState
from campaign.web.guards import actor, allowed

SAMPLE = 20
REFRESH_SECONDS = 3


@desk.get("/letters/<slug>/invalidations")
@allowed(Action.MODERATE)
def invalidations(slug: str) -> ResponseReturnValue:
    """The form for a rule, and the rules that were made before."""
    letter = letter_by_slug(slug)
    return _list(letter, RuleForm(letter, network=request.args.get("network", "")[:9]))


@desk.post("/letters/<slug>/invalidations")
@allowed(Action.MODERATE)
def propose_invalidation(slug: str) -> ResponseReturnValue:
    """Write the rule down and go on to what it means. No sign-on is changed."""
    letter = letter_by_slug(slug)
    form = RuleForm(letter)
    if not form.validate_on_submit():
        return _list(letter, form, 422)
    try:
        proposed = invalidating.propose(letter, form.conditions(), actor())
    except InvalidInput as fault:
        db.session.rollback()
        form.blame(fault)
        return _list(letter_by_slug(slug), form, 422)
    said = ngettext("The rule means %(num)d sign-on.", "The rule means %(num)d sign-ons.", proposed.matched)
    return done(url_for("desk.invalidation", slug=slug, invalidation_id=proposed.id), said)


@desk.get("/letters/<slug>/invalidations/<int:invalidation_id>")
@allowed(Action.MODERATE)
def invalidation(slug: str, invalidation_id: int) -> ResponseReturnValue:
    """What the rule means now, or how far it got; the page comes again by itself while it is at work."""
    return _page(letter_by_slug(slug), invalidation_id)


@desk.post("/letters/<slug>/invalidations/<int:invalidation_id>/start")
@allowed(Action.MODERATE)
def start_invalidation(slug: str, invalidation_id: int) -> ResponseReturnValue:
    """Confirm it, with the number that was seen and a reason."""
    letter = letter_by_slug(slug)
    typed = request.form.get("seen", "")
    seen = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else -1
    try:
        found = invalidating.locked(letter.id, invalidation_id)
        invalidating.start(found, request.form.get("reason", ""), seen, actor())
    except (InvalidInput, Conflict) as fault:
        db.session.rollback()
        return _page(letter_by_slug(slug), invalidation_id, sentence_of(fault))
    return done(_address(slug, invalidation_id), _("It begins now."))


@desk.post("/letters/<slug>/invalidations/<int:invalidation_id>/cancel")
@allowed(Action.MODERATE)
def cancel_invalidation(slug: str, invalidation_id: int) -> ResponseReturnValue:
    """Go no further."""
    return _act(
        slug, invalidation_id, invalidating.cancel, _("It goes no further. What was done can be undone.")
    )


@desk.post("/letters/<slug>/invalidations/<int:invalidation_id>/undo")
@allowed(Action.MODERATE)
def undo_invalidation(slug: str, invalidation_id: int) -> ResponseReturnValue:
    """Put each sign-on back to what it was."""
    return _act(slug, invalidation_id, invalidating.undo, _("It is being undone."))


def _act(slug: str, invalidation_id: int, act: Callable[..., None], sentence: str) -> ResponseReturnValue:
    letter, address = letter_by_slug(slug), _address(slug, invalidation_id)
    with refusals() as refusal:
        act(invalidating.locked(letter.id, invalidation_id), actor())
    return refused(address, refusal[0]) if refusal else done(address, sentence)


def _address(slug: str, invalidation_id: int) -> str:
    return url_for("desk.invalidation", slug=slug, invalidation_id=invalidation_id)


def _list(letter: Letter, form: RuleForm, status: int = 200) -> ResponseReturnValue:
    return show(
        letter,
        "invalidations",
        status,
        form=form,
        found=[(each, told(each.conditions, letter)) for each in invalidating.of_letter(letter.id)],
        people=_people(),
        country_names=words.country_names(letter.country_names),
    )


def _page(letter: Letter, invalidation_id: int, wrong: str = "") -> ResponseReturnValue:
    found = invalidating.one(letter.id, invalidation_id)
    context = _preview(letter, found) if found.state is InvalidationState.PROPOSED else {}
    page = show(
        letter,
        "invalidation",
        422 if wrong else 200,
        found=found,
        rule=told(found.conditions, letter),
        tally=invalidating.tally(found),
        since=0 if found.state in AT_WORK else invalidating.came_since(found),
        people=_people(),
        wrong=wrong,
        typed=request.form,
        **context,
    )
    response = make_response(page)
    if found.state in AT_WORK:
        response.headers["Refresh"] = str(REFRESH_SECONDS)
    return response


def _preview(letter: Letter, found: Invalidation) -> dict[str, object]:
    """How many it means at this moment, and some of them."""
    ids = list(meant.ids(letter.id, found.conditions, found.through_id))
    return {"seen": len(ids), "sample": invalidating.sample(letter.id, ids[:SAMPLE])}


def _people() -> dict[int, str]:
    return {user.id: user.email for user in active_users()}
