"""Writing a letter at the desk: a new one, or a change of one that is there."""

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from campaign.accounts.rules import Action
from campaign.core import clock, countries, locales
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput, NotFound
from campaign.desk import words
from campaign.desk.frame import desk, done, sentence_of, show
from campaign.desk.letter_draft import draft_from, form_values
from campaign.desk.letter_form import LetterForm
from campaign.desk.letter_promises import CHANGE_FIELDS, revision_from
from campaign.letters.drafting import write_down
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.letters.rules import Change, Circulation, LetterStatus
from campaign.web.guards import actor, allowed
from campaign.web.language import INTERFACE, language

OFTEN = ("ar", "de", "en", "es", "fa", "fr", "hi", "id", "pt", "ru", "sw", "th", "tr", "uk", "vi", "zh")


@desk.get("/letters/new")
@allowed(Action.WRITE_LETTERS)
def new_letter() -> ResponseReturnValue:
    """An empty form."""
    tag = language() if language() in INTERFACE else "en"
    form = LetterForm(
        data={"original_language": tag, "time_zone": "UTC", "texts": [{"language": tag, "reviewed": True}]}
    )
    return _form(_with_blank_parts(form), None)


@desk.post("/letters/new")
@allowed(Action.WRITE_LETTERS)
def create_letter() -> ResponseReturnValue:
    """A new letter, as a draft."""
    form = LetterForm()
    if _asked_for_more(form):
        return _form(form, None)
    if not form.validate():
        return _form(form, None, 422)
    draft = draft_from(form, None)
    if _taken(draft.slug):
        form.slug.errors = [_("There is a letter at this address already. Please choose another.")]
        return _form(form, None, 422)
    try:
        letter, _changed = write_down(draft, Change.FIRST, actor(), Circulation.PRIVATE)
    except InvalidInput as fault:
        return _refused(form, None, fault)
    return done(url_for("desk.overview", slug=letter.slug), _("The letter is written down as a draft."))


@desk.get("/letters/<slug>/edit")
@allowed(Action.WRITE_LETTERS)
def edit_letter(slug: str) -> ResponseReturnValue:
    """The form with what the letter says now."""
    letter = letter_by_slug(slug)
    return _form(_with_blank_parts(LetterForm(data=form_values(letter))), letter)


@desk.post("/letters/<slug>/edit")
@allowed(Action.WRITE_LETTERS)
def change_letter(slug: str) -> ResponseReturnValue:
    """Bring the letter up to date."""
    letter, form = letter_by_slug(slug), LetterForm()
    if _asked_for_more(form):
        return _form(form, letter)
    if not form.validate():
        return _form(form, letter, 422)
    draft = draft_from(form, letter)
    revision, complete = revision_from(form, letter, draft)
    if not complete:
        return _form(form, letter, 422)
    try:
        letter, changed = write_down(draft, revision, actor(), letter.circulation)
    except (Conflict, InvalidInput) as fault:
        return _refused(form, slug, fault)
    said = _("Saved.") if changed else _("Nothing was changed.")
    return done(url_for("desk.overview", slug=letter.slug), said)


def _taken(slug: str) -> bool:
    try:
        letter_by_slug(slug)
    except NotFound:
        return False
    return True


def _refused(form: LetterForm, slug: str | None, fault: Conflict | InvalidInput) -> ResponseReturnValue:
    """Show the form again. The one conflict: a signed text changes, and nobody said what that means."""
    db.session.rollback()
    if isinstance(fault, Conflict):
        form.change.errors = [
            _("The text has changed since people signed. Please say what the change means.")
        ]
    elif fault.field in CHANGE_FIELDS:
        form[fault.field].errors = [sentence_of(fault)]
    else:
        form.form_errors.append(sentence_of(fault))
    return _form(form, letter_by_slug(slug) if slug else None, 422)


def _asked_for_more(form: LetterForm) -> bool:
    """Whether a button asked for another set of fields, which the form now has."""
    wanted = request.form.get("add")
    if wanted not in ("texts", "hosts", "addressees"):
        return False
    form[wanted].append_entry()
    return True


def _with_blank_parts(form: LetterForm) -> LetterForm:
    """A blank set after those that are there, so that adding one needs no further page."""
    for parts in (form.texts, form.hosts, form.addressees):
        if parts is not form.texts or not any(part.form.blank for part in parts):
            parts.append_entry()
    return form


def _form(form: LetterForm, letter: Letter | None, status: int = 200) -> ResponseReturnValue:
    form.only_stricter(letter)
    context = {
        "form": form,
        "languages": [(tag, locales.own_name(tag)) for tag in OFTEN],
        "zones": clock.places(),
        "country_names": words.country_names(countries.NO_OWN),
        "added": request.form.get("add", ""),
        "signed": letter is not None and letter.status is not LetterStatus.DRAFT,
    }
    if letter is None:
        return render_template("desk/new_letter.html", **context), status
    return show(letter, "edit_letter", status, **context)
