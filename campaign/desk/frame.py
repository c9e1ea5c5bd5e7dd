"""What all pages of the desk share: the blueprint, a page within a letter, and how a change ends."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.exc import IntegrityError

from campaign.accounts.rules import may
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput, NotAllowed, RoomError
from campaign.desk import words
from campaign.desk.findings import finding
from campaign.desk.saying import translated
from campaign.dispatch.models import Consignment, Dispatch
from campaign.dispatch.queries import dispatches, progress
from campaign.dispatch.rules import DispatchState, Progress
from campaign.editions.queries import editions
from campaign.jobs.bell import ring
from campaign.letters.models import Letter
from campaign.signing.progress import is_asking
from campaign.signing.queries import QUEUE, totals, wished
from campaign.signing.rules import COUNTED, SignatureStatus
from campaign.web.language import INTERFACE, speak

desk = Blueprint("desk", __name__, url_prefix="/desk")
NEEDS_A_PERSON = (Progress.UNKNOWN, Progress.REFUSED, Progress.BOUNCED, Progress.TO_DO, Progress.HELD)
STOPPED = (DispatchState.PROPOSED, DispatchState.HELD)


@desk.before_app_request
def _in_their_language() -> None:
    """The desk speaks the language of the account; to whom is not signed in yet, that of the browser."""
    # By path, as the pages for signing in are Flask-Security's.
    if (
        request.path.startswith("/desk/")
        and current_user.is_authenticated
        and current_user.locale in INTERFACE
    ):
        speak(current_user.locale)


@desk.context_processor
def _vocabulary() -> dict[str, object]:
    """Words for states, wherever a template of the desk needs them."""
    return {"words": words, "finding": finding, "translated": translated}


@desk.after_app_request
def _answer_sign_in(response: Response) -> Response:
    """Flask-Security answers a wrong password with 200, a right one with 302; here they are 422 and 303."""
    if request.method == "POST" and request.path.startswith("/desk/"):
        if response.status_code == 302:
            response.status_code = 303
        elif response.status_code == 200 and request.endpoint == "security.login":
            response.status_code = 422
    return response


def show(letter: Letter, template: str, status: int = 200, **context: object) -> ResponseReturnValue:
    """A page within a letter, with the counts that its navigation carries."""
    counted = totals(letter.id)
    counts = {
        "queue": sum(counted.get(s, 0) for s in QUEUE),
        "unconfirmed": counted.get(SignatureStatus.UNVERIFIED, 0),
        "list": sum(counted.get(s, 0) for s in COUNTED),
        "wishes": len(wished(letter.id)),
        "asking": is_asking(letter.id),
        "editions": len(editions(letter.id)),
        "dispatch": waiting_for_a_person(letter.id),
    }
    page = render_template(f"desk/{template}.html", letter=letter, counts=counts, may=_may, **context)
    return page, status


def _may(action: str) -> bool:
    return any(a.value == action and may(current_user.role_set, a) for a in words.ACTIONS)


def waiting_for_a_person(letter_id: int) -> int:
    """How much of a letter's releases a person has to look after.

    A release that nobody approved, or that is held, counts once; else each recipient counts, unless something
    went to their corrected address since.
    """
    found = dispatches(letter_id)
    replaced = replaced_among(found)
    stopped = sum(sent.state in STOPPED for sent in found)
    return stopped + sum(
        progress(owed) in NEEDS_A_PERSON and owed.id not in replaced
        for sent in found
        if sent.state not in STOPPED
        for owed in sent.consignments
    )


def replaced_among(found: Sequence[Dispatch]) -> dict[int, Consignment]:
    """What was sent to a corrected address, by the id of what had come back."""
    owed = (owed for sent in found for owed in sent.consignments if not owed.cancelled)
    return {one.replaces_id: one for one in owed if one.replaces_id is not None}


def done(address: str, sentence: str) -> ResponseReturnValue:
    """Commit, wake a worker, and go on at `address` (303) with a sentence about what was done."""
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        return refused(address, _same_moment())
    ring()
    flash(sentence, "done")
    return redirect(address, 303)


def refused(address: str, sentence: str) -> ResponseReturnValue:
    """Nothing was changed: go on at `address` (303) with a sentence saying why."""
    flash(sentence, "refused")
    return redirect(address, 303)


@contextmanager
def refusals() -> Iterator[list[str]]:
    """Collects a room's refusal as a sentence; what was begun is rolled back. Other errors go on."""
    found: list[str] = []
    try:
        yield found
    except (Conflict, InvalidInput, NotAllowed) as fault:
        db.session.rollback()
        found.append(sentence_of(fault))
    except IntegrityError:
        db.session.rollback()
        found.append(_same_moment())


def _same_moment() -> str:
    return _("Somebody did the same in the same moment. Please look again.")


def sentence_of(fault: RoomError) -> str:
    """What a room said, as a sentence in the language of the page."""
    said = translated(fault.message)
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "?", "!")) else ".")
