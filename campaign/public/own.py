"""Looking after one's own signature: the page behind the mailed link, and each act on it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from flask import Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from campaign.audit.rules import SIGNATORY
from campaign.core.db import db
from campaign.core.errors import Conflict, Gone, InvalidInput, NotFound
from campaign.editions.naming import list_name
from campaign.editions.own_copy import version_of
from campaign.editions.redacting import entries_of
from campaign.editions.rules import EditionState
from campaign.jobs import bell
from campaign.letters.rules import Visibility
from campaign.public.answers import hide
from campaign.public.forms import blame, make_harmless
from campaign.public.own_forms import CorrectForm, ShownForm
from campaign.public.places import Place, public
from campaign.public.readers import readers_now
from campaign.public.shown import can_be_signed, frame_of, next_letters, speak_to
from campaign.signing import consenting, corrections, operations, queries, statements, visibility
from campaign.signing.contacts import told_status
from campaign.signing.links import find_link, link_token, standing_link
from campaign.signing.models import Signature, SignatureLink
from campaign.signing.rules import LIVE, LinkPurpose
from campaign.signing.versions import given_to, taken_off_by_silence
from campaign.web.forms import PublicForm
from campaign.web.language import kept


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody at their own signature: by which link, whose token it was, and what they hold."""

    link: SignatureLink
    token: str
    signature: Signature

    def forms(self) -> dict[str, PublicForm]:
        """Every form of the page as it is shown first."""
        return {
            "press": self.press(),
            "shown": ShownForm(self.link.id, self.signature),
            "correct": CorrectForm(self.link.id, self.signature),
        }

    def press(self) -> PublicForm:
        """The seal of a form that is only a button."""
        return PublicForm(f"own:{self.link.id}")


View = Callable[..., ResponseReturnValue]


def own_page(path: str = "", methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
    """Serve a view below /signature/<token> to whoever holds a link that stands; others are told why not.

    No cache keeps any of it, and no search engine finds it. A POST gets the signature locked.
    """

    def register(view: View) -> View:
        @wraps(view)
        def held(token: str, **values: str) -> ResponseReturnValue:
            try:
                link = find_link(token, LinkPurpose.MANAGE)
            except NotFound:
                return _explained("unknown_link", 404)
            except Gone:
                return _explained("link_over", 410)
            signature = link.signature
            speak_to(signature)
            if request.method == "POST":
                signature = queries.signature(signature.letter_id, signature.id, lock=True)
            return hide(make_response(view(Holder(link, token, signature), **values)))

        public.add_url_rule(
            f"/signature/<token>{path}", endpoint=view.__name__, view_func=held, methods=methods
        )
        return view

    return register


def _explained(page: str, status: int) -> Response:
    return hide(make_response(render_template(f"public/{page}.html", own=True), status))


@own_page()
def own(holder: Holder) -> ResponseReturnValue:
    """How the signature stands, who sees the name, what was agreed to, and what can be done."""
    return show_own(holder)


def show_own(holder: Holder, status: int = 200, **context: object) -> Response:
    """The page, with the forms that were sent and refused among `context`."""
    signature, frame = holder.signature, frame_of(holder.signature)
    place: Place | None = frame["place"]
    page = render_template(
        "public/own.html",
        holder=holder,
        stands=(stands := told_status(signature)),
        live=stands in LIVE,
        signable=place is not None and can_be_signed(signature.letter),
        done=said_done(request.args.get("done", "")),
        consents=queries.consents(signature.id),
        named_in=_named_in(signature, place),
        news=statements.updates(),
        updates=consenting.wants_updates(signature.id),
        readers=readers_now(signature),
        version=version_of(signature),
        text=given_to(signature),
        question=_question(signature),
        nexts=next_letters(signature),
        **(frame | holder.forms() | context),
    )
    return make_response(page, status)


def _question(signature: Signature) -> str:
    """The page that asks about a changed letter, where there is something to answer; else empty."""
    if given_to(signature).asked is None and not taken_off_by_silence(signature):
        return ""
    link = standing_link(signature.id, LinkPurpose.RECONFIRM)
    return kept("public.reconfirm", token=link_token(link)) if link else ""


def _named_in(signature: Signature, place: Place | None) -> list[tuple[str, str]]:
    """Name and address of each list that was made with this name for everybody to read."""
    linked = place is not None and not place.private
    return [
        (list_name(edition.number), place.url("edition", number=edition.number) if linked and place else "")
        for edition, _entry, facts in entries_of(signature.letter_id, signature.id)
        if facts["visibility"] == Visibility.PUBLIC and edition.state is EditionState.RENDERED
    ]


def said_done(what: str) -> str:
    """The sentence about what was just done."""
    known = {
        "withdrawn": _("The signature is withdrawn. The organisation no longer signs this letter."),
        "shown": _("Saved. What this page says of who can see the name holds from now on."),
        "corrected": _("Saved. It is listed so from now on."),
        "asked": _(
            "Saved. What could be another organisation’s name waits for the hosts;"
            " until then the list stays as it is."
        ),
        "updates": _("Saved."),
    }
    return known.get(what, "")


def finish(holder: Holder, what: str) -> ResponseReturnValue:
    """Commit, wake a worker, and go back to the page, which says what was done."""
    db.session.commit()
    bell.ring()
    return redirect(kept("public.own", token=holder.token, done=what), 303)


def refuse(holder: Holder, sentence: str, status: int = 409) -> Response:
    """Nothing was changed; the page as it stands now says why."""
    db.session.rollback()
    return show_own(holder, status, refused=sentence)


@own_page("/shown", ("POST",))
def own_shown(holder: Holder) -> ResponseReturnValue:
    """Who may see the name from now on: the holder's own click, on a page that names them."""
    form = ShownForm(holder.link.id, holder.signature)
    if not form.validate():
        return show_own(holder, 422, wrong=form, shown=form)
    try:
        visibility.choose(holder.signature, form.to_choice())
    except Conflict:
        return refuse(holder, _("This signature stands on no list any more."))
    return finish(holder, "shown")


@own_page("/correct", ("POST",))
def own_correct(holder: Holder) -> ResponseReturnValue:
    """Spelling changes at once; what could be another organisation's waits for the hosts."""
    form = CorrectForm(holder.link.id, holder.signature)
    if not form.validate():
        make_harmless(form)
        return show_own(holder, 422, wrong=form, correct=form)
    try:
        waits_ = corrections.correct_own(holder.signature, form.to_correction())
    except InvalidInput as fault:
        db.session.rollback()
        blame(form, fault.field)
        return show_own(holder, 422, wrong=form, correct=form)
    except Conflict:
        return refuse(holder, _("This signature stands on no list any more."))
    return finish(holder, "asked" if waits_ else "corrected")


@own_page("/updates", ("POST",))
def own_updates(holder: Holder) -> ResponseReturnValue:
    """News of the letter: taken back, or wanted (again). Saying the same twice changes nothing."""
    form = holder.press()
    if not form.validate():
        return show_own(holder, 422, wrong=form, press=form)
    wanted = bool(request.form.get("updates"))
    if wanted and holder.signature.letter.sealed_to:
        return refuse(holder, _("Your address is sealed: we cannot write to you."))
    consenting.want_updates(holder.signature, wanted, statements.updates(), str(get_locale()))
    return finish(holder, "updates")


@own_page("/withdraw", ("POST",))
def own_withdraw(holder: Holder) -> ResponseReturnValue:
    """The organisation no longer signs: final, as easy as signing. Twice is once."""
    form = holder.press()
    if not form.validate():
        return show_own(holder, 422, wrong=form, press=form)
    try:
        operations.withdraw(holder.signature, SIGNATORY)
    except Conflict:
        return refuse(
            holder, _("This signature stands on no list any more, so there is nothing to withdraw.")
        )
    return finish(holder, "withdrawn")
