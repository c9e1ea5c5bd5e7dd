"""A changed letter: what a mailed question shows, and the two buttons that answer it."""

from datetime import UTC, datetime

from flask import Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from campaign.core import locales
from campaign.core.comparing import around
from campaign.core.db import db
from campaign.core.errors import Conflict, Gone, NotFound
from campaign.jobs import bell
from campaign.public.answers import hide
from campaign.public.places import public
from campaign.public.readers import recipients_named
from campaign.public.shown import frame_of, speak_to, words_for
from campaign.signing import queries, reconfirming, statements
from campaign.signing.links import find_link
from campaign.signing.models import SignatureLink
from campaign.signing.reconfirming import Answer
from campaign.signing.rules import LinkPurpose, SignatureStatus
from campaign.signing.telling import Told, silence_means, told_to
from campaign.signing.versions import stands_under, taken_off_by_silence
from campaign.signing.waiting import answer_by
from campaign.web.forms import PublicForm
from campaign.web.language import kept, language

public.add_app_template_filter(around, "around")


class AnswerForm(PublicForm):
    """Two buttons. What the page says of the change, and whom it names, is sealed into it."""

    def __init__(self, link: SignatureLink) -> None:
        letter = link.signature.letter
        self.told = told_to(link.signature, words_for(letter, link.signature))
        self.readers = recipients_named(letter)
        self.wording = statements.reconfirmation(self.told.bodies)
        version = f"version {letter.text_version_id}"
        super().__init__(f"reconfirm:{link.id}", said=[version, self.wording, *self.readers])

    def to_answer(self, link: SignatureLink) -> Answer:
        """What signing.reconfirming.agree takes; call it after validate()."""
        return Answer(
            version_id=link.signature.letter.text_version_id or 0,
            wording=self.wording,
            language=str(get_locale()),
            readers=tuple(self.readers),
            shown_at=datetime.fromtimestamp(self.facts.shown_at, UTC),
        )


@public.get("/reconfirm/<token>")
def reconfirm(token: str) -> ResponseReturnValue:
    """What changed, and two buttons. Opening it changes nothing; an old link asks the newest question."""
    try:
        link = _found(token)
        reconfirming.require_answerable(link.signature)
    except NotFound:
        return _explained("unknown_link", 404)
    except Gone:
        return _over(token)
    form = AnswerForm(link)
    if form.told.asked is None:
        return _page("reconfirmed", link, 200)
    return _page("reconfirm", link, 200, form=form, token=token)


@public.post("/reconfirm/<token>")
def reconfirm_now(token: str) -> ResponseReturnValue:
    """Yes or no, by the button that was pressed. Twice is once."""
    try:
        link = _found(token)
        signature = queries.signature(link.signature.letter_id, link.signature_id, lock=True)
        reconfirming.require_answerable(signature)
        form = AnswerForm(link)
        if form.told.asked is None:
            return redirect(kept("public.reconfirm", token=token), 303)
        if not form.validate():
            return _page("reconfirm", link, 422, form=form, token=token)
        if request.form.get("answer") == "yes":
            reconfirming.agree(link, signature, form.to_answer(link))
        elif request.form.get("answer") == "no":
            reconfirming.refuse(link, signature)
        else:
            return _page("reconfirm", link, 422, form=form, token=token, unanswered=True)
        db.session.commit()
    except NotFound:
        return _explained("unknown_link", 404)
    except Gone:
        db.session.rollback()
        return _over(token)
    except Conflict:
        db.session.rollback()
        link = _found(token)
        return _page("reconfirm", link, 409, form=AnswerForm(link), token=token, stands_elsewhere=True)
    bell.ring()
    return redirect(kept("public.reconfirm", token=token), 303)


def _found(token: str) -> SignatureLink:
    """What the link stands for; from here on the answer is in the reader's language.

    Raises NotFound, or Gone for one whose time is over.
    """
    link = find_link(token, LinkPurpose.RECONFIRM)
    speak_to(link.signature)
    return link


def _page(name: str, link: SignatureLink, status: int, **context: object) -> Response:
    signature, form = link.signature, context.get("form")
    page = render_template(
        f"public/{name}.html",
        under=stands_under(signature),
        silent=taken_off_by_silence(signature),
        **frame_of(signature),
        **(_asked(link, form.told) if isinstance(form, AnswerForm) else {}),
        **context,
    )
    return hide(make_response(page, status))


def _asked(link: SignatureLink, told: Told) -> dict[str, object]:
    """Until when an answer is waited for, and what silence means."""
    if told.asked is None or told.asked.reconfirm_by is None:
        return {"told": told}
    signature = link.signature
    by = answer_by(told.asked.created_at, told.asked.reconfirm_by, link.created_at)
    return {
        "told": told,
        "until": locales.format_moment(by, signature.letter.time_zone, language()),
        "silence": silence_means(signature, told.asked, told.bodies, language()),
    }


def _over(token: str) -> Response:
    """The link's time is over, or the signature stands nowhere any more: no more than that is said."""
    try:
        link = _found(token)
    except (NotFound, Gone):
        return _explained("question_over", 410)
    answered = link.used_at is not None and link.signature.status is SignatureStatus.WITHDRAWN
    return _page("question_over", link, 200 if answered else 410)


def _explained(page: str, status: int) -> Response:
    return hide(make_response(render_template(f"public/{page}.html"), status))
