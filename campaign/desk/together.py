"""Sign-ons decided together: the ticked ones, or all with one flag; and such a decision taken back."""

from collections.abc import Sequence

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from campaign.accounts.rules import Action
from campaign.core.errors import InvalidInput
from campaign.desk.frame import desk, done, refused, sentence_of
from campaign.desk.moderation import page_after, queue_page, rows_ticked
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.signing import queries, queues, together
from campaign.signing.models import Signature
from campaign.signing.together import MOST_AT_ONCE, Act
from campaign.web.guards import actor, allowed
from campaign.web.numbers import row_number

MOST_NAMES, LONGEST_NAME = 8, 60  # named in one message, which travels in a cookie


@desk.post("/letters/<slug>/queue/decide")
@allowed(Action.MODERATE)
def decide_ticked(slug: str) -> ResponseReturnValue:
    """Accept all ticked rows, or reject them with one reason. One that cannot be is left alone and named."""
    letter = letter_by_slug(slug)
    signatures = [queries.signature(letter.id, i, lock=True) for i in rows_ticked()]
    if not signatures:
        return queue_page(letter, bulk=_("Tick the rows first."))
    return _decide(letter, signatures)


@desk.post("/letters/<slug>/queue/set")
@allowed(Action.MODERATE)
def decide_set(slug: str) -> ResponseReturnValue:
    """Accept or reject all of a set that were there when it was shown, a page of which was seen."""
    letter = letter_by_slug(slug)
    newest = row_number(request.form.get("through", "")) or 0
    waiting = queues.ids(letter.id, request.form.get("set", ""), newest, MOST_AT_ONCE)
    signatures = [queries.signature(letter.id, i, lock=True) for i in waiting]
    if not signatures:
        return refused(url_for("desk.queue", slug=slug), _("None of these waits any more."))
    return _decide(letter, signatures)


def _decide(letter: Letter, signatures: Sequence[Signature]) -> ResponseReturnValue:
    if request.form.get("do") == "accept":
        act = together.accept(letter, signatures, actor())
        sentence = ngettext("%(num)d sign-on accepted.", "%(num)d sign-ons accepted.", act.done)
    else:
        try:
            act = together.reject(letter, signatures, request.form.get("reason", ""), actor())
        except InvalidInput as fault:
            return queue_page(letter, bulk=sentence_of(fault))
        sentence = ngettext("%(num)d sign-on rejected.", "%(num)d sign-ons rejected.", act.done)
    address = url_for("desk.queue", slug=letter.slug, after=page_after() or None)
    return done(address, " ".join([sentence, *_left(act)]))


@desk.post("/letters/<slug>/decisions/<decision>/take-back")
@allowed(Action.MODERATE)
def take_back(slug: str, decision: str) -> ResponseReturnValue:
    """Take back all that was decided in one act; what went on since stays as it is and is named."""
    letter = letter_by_slug(slug)
    act = together.take_back(letter, decision, actor())
    if not act.done:
        return refused(
            url_for("desk.decisions", slug=slug), " ".join([_("There is nothing to take back."), *_left(act)])
        )
    sentence = ngettext(
        "%(num)d sign-on waits for a decision again.", "%(num)d sign-ons wait for a decision again.", act.done
    )
    return done(url_for("desk.queue", slug=slug), " ".join([sentence, *_left(act)]))


def _left(act: Act) -> list[str]:
    """What was not done, and why, in a few sentences."""
    said = [
        _("Not %(name)s: %(why)s", name=_short(signature.name), why=sentence_of(fault))
        for signature, fault in act.left[:MOST_NAMES]
    ]
    more = len(act.left) - len(said)
    return [*said, ngettext("And %(num)d more.", "And %(num)d more.", more)] if more else said


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
