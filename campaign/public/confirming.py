"""Confirming: what a mailed link shows, the button that proves the mailbox, and what is said afterwards."""

from flask import Response, make_response, redirect, render_template
from flask.typing import ResponseReturnValue

from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Gone, InvalidInput, NotFound
from campaign.jobs import bell
from campaign.letters.rules import takes_confirmations
from campaign.public.answers import hide
from campaign.public.confirm_forms import ConfirmForm, confirm_form
from campaign.public.forms import blame, make_harmless
from campaign.public.places import public
from campaign.public.shown import frame_of, speak_to, words_for
from campaign.public.waiting import also_waiting
from campaign.signing import confirming, queries, statements
from campaign.signing.contacts import told_status
from campaign.signing.models import Confirmation
from campaign.signing.rules import SignatureStatus
from campaign.signing.telling import told_to
from campaign.web.forms import PublicForm
from campaign.web.language import kept

OVER = (SignatureStatus.UNVERIFIED, SignatureStatus.EXPIRED)


@public.get("/confirm/<token>")
def confirm(token: str) -> ResponseReturnValue:
    """How it will be printed, and one button. Opening the link changes nothing: mail scanners do it too."""
    try:
        asked = _asked(token)
    except NotFound:
        return _unknown()
    if asked.signature.status not in OVER:
        return _told(asked, again=True)
    try:
        confirming.require_confirmable(asked, asked.signature)
    except Gone:
        return _page("over", asked, 410)
    return _ask(asked, _form(asked), token, 200)


@public.post("/confirm/<token>")
def confirm_now(token: str) -> ResponseReturnValue:
    """The mailbox is proven. Pressing twice changes nothing."""
    try:
        asked = _asked(token)
    except NotFound:
        return _unknown()
    form = _form(asked)
    if asked.signature.status not in OVER:
        return redirect(kept("public.confirm_done", token=token), 303)
    if not form.validate():
        return _again(asked, form, token, 422)
    return _verify(asked, form, token)


@public.post("/confirm/<token>/refuse")
def refuse(token: str) -> ResponseReturnValue:
    """Not ours: it ends here. Pressing twice changes nothing."""
    try:
        asked = _asked(token)
    except NotFound:
        return _unknown()
    refusal, form = _refusal(asked), _form(asked)
    if not refusal.validate():
        form.form_errors = [str(error) for error in refusal.csrf_token.errors]
        return _again(asked, form, token, 422)
    try:
        confirming.refuse(asked)
        db.session.commit()
    except Gone:
        db.session.rollback()
    return redirect(kept("public.confirm_done", token=token), 303)


@public.get("/confirm/<token>/done")
def confirm_done(token: str) -> ResponseReturnValue:
    """What happens next."""
    try:
        asked = _asked(token)
    except NotFound:
        return _unknown()
    if confirming.was_refused(asked):
        return _page("refused", asked, 200)
    if asked.signature.status in OVER:
        return redirect(kept("public.confirm", token=token), 303)
    return _told(asked, again=False)


def _told(asked: Confirmation, again: bool) -> Response:
    """How it stands, for as long as the letter takes confirmations: a link is not for ever."""
    letter = asked.signature.letter
    if not takes_confirmations(letter.status, letter.deadline, clock.now()):
        return _page("over", asked, 410, used=True)
    return _page("confirmed", asked, 200, again=again, others=also_waiting(asked))


def _verify(asked: Confirmation, form: ConfirmForm, token: str) -> ResponseReturnValue:
    asked_id = asked.id
    try:
        version = asked.signature.letter.text_version_id
        confirming.verify(asked, form.organisation.data, version, form.to_decision())
        db.session.commit()
    except (InvalidInput, Gone) as fault:
        db.session.rollback()
        asked = db.session.get_one(Confirmation, asked_id)
        if isinstance(fault, Gone):
            return _page("over", asked, 410)
        blame(form, fault.field)
        return _again(asked, form, token, 422)
    bell.ring()
    return redirect(kept("public.confirm_done", token=token), 303)


def _asked(token: str) -> Confirmation:
    """What the link stands for; from here on the answer is in the reader's language. Raises NotFound."""
    asked = queries.confirmation(token)
    speak_to(asked.signature)
    return asked


def _form(asked: Confirmation) -> ConfirmForm:
    """What changed in the letter since it was signed stands on the page, and is sealed into the form."""
    told = told_to(asked.signature)
    changed = [f"version {told.asked.id}"] if told.asked else []
    return confirm_form(asked.id, asked.signature, changed)


def _again(asked: Confirmation, form: ConfirmForm, token: str, status: int) -> Response:
    make_harmless(form)
    return _ask(asked, form, token, status)


def _ask(asked: Confirmation, form: ConfirmForm, token: str, status: int) -> Response:
    person = asked.signature.representative
    asked_by = person.asked_by if person else None
    return _page(
        "confirm",
        asked,
        status,
        form=form,
        refusal=_refusal(asked),
        token=token,
        asked_by=asked_by,
        sealed=statements.sealed(),
    )


def _refusal(asked: Confirmation) -> PublicForm:
    return PublicForm(f"refuse:{asked.id}")


def _page(name: str, asked: Confirmation, status: int, **context: object) -> Response:
    signature = asked.signature
    page = render_template(
        f"public/{name}.html",
        stands=told_status(signature),
        told=told_to(signature, words_for(signature.letter, signature)),
        replaced=asked.replaced_at is not None,
        refused=confirming.was_refused(asked),
        now=clock.now(),
        **frame_of(signature),
        **context,
    )
    return hide(make_response(page, status))


def _unknown() -> Response:
    return hide(make_response(render_template("public/unknown_link.html"), 404))
