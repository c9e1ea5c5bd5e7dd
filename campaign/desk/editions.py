"""Editions: freeze a new one, see how far each is, take its files, and try a failed one again."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from campaign.accounts.rules import Action
from campaign.core.db import Mode, db, transactions
from campaign.core.errors import Conflict, Gone, NotFound
from campaign.core.text import ascii_name
from campaign.desk.frame import desk, done, refused, sentence_of, show
from campaign.dispatch.models import Dispatch
from campaign.dispatch.queries import last_sent, owed, releases
from campaign.editions import queries
from campaign.editions.freezing import MAY_FREEZE, freeze
from campaign.editions.models import Edition, EditionFile
from campaign.editions.rules import EditionState
from campaign.editions.tasks import RENDER
from campaign.jobs.operations import owe
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.tally.queries import letter_figures
from campaign.tally.wording import headline
from campaign.web.guards import actor, allowed
from campaign.web.language import language


@desk.get("/letters/<slug>/editions")
@allowed(Action.MODERATE)
def editions(slug: str) -> ResponseReturnValue:
    """All editions with their files, newest first."""
    letter = letter_by_slug(slug)
    found = queries.editions(letter.id)
    return show(
        letter,
        "editions",
        rows=[_row(letter, edition) for edition in found],
        printing=any(edition.state is EditionState.FROZEN for edition in found),
        may_freeze=letter.status in MAY_FREEZE,
        headline=headline(letter_figures(letter.id), letter.noun(language())),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """An edition, its files with whom each is for, its releases, and whether anybody still lacks it."""

    edition: Edition
    files: Sequence[tuple[EditionFile, str]]
    releases: Sequence[Dispatch]
    lacking: bool


def _row(letter: Letter, edition: Edition) -> Row:
    here = {addressee.id for addressee in letter.addressees if addressee.removed_at is None}
    return Row(edition, _files(letter, edition.files), releases(edition.id), bool(here - owed(edition.id)))


def _files(letter: Letter, files: list[EditionFile]) -> list[tuple[EditionFile, str]]:
    """Each file with the name of whom it is for; empty for the public list."""
    names = {addressee.id: addressee.name for addressee in letter.addressees}
    return [(file, names.get(file.addressee_id or 0, "")) for file in files]


@desk.post("/letters/<slug>/editions")
@allowed(Action.RELEASE)
def freeze_edition(slug: str) -> ResponseReturnValue:
    """Freeze the letter as it stands now; a worker prints it."""
    who, address = actor(), url_for("desk.editions", slug=slug)
    # Signing in was looked up in a transaction of its own; freezing needs one snapshot from its first read.
    db.session.rollback()
    with transactions(Mode.SNAPSHOT):
        try:
            letter = letter_by_slug(slug)
            edition = freeze(letter, who, last_sent(letter.id))
        except Conflict as fault:
            db.session.rollback()
            return refused(address, sentence_of(fault))
        owe(RENDER, edition.id)
        return done(
            address,
            _("Edition %(number)d is frozen. Its files are ready in a moment.", number=edition.number),
        )


@desk.post("/letters/<slug>/editions/<int:number>/again")
@allowed(Action.RELEASE)
def print_again(slug: str, number: int) -> ResponseReturnValue:
    """Try to print an edition whose files failed; content and number stay."""
    edition = queries.edition(letter_by_slug(slug).id, number)
    address = url_for("desk.editions", slug=slug)
    if edition.state is EditionState.RENDERED:
        return refused(address, _("This edition has its files already."))
    owe(RENDER, edition.id)
    return done(address, _("Edition %(number)d is printed again.", number=number))


@desk.get("/letters/<slug>/editions/<int:number>/files/<int:file_id>.pdf")
@allowed(Action.MODERATE)
def edition_file(slug: str, number: int, file_id: int) -> ResponseReturnValue:
    """A file of an edition, also those that are for one addressee."""
    edition = queries.edition(letter_by_slug(slug).id, number)
    file = next((file for file in edition.files if file.id == file_id), None)
    if file is None:
        raise NotFound("there is no such file in this edition")
    if not file.content:
        raise Gone("a signatory was erased from this file, which is being printed again")
    response = Response(file.content, mimetype="application/pdf")
    name = f"{edition.frozen_at:%Y-%m-%d}-{ascii_name(slug)}-edition-{number}-{ascii_name(file.language)}.pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response
