"""The list of accepted signatories for coordinators: search, withdrawal on their wish, downloads."""

import tempfile
from collections.abc import Callable
from typing import IO

from flask import Response, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from campaign.accounts.rules import Action
from campaign.core.db import Mode, db, transactions
from campaign.core.errors import InvalidInput
from campaign.core.secrets import locked, unlocked
from campaign.core.spreadsheets import write_csv, write_xlsx
from campaign.core.text import fold
from campaign.desk import words
from campaign.desk.frame import desk, done, refusals, refused, show
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.letters.rules import Visibility, is_wider
from campaign.signing import exporting, looking_after, operations, queries, roll, sealing, visibility
from campaign.signing.contacts import further_contacts
from campaign.signing.rules import Audience
from campaign.signing.versions import given
from campaign.tally.queries import letter_figures
from campaign.tally.wording import headline
from campaign.web.guards import actor, allowed
from campaign.web.language import language

PAGE = 200
SEARCH, SEARCHED_SECONDS = "search", 24 * 3600
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@desk.get("/letters/<slug>/list")
@allowed(Action.MODERATE)
def signatories(slug: str) -> ResponseReturnValue:
    """Everybody counted, named or not, in the letter's order; `found` stands for what is searched."""
    letter = letter_by_slug(slug)
    sealed = request.args.get("found", "")
    asked = unlocked(SEARCH, sealed, SEARCHED_SECONDS) or ""
    number = max(request.args.get("page", 1, type=int), 1)
    everybody = roll.arranged(roll.entries(letter.id, Audience.COORDINATORS), letter.order, language())
    found = (
        [entry for entry in everybody if _matches(letter, entry, fold(asked))] if fold(asked) else everybody
    )
    shown = found[(number - 1) * PAGE : number * PAGE]
    return show(
        letter,
        "list",
        rows=shown,
        origins=queries.origins([entry.id for entry in shown]),
        texts=given(letter.id, [entry.id for entry in shown]),
        further=further_contacts(letter.id, [entry.id for entry in shown]),
        first=(number - 1) * PAGE + 1,
        found=len(found),
        asked=asked,
        sealed=sealed if asked else None,
        number=number,
        pages=max(-(-len(found) // PAGE), 1),
        narrower={v: [n for n in letter.offered if is_wider(n, v)] for v in Visibility},
        headline=headline(letter_figures(letter.id), letter.noun(language())),
    )


@desk.post("/letters/<slug>/list/search")
@allowed(Action.MODERATE)
def search_signatories(slug: str) -> ResponseReturnValue:
    """Search names and countries. What was typed, which may be a name that is shown to nobody, is in no
    address in clear: browsers and proxies keep those.
    """
    typed = request.form.get("q", "")[:200]
    letter_by_slug(slug)
    return redirect(
        url_for("desk.signatories", slug=slug, found=locked(SEARCH, typed) if fold(typed) else None), 303
    )


def _back(slug: str) -> str:
    """The list as it was searched."""
    return url_for("desk.signatories", slug=slug, found=request.form.get("found") or None)


def _matches(letter: Letter, entry: roll.Entry, asked: str) -> bool:
    place = words.country(entry.country_code, letter.country_names)
    return asked in fold(f"{entry.name} {entry.name_other or ''} {place}")


@desk.post("/letters/<slug>/list/<int:signature_id>/withdraw")
@allowed(Action.MODERATE)
def withdraw_signature(slug: str, signature_id: int) -> ResponseReturnValue:
    """The organisation no longer signs: final."""
    signature = queries.signature(letter_by_slug(slug).id, signature_id, lock=True)
    address = _back(slug)
    with refusals() as refusal:
        operations.withdraw(signature, actor())
    if refusal:
        return refused(address, refusal[0])
    return done(address, _("%(name)s is withdrawn and no longer counts.", name=signature.name))


@desk.post("/letters/<slug>/list/<int:signature_id>/narrow")
@allowed(Action.MODERATE)
def narrow(slug: str, signature_id: int) -> ResponseReturnValue:
    """Show the name to fewer, on the signatory's wish. To more, only the signatory can."""
    signature = queries.signature(letter_by_slug(slug).id, signature_id, lock=True)
    address = _back(slug)
    with refusals() as refusal:
        visibility.narrow(signature, _visibility(request.form.get("visibility", "")), actor())
    if refusal:
        return refused(address, refusal[0])
    shown = words.visibility(signature.visibility)
    return done(address, _("%(name)s: %(shown)s from now on.", name=signature.name, shown=shown))


def _visibility(typed: str) -> Visibility:
    try:
        return Visibility(typed)
    except ValueError as fault:
        raise InvalidInput("there is no such visibility", "visibility") from fault


@desk.post("/letters/<slug>/list/<int:signature_id>/link")
@allowed(Action.MODERATE)
def send_link(slug: str, signature_id: int) -> ResponseReturnValue:
    """Have the signatory's own link mailed to the address we have of them."""
    signature = queries.signature(letter_by_slug(slug).id, signature_id, lock=True)
    address = _back(slug)
    with refusals() as refusal:
        looking_after.send_link(signature, actor())
    if refusal:
        return refused(address, refusal[0])
    return done(address, _("%(name)s is sent the link to its signature.", name=signature.name))


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


@desk.post("/letters/<slug>/export/sealed")
@allowed(Action.SEE_CONTACTS)
def export_sealed(slug: str) -> ResponseReturnValue:
    """The sealed contacts, which only whoever holds the private key can open. It is in the record."""
    letter = letter_by_slug(slug)
    file = _written(lambda file: sealing.write_contacts(letter, file, actor()))  # type: ignore[arg-type]
    name = sealing.filename(letter)
    db.session.commit()
    return send_file(file, mimetype="application/zip", as_attachment=True, download_name=name)


def _written(write: Callable[[IO[bytes]], object]) -> IO[bytes]:
    """A file with what was written, at its start. The response closes it when it was read."""
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
    try:
        write(file)
        file.seek(0)
    except BaseException:
        # Whatever it was goes on; the half-written file must not stay open.
        file.close()
        raise
    return file


def _sheet(letter: Letter, audience: Audience, form: str) -> Response:
    """A sheet by way of a file, so that neither memory nor the time a reader takes matters."""
    if form not in MEDIA:
        raise InvalidInput("the format is csv or xlsx", "format")
    file = _written(lambda file: _write(file, letter, audience, form))
    name = exporting.filename(letter, audience, form)
    return send_file(file, mimetype=MEDIA[form], as_attachment=True, download_name=name)


def _write(file: IO[bytes], letter: Letter, audience: Audience, form: str) -> None:
    columns, rows = exporting.columns(audience), exporting.rows(letter, audience, language())
    if form == "csv":
        write_csv(file, columns, rows)  # type: ignore[arg-type]
    else:
        write_xlsx(file, columns, rows)  # type: ignore[arg-type]
