"""Editions in public: the page of each, its list as a PDF, and the check of a file or hash for anybody."""

from datetime import UTC

from flask import Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from campaign.core.errors import InvalidInput, NotFound
from campaign.core.text import ascii_name
from campaign.editions import queries
from campaign.editions.frozen import thaw
from campaign.editions.models import Edition
from campaign.editions.queries import Verification
from campaign.editions.rules import EditionState, sha256, short_reference
from campaign.letters.rules import Circulation
from campaign.public.answers import hide, keep, show
from campaign.public.forms import VerifyForm
from campaign.public.places import Place, letter_page, public
from campaign.public.texts import headline_of


@letter_page("/editions/<int(max=99999):number>")
def edition(place: Place, number: int) -> Response:
    """What an edition froze: when, its figures, its hash, and the public list to download."""
    found = _rendered(place, number)
    frozen = thaw(found)
    return show(
        "public/edition.html",
        place,
        edition=found,
        headline=headline_of(frozen.figures, frozen.text(place.language).noun),
        short=short_reference(found.sha256),
        files=[(f.language, f.size) for f in found.files if f.addressee_id is None],
        verification=queries.verify_hash(found.sha256),
    )


@letter_page("/editions/<int(max=99999):number>.pdf", prefixed=False)
def edition_pdf(place: Place, number: int) -> Response:
    """The public list as a file; `?lang=` chooses among its languages. Addressees' files are not here."""
    found = _rendered(place, number)
    tag = request.args.get("lang") or place.letter.original_language
    file = queries.file_for(found.id, None, tag)
    response = make_response(file.content)
    response.mimetype = "application/pdf"
    day = found.frozen_at.astimezone(UTC)
    name = f"{day:%Y-%m-%d}-{ascii_name(place.letter.slug)}-edition-{number}-{ascii_name(tag)}.pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return keep(response)


@public.get("/verify")
def verify() -> Response:
    """The form; with `?hash=`, what that hash stands for."""
    asked = request.args.get("hash", "")
    if not asked:
        return _verify_page(VerifyForm("verify"))
    try:
        return _verify_page(VerifyForm("verify"), queries.verify_hash(asked))
    except InvalidInput:
        return _verify_page(_not_a_hash(VerifyForm("verify", data={"hash": asked})), status=422)


@public.post("/verify")
def verify_this() -> ResponseReturnValue:
    """Turn a file into its hash, and go where the answer to a hash is shown."""
    form = VerifyForm("verify")
    content = form.file.data.read() if form.file.data else b""
    typed = sha256(content) if content else form.hash.data or ""
    if not form.validate():
        return _verify_page(form, status=422)
    try:
        queries.verify_hash(typed)
    except InvalidInput:
        return _verify_page(_not_a_hash(form), status=422)
    return redirect(url_for("public.verify", hash="".join(typed.split()).lower()), 303)


def _rendered(place: Place, number: int) -> Edition:
    found = queries.edition(place.letter.id, number)
    if found.state is not EditionState.RENDERED:
        raise NotFound("there is no such edition")
    return found


def _not_a_hash(form: VerifyForm) -> VerifyForm:
    form.hash.errors = [_("This is no hash. It has 64 digits (0-9, a-f); the first twelve are enough.")]
    return form


def _verify_page(form: VerifyForm, found: Verification | None = None, status: int = 200) -> Response:
    """The answer names a letter only when everybody may know of it."""
    edition = found.edition if found else None
    public_letter = edition.letter if edition and edition.letter.circulation is Circulation.PUBLIC else None
    page = render_template(
        "public/verify.html",
        form=form,
        found=found,
        edition=edition,
        place=Place(public_letter, public_letter.original_language) if public_letter else None,
    )
    return hide(make_response(page, status))
