"""Sheets of sign-ons at the desk: brought, understood, looked through, brought in, given up, taken back."""

from collections.abc import Mapping
from datetime import datetime

from flask import current_app, make_response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from campaign.accounts.queries import active_users
from campaign.accounts.rules import Action
from campaign.core.db import db
from campaign.core.errors import InvalidInput
from campaign.desk import import_view, words
from campaign.desk.frame import desk, done, sentence_of, show
from campaign.editions.queries import editions
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.sheets import operations, taking_back
from campaign.sheets import queries as sheets
from campaign.sheets.lines import Arrival, default_visibility
from campaign.signing import queries
from campaign.signing.models import Import
from campaign.signing.rules import ImportState
from campaign.web.guards import actor, allowed
from campaign.web.numbers import row_number

PAGE = 200
REFRESH_SECONDS = 3


@desk.get("/letters/<slug>/import")
@allowed(Action.SEE_CONTACTS)
def imports(slug: str) -> ResponseReturnValue:
    """Bring a sheet, and the sheets that were brought before."""
    return _imports(letter_by_slug(slug))


def _imports(letter: Letter, wrong: str = "") -> ResponseReturnValue:
    found = sheets.sheets(letter.id)
    return show(
        letter,
        "imports",
        422 if wrong else 200,
        found=found,
        wrong=wrong,
        people=people(),
        largest=words.size(operations.LARGEST),
    )


@desk.post("/letters/<slug>/import")
@allowed(Action.SEE_CONTACTS)
def keep_sheet(slug: str) -> ResponseReturnValue:
    """Keep the file, and go on to its page."""
    letter, file = letter_by_slug(slug), request.files.get("file")
    if file is None or not file.filename:
        return _imports(letter, _("Please choose a file."))
    name = file.filename.replace("\\", "/").rpartition("/")[2]
    try:
        sheet = operations.keep(letter, name, file.read(operations.LARGEST + 1), actor())
    except InvalidInput as fault:
        db.session.rollback()
        return _imports(letter_by_slug(slug), sentence_of(fault))
    return done(
        url_for("desk.import_", slug=slug, import_id=sheet.id),
        _("The sheet is here. Nothing is a sign-on yet: look at what we understood."),
    )


@desk.get("/letters/<slug>/imports/<int:import_id>")
@allowed(Action.SEE_CONTACTS)
def import_(slug: str, import_id: int) -> ResponseReturnValue:
    """A sheet: what we understood and what would become of it, or what became of it."""
    letter = letter_by_slug(slug)
    sheet = sheets.sheet(letter.id, import_id)
    if sheet.state is ImportState.UPLOADED:
        return waiting(letter, sheet)
    return _refreshed(sheet, _dealt_with(letter, sheet))


def waiting(letter: Letter, sheet: Import, wrong: Mapping[str, str] | None = None) -> ResponseReturnValue:
    """The page of a sheet that waits; with what was typed where that was refused."""
    table = sheets.table_of(sheet)
    typed = request.form if wrong else {}
    page = show(
        letter,
        "import",
        422 if wrong else 200,
        sheet=sheet,
        table=table,
        wrong=wrong or {},
        typed=typed,
        view=import_view,
        columns=import_view.columns(sheet, table, typed),
        sections=import_view.sections(letter, sheet, table),
        visibility=_chosen_visibility(letter, sheet),
        arrivals=arrivals(),
        kept_for=current_app.config["SETTINGS"].retention.imports,
        country_names=words.country_names(letter.country_names),
    )
    return page if wrong else _refreshed(sheet, page)


def _chosen_visibility(letter: Letter, sheet: Import) -> str:
    return sheet.settings.get("visibility", default_visibility(letter).value)


def arrivals() -> dict[str, str]:
    """Where a sheet's sign-ons can go."""
    return {
        Arrival.DESK.value: _("Put them on the desk: somebody decides on each"),
        Arrival.COUNT.value: _("Count them at once; what looks like another organisation waits at the desk"),
        Arrival.ASK.value: _("Send each a mail asking to confirm; those without an address wait at the desk"),
    }


def _refreshed(sheet: Import, page: ResponseReturnValue) -> ResponseReturnValue:
    """While the worker is at it, the page comes again by itself."""
    answer = make_response(page)
    if "progress" in sheet.report and sheet.state in (ImportState.UPLOADED, ImportState.RUNNING):
        answer.headers["Refresh"] = str(REFRESH_SECONDS)
    return answer


def _dealt_with(letter: Letter, sheet: Import) -> ResponseReturnValue:
    total = taking_back.rows_of(sheet)
    pages = max(-(-total // PAGE), 1)
    number = min(max(row_number(request.args.get("page", "")) or 1, 1), pages)
    return show(
        letter,
        "import_done",
        sheet=sheet,
        rows=queries.of_import(sheet.id, (number - 1) * PAGE, PAGE),
        total=total,
        number=number,
        pages=pages,
        people=people(),
        frozen_since=taking_back.named_since(sheet, last_frozen(letter)),
    )


def people() -> dict[int, str]:
    """The addresses of those who can sign in."""
    return {user.id: user.email for user in active_users()}


def last_frozen(letter: Letter) -> datetime | None:
    """When a list of the letter was last frozen."""
    return max((edition.frozen_at for edition in editions(letter.id)), default=None)
