"""Signing: the form, what happens when it is sent, and the page that says to look in the inbox."""

from flask import Response, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from campaign.core import clock, locales
from campaign.core.db import db
from campaign.core.errors import Conflict, Gone, InvalidInput
from campaign.jobs import bell
from campaign.letters.rules import GRACE, LetterStatus, require_signatures
from campaign.public.answers import hide, show, slim
from campaign.public.forms import SignForm, blame, make_harmless, typed
from campaign.public.places import Place, letter_page
from campaign.signing import operations

SHORTLY = "3600"  # seconds after which a paused letter is worth another look (RFC 9110, Retry-After)


@letter_page("/sign", private=True, methods=("GET", "POST"))
def sign(place: Place) -> ResponseReturnValue:
    """The form. A good one answers 303, whoever has signed already; a bad one 422 with all that was typed."""
    form = SignForm(place)
    try:
        _require_open(place)
        if request.method != "POST":  # HEAD is answered like GET
            return form_page(place, form, 200)
        if form.validate():
            operations.sign(place.letter, form.to_command())
            db.session.commit()
            bell.ring()
            return redirect(place.url("inbox"), 303)
    except InvalidInput as fault:
        db.session.rollback()
        blame(form, fault.field)
    except Gone:
        return _shut_page(place, form, 410)
    except Conflict:
        answer = _shut_page(place, form, 503)
        answer.headers["Retry-After"] = SHORTLY
        return answer
    return form_page(place, form, 422)


@letter_page("/sign/inbox", private=True)
def inbox(place: Place) -> Response:
    """What happens next: the same page for everybody who sent the form."""
    deadline = place.letter.deadline
    return show(
        "public/inbox.html",
        place,
        sender=current_app.config["SETTINGS"].mail_default_sender,
        until=deadline + GRACE if deadline else None,
    )


def _require_open(place: Place) -> None:
    letter = place.letter
    require_signatures(letter.status, letter.paused, letter.deadline, clock.now())


def form_page(place: Place, form: SignForm, status: int) -> Response:
    """The form is made anew for each reader (its nonce tells a double click), so nobody keeps it."""
    make_harmless(form)
    readers = locales.listing(form.readers, place.language)
    page = render_template(
        "public/sign.html",
        place=place,
        letter=place.letter,
        form=form,
        readers=readers,
        later_changes=form.later_changes,
    )
    answer = make_response(slim(page), status)
    return hide(answer) if place.private else answer


def _shut_page(place: Place, form: SignForm, status: int) -> Response:
    """No signatures now; what somebody has typed meanwhile is shown, to be kept."""
    make_harmless(form)
    page = render_template(
        "public/shut.html",
        place=place,
        letter=place.letter,
        paused=place.letter.status is LetterStatus.OPEN and place.letter.paused,
        typed=typed(form) if request.method == "POST" else {},
    )
    answer = make_response(page, status)
    return hide(answer) if place.private else answer
