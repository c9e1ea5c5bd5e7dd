"""The list of accepted signatories for coordinators: search, withdrawal on their wish, downloads."""

import tempfile
from typing import IO

from flask import Response, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from campaign.accounts.rules import Action
from campaign.core.db import Mode, db, transactions
from campaign.core.errors import InvalidInput
from campaign.core.spreadsheets import write_csv, write_xlsx
from campaign.core.text import fold
from campaign.desk import words
from campaign.desk.frame import desk, done, refusals, refused, show
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.signing import exporting, operations, queries, roll
from campaign.signing.rules import Audience
from campaign.tally.queries import letter_figures
from campaign.tally.wording import headline
from campaign.web.guards import actor, allowed
from campaign.web.language import language

PAGE = 200
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@desk.get("/letters/<slug>/list")
@allowed(Action.MODERATE)
def signatories(slug: str) -> ResponseReturnValue:
    """Everybody counted, named or not, in the letter's order; `q` searches names and countries."""
    letter = letter_by_slug(slug)
    asked, number = request.args.get("q", "")[:200], max(request.args.get("page", 1, type=int), 1)
    everybody = roll.arranged(roll.entries(letter.id, Audience.COORDINATORS), letter.order, language())
    found = [entry for entry in everybody if _matches(entry, fold(asked))] if fold(asked) else everybody
    return show(
        letter,
        "list",
        rows=found[(number - 1) * PAGE : number * PAGE],
        first=(number - 1) * PAGE + 1,
        found=len(found),
        asked=asked,
        number=number,
        pages=max(-(-len(found) // PAGE), 1),
        headline=headline(letter_figures(letter.id), letter.noun(language())),
    )


def _matches(entry: roll.Entry, asked: str) -> bool:
    return asked in fold(f"{entry.name} {entry.name_other or ''} {words.country(entry.country_code)}")


@desk.post("/letters/<slug>/list/<int:signature_id>/withdraw")
@allowed(Action.MODERATE)
def withdraw_signature(slug: str, signature_id: int) -> ResponseReturnValue:
    """The organisation no longer signs: final."""
    signature = queries.signature(letter_by_slug(slug).id, signature_id, lock=True)
    address = url_for("desk.signatories", slug=slug, q=request.form.get("q") or None)
    with refusals() as refusal:
        operations.withdraw(signature, actor())
    if refusal:
        return refused(address, refusal[0])
    return done(address, _("%(name)s is withdrawn and no longer counts.", name=signature.name))


@desk.get("/letters/<slug>/export")
@allowed(Action.MODERATE)
def export(slug: str) -> ResponseReturnValue:
    """The list as a sheet, without contacts: `audience` is public or addressees, `format` csv or xlsx."""
    audience = Audience.ADDRESSEES if request.args.get("audience") == "addressees" else Audience.PUBLIC
    return _sheet(letter_by_slug(slug), audience, request.args.get("format", "csv"))


@desk.post("/letters/<slug>/export")
@allowed(Action.SEE_CONTACTS)
def export_contacts(slug: str) -> ResponseReturnValue:
    """Every sign-on with its contacts as a sheet. It is in the record before the first byte leaves."""
    form = request.form.get("format", "csv")
    exporting.note_export(
        letter_by_slug(slug), Audience.COORDINATORS, form if form in MEDIA else "csv", actor()
    )
    db.session.commit()
    with transactions(Mode.READ):
        return _sheet(letter_by_slug(slug), Audience.COORDINATORS, form)


def _sheet(letter: Letter, audience: Audience, form: str) -> Response:
    """A sheet by way of a file, so that neither memory nor the time a reader takes matters."""
    if form not in MEDIA:
        raise InvalidInput("the format is csv or xlsx", "format")
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 -- the response closes it when it was read
    try:
        _write(file, letter, audience, form)
    except BaseException:
        # Whatever it was goes on; the half-written sheet must not stay open.
        file.close()
        raise
    name = exporting.filename(letter, audience, form)
    return send_file(file, mimetype=MEDIA[form], as_attachment=True, download_name=name)


def _write(file: IO[bytes], letter: Letter, audience: Audience, form: str) -> None:
    columns, rows = exporting.columns(audience), exporting.rows(letter, audience, language())
    if form == "csv":
        write_csv(file, columns, rows)  # type: ignore[arg-type]
    else:
        write_xlsx(file, columns, rows)  # type: ignore[arg-type]
    file.seek(0)
