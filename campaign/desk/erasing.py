"""Erasing a sign-on for somebody who asked by mail or phone: a page that says what it means, and a button."""

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from campaign.accounts.rules import Action
from campaign.care.erasure import erase
from campaign.core.errors import NotFound
from campaign.desk.frame import desk, done, show
from campaign.editions.redacting import entries_of
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.signing import queries
from campaign.signing.models import Signature
from campaign.web.guards import actor, allowed


@desk.get("/letters/<slug>/sign-ons/<int:signature_id>/erase")
@allowed(Action.SEE_CONTACTS)
def erasing(slug: str, signature_id: int) -> ResponseReturnValue:
    """What is erased and what stays; nothing happens yet."""
    letter = letter_by_slug(slug)
    return _page(letter, _found(letter, signature_id))


@desk.post("/letters/<slug>/sign-ons/<int:signature_id>/erase")
@allowed(Action.SEE_CONTACTS)
def erase_signature(slug: str, signature_id: int) -> ResponseReturnValue:
    """Erase it everywhere we control. The record says which row, and who did it; nobody's name."""
    letter = letter_by_slug(slug)
    signature = _found(letter, signature_id)
    if not request.form.get("asked"):
        return _page(letter, signature, _("This needs your yes: tick the box."))
    erase(signature, actor())
    return done(url_for("desk.signatories", slug=slug), _("It is erased"))


def _found(letter: Letter, signature_id: int) -> Signature:
    """One that is not erased yet. Raises NotFound."""
    signature = queries.signature(letter.id, signature_id, lock=request.method == "POST")
    if signature.erased_at is not None:
        raise NotFound("this signatory was erased")
    return signature


def _page(letter: Letter, signature: Signature, wrong: str = "") -> ResponseReturnValue:
    return show(
        letter,
        "erase",
        422 if wrong else 200,
        signature=signature,
        lists=[edition.number for edition, _entry, _facts in entries_of(letter.id, signature.id)],
        wrong=wrong,
    )
