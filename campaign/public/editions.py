"""Editions in public: the page of each, its list as a PDF, its snapshot, and the check of a file or hash."""

from datetime import UTC

from flask import Response, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from campaign.core.errors import Gone, InvalidInput, NotFound
from campaign.core.text import ascii_name
from campaign.editions import queries
from campaign.editions.compile import headline
from campaign.editions.frozen import thaw
from campaign.editions.models import Edition
from campaign.editions.naming import day_of, list_name, list_name_as_of
from campaign.editions.queries import Verification
from campaign.editions.rules import EditionState, sha256, short_reference
from campaign.letters.models import Letter
from campaign.letters.rules import Circulation
from campaign.public.answers import hide, keep, show
from campaign.public.forms import VerifyForm
from campaign.public.places import Place, letter_page, public, read_in
from campaign.public.texts import headline_of, set_apart
from campaign.web.language import language, site


@letter_page("/editions/<int(max=99999):number>")
def edition(place: Place, number: int) -> Response:
    """What an edition froze: its figures, its hash, what came before and after, and the public list."""
    found = _rendered(place, number)
    frozen = thaw(found)
    noun, earlier = frozen.text(place.language).noun, frozen.earlier
    verification = queries.verify_hash(found.sha256)
    return show(
        "public/edition.html",
        place,
        edition=found,
        name=list_name(number),
        as_of=list_name_as_of(number, found.frozen_at, place.letter.time_zone, language()),
        headline=set_apart(headline(frozen, None, noun)) if earlier else headline_of(frozen.figures, noun),
        earlier=earlier,
        earlier_day=day_of(earlier, frozen.time_zone, language()) if earlier else None,
        new=len(frozen.new_names(None)),
        gone=queries.no_longer_counted(place.letter.id, frozen),
        withdrawn=frozen.withdrawn_for(None),
        short=short_reference(found.sha256),
        files=[(f.language, f.size) for f in found.files if f.addressee_id is None and f.size],
        verification=verification,
        later=list_name(verification.newest or number),
    )


@letter_page("/editions/<int(max=99999):number>.pdf", prefixed=False)
def edition_pdf(place: Place, number: int) -> Response:
    """The public list as a file; `?lang=` chooses among its languages. Addressees' files are not here."""
    found = _rendered(place, number)
    tag = request.args.get("lang") or place.letter.original_language
    file = queries.file_for(found.id, None, tag)
    if not file.content:
        raise Gone("something in this file had to be erased; it is being printed again without it")
    response = make_response(file.content)
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{_filename(found)}-{ascii_name(tag)}.pdf"'
    return keep(response)


@letter_page("/editions/<int(max=99999):number>.json", prefixed=False)
def edition_json(place: Place, number: int) -> Response:
    """The snapshot, and of its entries those that anybody may read: enough to recompute the hash.

    `docs/editions.md` says how; an entry's `position` is its place in the snapshot's list, `salt` is in hex.
    """
    found = _rendered(place, number)
    entries = [
        {"position": entry.position, "salt": (entry.salt or b"").hex(), "payload": entry.payload}
        for entry in queries.opened(found)
    ]
    response = jsonify(sha256=found.sha256, snapshot=found.snapshot, entries=entries)
    response.headers["Content-Disposition"] = f'attachment; filename="{_filename(found)}.json"'
    return keep(response)


def _filename(found: Edition) -> str:
    day = found.frozen_at.astimezone(UTC)
    return f"{day:%Y-%m-%d}-{ascii_name(found.letter.slug)}-edition-{found.number}"


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
    return redirect(site("public.verify", hash="".join(typed.split()).lower()), 303)


def _rendered(place: Place, number: int) -> Edition:
    found = queries.edition(place.letter.id, number)
    if found.state is not EditionState.RENDERED:
        raise NotFound("there is no such edition")
    return found


def _not_a_hash(form: VerifyForm) -> VerifyForm:
    form.hash.errors = [_("This is no hash. It has 64 digits (0-9, a-f); the first twelve are enough.")]
    return form


def _verify_page(form: VerifyForm, found: Verification | None = None, status: int = 200) -> Response:
    """The answer names a letter, and its zone, only when everybody may know of it."""
    edition = found.edition if found else None
    letter = edition.letter if edition and edition.letter.circulation is Circulation.PUBLIC else None
    page = render_template(
        "public/verify.html",
        form=form,
        found=found,
        edition=edition,
        name=_name(edition, letter) if edition else None,
        newest=list_name(found.newest) if found and found.newest else None,
        place=read_in(letter, language()) if letter else None,
    )
    return hide(make_response(page, status))


def _name(found: Edition, letter: Letter | None) -> str:
    if letter is None:
        return list_name(found.number)
    return list_name_as_of(found.number, found.frozen_at, letter.time_zone, language())
