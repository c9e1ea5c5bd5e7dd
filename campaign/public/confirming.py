"""Confirming: what a mailed link shows, the button that proves the mailbox, and what is said afterwards."""

from flask import Response, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from campaign.core import clock, countries
from campaign.core.db import db
from campaign.core.errors import Conflict, Gone, InvalidInput, NotFound
from campaign.jobs import bell
from campaign.letters.models import Letter
from campaign.letters.queries import private_key
from campaign.letters.rules import Circulation
from campaign.organisations.rules import Scope
from campaign.public.answers import hide
from campaign.public.forms import ConfirmForm, blame, make_harmless
from campaign.public.places import Place, public
from campaign.signing import operations, queries
from campaign.signing.models import Confirmation, Signature
from campaign.signing.rules import SignatureStatus
from campaign.tally import wording
from campaign.web.language import speak

OVER = (SignatureStatus.UNVERIFIED, SignatureStatus.EXPIRED)


@public.get("/confirm/<token>")
def confirm(token: str) -> ResponseReturnValue:
    """How it will be printed, and one button. Opening the link changes nothing: mail scanners do it too."""
    try:
        asked = _asked(token)
    except NotFound:
        return _unknown()
    if asked.signature.status not in OVER:
        return _page("confirmed", asked, 200, again=True)
    try:
        operations.require_confirmable(asked, asked.signature)
    except Gone:
        return _page("over", asked, 410)
    return _page("confirm", asked, 200, form=_form(asked), token=token)


@public.post("/confirm/<token>")
def confirm_now(token: str) -> ResponseReturnValue:
    """The mailbox is proven. Pressing twice changes nothing; an organisation that is there already: 409."""
    try:
        asked = _asked(token)
    except NotFound:
        return _unknown()
    form = _form(asked)
    if asked.signature.status not in OVER:
        return redirect(url_for("public.confirm_done", token=token), 303)
    if not form.validate():
        return _again(asked, form, token, 422)
    return _verify(asked, form, token)


@public.get("/confirm/<token>/done")
def confirm_done(token: str) -> ResponseReturnValue:
    """What happens next."""
    try:
        asked = _asked(token)
    except NotFound:
        return _unknown()
    if asked.signature.status in OVER:
        return redirect(url_for("public.confirm", token=token), 303)
    return _page("confirmed", asked, 200, again=False)


def _verify(asked: Confirmation, form: ConfirmForm, token: str) -> ResponseReturnValue:
    asked_id = asked.id
    try:
        operations.verify(asked, form.organisation.data)
        db.session.commit()
    except (InvalidInput, Gone, Conflict) as fault:
        db.session.rollback()
        asked = db.session.get_one(Confirmation, asked_id)
        if isinstance(fault, Gone):
            return _page("over", asked, 410)
        if isinstance(fault, Conflict):
            return _again(asked, form, token, 409)
        blame(form, fault.field)
        return _again(asked, form, token, 422)
    bell.ring()
    return redirect(url_for("public.confirm_done", token=token), 303)


def _asked(token: str) -> Confirmation:
    """What the link stands for; from here on the answer is in the signature's language. Raises NotFound."""
    asked = queries.confirmation(token)
    speak(asked.signature.language.replace("_", "-"))
    return asked


def _form(asked: Confirmation) -> ConfirmForm:
    return ConfirmForm(f"confirm:{asked.id}", data={"organisation": asked.signature.name})


def _again(asked: Confirmation, form: ConfirmForm, token: str, status: int) -> Response:
    make_harmless(form)
    return _page("confirm", asked, status, form=form, token=token, collision=status == 409)


def _page(name: str, asked: Confirmation, status: int, **context: object) -> Response:
    signature, letter = asked.signature, asked.signature.letter
    page = render_template(
        f"public/{name}.html",
        place=_way_back(signature, letter),
        letter=letter,
        title=letter.title(signature.language),
        notice=letter.notice(signature.language),
        signature=signature,
        heading=_heading(signature),
        replaced=asked.replaced_at is not None,
        now=clock.now(),
        **context,
    )
    return hide(make_response(page, status))


def _heading(signature: Signature) -> str:
    """What the signatory will stand under on a list."""
    if signature.scope is Scope.NATIONAL and signature.country_code:
        return countries.name(signature.country_code, signature.language)
    return wording.headings()["" if signature.scope is Scope.NATIONAL else signature.scope.value]


def _way_back(signature: Signature, letter: Letter) -> Place | None:
    """The letter's address for this signatory; a private letter's only while their host's link stands."""
    language = signature.language if signature.language in letter.languages else letter.original_language
    if letter.circulation is Circulation.PUBLIC:
        return Place(letter, language)
    links = signature.host.links if signature.host else []
    standing = next((link for link in links if link.revoked_at is None), None)
    return Place(letter, language, private_key(standing)) if standing else None


def _unknown() -> Response:
    return hide(make_response(render_template("public/unknown_link.html"), 404))
