"""What is done with a sheet at the desk: looked at again, brought in, given up, taken back."""

from collections.abc import Mapping

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from campaign.accounts.rules import Action
from campaign.core import locales
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.desk import import_form
from campaign.desk.frame import desk, done, refusals, refused, sentence_of
from campaign.desk.imports import last_frozen, waiting
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.sheets import operations, queries, taking_back
from campaign.sheets.writing import Report
from campaign.signing.models import Import
from campaign.web.guards import actor, allowed
from campaign.web.language import language


@desk.post("/letters/<slug>/imports/<int:import_id>")
@allowed(Action.SEE_CONTACTS)
def go_on(slug: str, import_id: int) -> ResponseReturnValue:
    """Bring the sign-ons in, look again as it was chosen, or give the sheet up."""
    letter = letter_by_slug(slug)
    sheet = queries.sheet(letter.id, import_id, lock=True)
    address, what = url_for("desk.import_", slug=slug, import_id=import_id), request.form.get("do", "look")
    try:
        if what == "give_up":
            operations.give_up(sheet, actor())
            return done(
                url_for("desk.imports", slug=slug), _("The sheet is given up, and its file forgotten.")
            )
        sent = import_form.sent(request.form, sheet, letter, queries.table_of(sheet))
        if sent.wrong:
            return _again(slug, import_id, sent.wrong)
        return done(address, _went_on(letter, sheet, sent.decided, what == "bring_in"))
    except InvalidInput as fault:
        db.session.rollback()
        return _again(slug, import_id, {fault.field or "file": sentence_of(fault)})
    except Conflict as fault:
        db.session.rollback()
        return refused(address, sentence_of(fault))


def _went_on(letter: Letter, sheet: Import, decided: operations.Decided, bringing: bool) -> str:
    """Do it, and say what was done. What a person has not seen is not brought in."""
    anew = operations.differs(sheet, decided)
    if bringing and not anew:
        operations.decide(sheet, decided)
        return _said(operations.start(sheet, letter, actor()))
    operations.choose(sheet, letter, decided)
    if bringing:
        return _(
            "The sheet was understood in another way before. Look at what was found now, then bring it in."
        )
    return _("Looked through again.")


def _said(report: Report | None) -> str:
    if report is None:
        return _("The sign-ons are being brought in. This page says how far it is.")
    brought = ngettext("%(num)d sign-on brought in", "%(num)d sign-ons brought in", report.new)
    parts = [
        ngettext("%(num)d counts now", "%(num)d count now", report.counted) if report.counted else "",
        ngettext("%(num)d is asked to confirm", "%(num)d are asked to confirm", report.asked)
        if report.asked
        else "",
        ngettext("%(num)d waits at the desk", "%(num)d wait at the desk", report.at_desk)
        if report.at_desk
        else "",
    ]
    told = f"{locales.comma(language())} ".join(part for part in parts if part)
    return f"{brought}: {told}." if told else f"{brought}."


def _again(slug: str, import_id: int, wrong: Mapping[str, str]) -> ResponseReturnValue:
    """The form once more, with what was typed and what is the matter."""
    letter = letter_by_slug(slug)
    return waiting(letter, queries.sheet(letter.id, import_id), wrong)


@desk.post("/letters/<slug>/imports/<int:import_id>/take-back")
@allowed(Action.SEE_CONTACTS)
def take_back_import(slug: str, import_id: int) -> ResponseReturnValue:
    """All sign-ons of a sheet no longer count or wait, while no list that names them was frozen."""
    letter = letter_by_slug(slug)
    sheet = queries.sheet(letter.id, import_id, lock=True)
    address = url_for("desk.import_", slug=slug, import_id=import_id)
    now = False
    with refusals() as refusal:
        now = taking_back.start_taking_back(sheet, last_frozen(letter), actor())
    if refusal:
        return refused(address, refusal[0])
    said = _("The sheet is taken back: its sign-ons no longer count, and it can be brought in again.")
    return done(address, said if now else _("The sheet is being taken back. This page says when it is done."))
