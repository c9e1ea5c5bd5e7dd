"""An addressee's own page: what happened between us and them, and what they answered."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from campaign.accounts.rules import Action
from campaign.core import clock
from campaign.core.errors import InvalidInput, NotFound
from campaign.desk.files import refusal_status, upload
from campaign.desk.frame import desk, done, refusals, refused, show
from campaign.desk.happened import told
from campaign.dispatch import queries, responses
from campaign.dispatch.models import Response
from campaign.dispatch.responses import LONGEST_WORDS, Answer, Upload
from campaign.dispatch.rules import ResponseKind
from campaign.dispatch.timeline import timelines
from campaign.letters.models import Addressee, Letter
from campaign.letters.queries import letter_by_slug
from campaign.web.guards import actor, allowed


@desk.get("/letters/<slug>/addressees/<int:addressee_id>")
@allowed(Action.MODERATE)
def addressee(slug: str, addressee_id: int) -> ResponseReturnValue:
    """Everything that happened with one addressee, oldest first."""
    return _addressee(_found(letter_by_slug(slug), addressee_id))


def _addressee(
    whom: Addressee, wrong: Mapping[str, str] | None = None, status: int = 200
) -> ResponseReturnValue:
    letter = whom.letter
    found = timelines(queries.dispatches(letter.id), queries.responses(letter.id)).get(whom.id, [])
    return show(
        letter,
        "addressee",
        status,
        whom=whom,
        lines=[told(event, whom) for event in found],
        wrong=wrong or {},
        typed=request.form,
        today=clock.now().date().isoformat(),
        longest=LONGEST_WORDS,
    )


def _found(letter: Letter, addressee_id: int) -> Addressee:
    """Also one who was removed: what happened with them stays."""
    found = next((a for a in letter.addressees if a.id == addressee_id), None)
    if found is None:
        raise NotFound("there is no such addressee on this letter")
    return found


@desk.post("/letters/<slug>/addressees/<int:addressee_id>/acknowledged")
@allowed(Action.RELEASE)
def acknowledged(slug: str, addressee_id: int) -> ResponseReturnValue:
    """They said it arrived: the day, their reference, the officer in charge."""
    made = partial(
        Answer,
        ResponseKind.ACKNOWLEDGED,
        reference=request.form.get("reference", ""),
        officer=request.form.get("officer", ""),
    )
    return _written_down(slug, addressee_id, made, _("Written down: they acknowledged it."))


@desk.post("/letters/<slug>/addressees/<int:addressee_id>/replied")
@allowed(Action.RELEASE)
def replied(slug: str, addressee_id: int) -> ResponseReturnValue:
    """They answered: typed in, or as a file. Nobody outside sees it before it is published."""
    taken = upload("file")
    made = partial(Answer, ResponseKind.REPLIED, words=request.form.get("words", ""), file=taken)
    said = _("Written down. Only your team sees the reply until you publish it.")
    return _written_down(slug, addressee_id, made, said, taken)


def _written_down(
    slug: str, addressee_id: int, made: Callable[[date], Answer], said: str, taken: Upload | None = None
) -> ResponseReturnValue:
    wrong = ""
    with refusals() as refusal:
        try:
            answer = made(day_of(request.form.get("on_day", ""), "on_day"))
            responses.answered(_found(letter_by_slug(slug), addressee_id), answer, actor())
        except InvalidInput as fault:
            wrong = fault.field or ""
            raise
    if refusal:
        form = request.endpoint.rpartition(".")[2] if request.endpoint else ""
        whom = _found(letter_by_slug(slug), addressee_id)
        return _addressee(whom, {"form": form, wrong: refusal[0]}, refusal_status(taken))
    return done(_page(slug, addressee_id), said)


def day_of(typed: str, field: str) -> date:
    """A day as a browser sends it. Raises InvalidInput."""
    try:
        return date.fromisoformat(typed)
    except ValueError as fault:
        raise InvalidInput(_("please give the day"), field) from fault


@desk.post("/letters/<slug>/replies/<int:response_id>/publish")
@allowed(Action.RELEASE)
def publish_reply(slug: str, response_id: int) -> ResponseReturnValue:
    """Show a reply to everybody on the letter's page."""
    said = _("The reply is published: everybody can read it on the letter’s page, once the letter is public.")
    return _shown(slug, response_id, True, said)


@desk.post("/letters/<slug>/replies/<int:response_id>/unpublish")
@allowed(Action.RELEASE)
def unpublish_reply(slug: str, response_id: int) -> ResponseReturnValue:
    """Show a reply no longer."""
    return _shown(slug, response_id, False, _("The reply is no longer on the letter’s page."))


def _shown(slug: str, response_id: int, shown: bool, said: str) -> ResponseReturnValue:
    response: Response = queries.response(letter_by_slug(slug).id, response_id)
    address = _page(slug, response.addressee_id)
    with refusals() as refusal:
        responses.publish(response, shown, actor())
    return refused(address, refusal[0]) if refusal else done(address, said)


def _page(slug: str, addressee_id: int) -> str:
    return url_for("desk.addressee", slug=slug, addressee_id=addressee_id)
