"""Organisations that may be one, side by side: merged by a person, told apart for good, and parted again."""

from collections.abc import Mapping, Sequence

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from campaign.accounts.rules import Action
from campaign.core.errors import NotFound
from campaign.desk.frame import desk, done, refusals, refused, show
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.signing import merging, queries
from campaign.signing.duplicates import looks_like_host, pairs
from campaign.signing.models import Signature
from campaign.signing.rules import Flag
from campaign.signing.screening import Candidate, candidates_of_many, subject_of
from campaign.web.guards import actor, allowed
from campaign.web.numbers import row_number

MOST_PAIRS = 40


@desk.get("/letters/<slug>/duplicates")
@allowed(Action.MODERATE)
def duplicates(slug: str) -> ResponseReturnValue:
    """Pairs that may be one, or one made to look like another; `sign-on` asks for one sign-on's alone."""
    letter = letter_by_slug(slug)
    typed = request.args.get("sign-on", "")
    only = queries.signature(letter.id, row_number(typed) or 0) if typed else None
    return show(
        letter,
        "duplicates",
        found=pairs(letter.id, MOST_PAIRS, only),
        only=only,
        merges=merging.merges_of(letter.id),
        host=looks_like_host(letter, only) if only else None,
    )


@desk.post("/letters/<slug>/duplicates/merge")
@allowed(Action.MODERATE)
def merge(slug: str) -> ResponseReturnValue:
    """They are the same: `kept` is what the organisation `gone` is known as from now on."""
    letter = letter_by_slug(slug)
    kept, gone = _of_letter(letter, "kept", "gone")
    with refusals() as refusal:
        merging.merge(kept, gone, actor(), letter.id)
    if refusal:
        return refused(_back(slug), refusal[0])
    return done(_back(slug), _("They are one organisation now. This can be undone below."))


@desk.post("/letters/<slug>/duplicates/apart")
@allowed(Action.MODERATE)
def tell_apart(slug: str) -> ResponseReturnValue:
    """They are not the same, on this letter or any other."""
    letter = letter_by_slug(slug)
    one, other = _of_letter(letter, "one", "other")
    with refusals() as refusal:
        merging.tell_apart(one, other, actor(), letter.id)
    if refusal:
        return refused(_back(slug), refusal[0])
    return done(_back(slug), _("They are two organisations; this will not be asked again, on no letter."))


@desk.post("/letters/<slug>/duplicates/<int:merge_id>/undo")
@allowed(Action.MODERATE)
def part(slug: str, merge_id: int) -> ResponseReturnValue:
    """They are two after all: everything is put back as it was."""
    letter = letter_by_slug(slug)
    if not merging.was_here(letter.id, merge_id):
        raise NotFound("there is no such merge on this letter")
    with refusals() as refusal:
        merging.undo(merge_id, actor())
    if refusal:
        return refused(_back(slug), refusal[0])
    return done(_back(slug), _("They are two organisations again, as they were before."))


def _back(slug: str) -> str:
    return url_for("desk.duplicates", slug=slug)


def _of_letter(letter: Letter, *fields: str) -> list[int]:
    """The ids of two organisations. Raises NotFound unless both are known and one signs this letter."""
    ids = [row_number(request.form.get(field, "")) or 0 for field in fields]
    if not merging.signs(letter.id, ids):
        raise NotFound("there is no such organisation on this letter")
    return ids


def alike(letter: Letter, rows: Sequence[Signature]) -> Mapping[int, Sequence[Candidate]]:
    """What each row of the queue may be, by its id; rows without a likeness are left out."""
    found = candidates_of_many(letter.id, [subject_of(row) for row in rows])
    return {row.id: some for row, some in zip(rows, found, strict=True) if some}


def hosts_alike(letter: Letter, rows: Sequence[Signature]) -> Mapping[int, str]:
    """The host each held row is made to look like, by the row's id."""
    held = [row for row in rows if Flag.LOOK_ALIKE in row.flags]
    found = {row.id: looks_like_host(letter, row) for row in held}
    return {id_: host for id_, host in found.items() if host}
