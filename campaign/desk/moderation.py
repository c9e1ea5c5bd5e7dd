"""The queue: confirmed sign-ons that wait for a decision, decided singly or in bulk, and taken back."""

from collections.abc import Mapping, Sequence

from flask import current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from campaign.accounts.rules import Action
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.desk import words
from campaign.desk.alike import likenesses
from campaign.desk.corrections import apply_correction
from campaign.desk.frame import desk, done, refusals, refused, sentence_of, show
from campaign.editions.glyphs import uncovered
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.signing import moderation, queries, roll
from campaign.signing.models import Signature
from campaign.signing.rules import UNDOABLE, Audience
from campaign.web.guards import actor, allowed

MOST_ROWS = 200


@desk.get("/letters/<slug>/queue")
@allowed(Action.MODERATE)
def queue(slug: str) -> ResponseReturnValue:
    """What waits for a decision, oldest first."""
    return _queue(letter_by_slug(slug))


def _queue(letter: Letter, wrong: Mapping[int, str] | None = None, bulk: str = "") -> ResponseReturnValue:
    waiting = queries.queue(letter.id)
    rows = waiting[:MOST_ROWS]
    ticked = set(rows_ticked()) if request.method == "POST" else set()
    return show(
        letter,
        "queue",
        422 if wrong or bulk else 200,
        rows=rows,
        more=len(waiting) - len(rows),
        alike=_alike(letter, rows, waiting),
        unprintable=_unprintable(rows),
        wrong=wrong or {},
        bulk_wrong=bulk,
        typed=request.form,
        ticked={s.id for s in rows} if request.args.get("tick") == "all" else ticked,
        decided=queries.decided(letter.id, 5),
        undoable=UNDOABLE,
        country_names=words.country_names(),
    )


def _unprintable(rows: Sequence[Signature]) -> dict[int, str]:
    """Characters of a name that no font of ours has: better known here than when the edition fails."""
    fonts = current_app.config["SETTINGS"].font_paths
    found = {s.id: uncovered(s.name + (s.name_other or ""), fonts) for s in rows}
    return {i: " ".join(f"{c} (U+{ord(c):04X})" for c in missing) for i, missing in found.items() if missing}


def _alike(
    letter: Letter, rows: Sequence[Signature], waiting: Sequence[Signature]
) -> dict[int, list[tuple[int, str]]]:
    listed = ((entry.id, entry.name) for entry in roll.entries(letter.id, Audience.COORDINATORS))
    others = [(s.id, s.name) for s in waiting]
    return likenesses({s.id: s.name for s in rows}, [*others, *listed])


@desk.post("/letters/<slug>/queue/<int:signature_id>")
@allowed(Action.MODERATE)
def decide(slug: str, signature_id: int) -> ResponseReturnValue:
    """Correct a row as it was typed, and accept it or reject it with a reason; or only correct it."""
    letter = letter_by_slug(slug)
    signature = queries.signature(letter.id, signature_id, lock=True)
    what = request.form.get("do", "save")
    with refusals() as refusal:
        apply_correction(signature, request.form, actor())
        if what == "accept":
            moderation.accept(signature, actor())
        elif what == "reject":
            moderation.reject(signature, request.form.get("reason", ""), actor())
    if refusal:
        return _queue(letter_by_slug(slug), {signature_id: refusal[0]})
    said = {
        "accept": _("Accepted: %(name)s. It counts now.", name=signature.name),
        "reject": _("Rejected: %(name)s.", name=signature.name),
    }
    return done(url_for("desk.queue", slug=slug), said.get(what, _("Saved: %(name)s.", name=signature.name)))


def rows_ticked() -> list[int]:
    """The ids of the rows that were ticked, without repetition, in their order."""
    return sorted({int(i) for i in request.form.getlist("ids") if i.isdecimal() and len(i) < 12})


@desk.post("/letters/<slug>/queue/decide")
@allowed(Action.MODERATE)
def decide_ticked(slug: str) -> ResponseReturnValue:
    """Accept all ticked rows, or reject them with one reason. One that cannot be is left alone and named."""
    letter = letter_by_slug(slug)
    signatures = [queries.signature(letter.id, i, lock=True) for i in rows_ticked()]
    accepting, reason = request.form.get("do") == "accept", request.form.get("reason", "")
    if not signatures:
        return _queue(letter, bulk=_("Tick the rows first."))
    if not accepting and not reason.strip():
        return _queue(letter, bulk=_("A rejection needs a reason."))
    refusals_of = [said for s in signatures if (said := _decide_one(s, accepting, reason))]
    count = len(signatures) - len(refusals_of)
    sentence = (
        ngettext("%(num)d sign-on accepted.", "%(num)d sign-ons accepted.", count)
        if accepting
        else ngettext("%(num)d sign-on rejected.", "%(num)d sign-ons rejected.", count)
    )
    return done(url_for("desk.queue", slug=slug), " ".join([sentence, *refusals_of]))


def _decide_one(signature: Signature, accepting: bool, reason: str) -> str:
    """Decide one of many; what refuses it, or nothing."""
    name = signature.name
    try:
        with db.session.begin_nested():
            if accepting:
                moderation.accept(signature, actor())
            else:
                moderation.reject(signature, reason, actor())
    except (Conflict, InvalidInput) as fault:
        return _("Not %(name)s: %(why)s", name=name, why=sentence_of(fault))
    return ""


@desk.get("/letters/<slug>/decisions")
@allowed(Action.MODERATE)
def decisions(slug: str) -> ResponseReturnValue:
    """The newest decisions, which can be taken back."""
    letter = letter_by_slug(slug)
    return show(letter, "decisions", rows=queries.decided(letter.id), undoable=UNDOABLE)


@desk.post("/letters/<slug>/decisions/<int:signature_id>/undo")
@allowed(Action.MODERATE)
def undo(slug: str, signature_id: int) -> ResponseReturnValue:
    """Take a decision back; the sign-on waits in the queue again."""
    signature = queries.signature(letter_by_slug(slug).id, signature_id, lock=True)
    with refusals() as refusal:
        moderation.undo(signature, actor())
    if refusal:
        return refused(url_for("desk.decisions", slug=slug), refusal[0])
    return done(
        url_for("desk.queue", slug=slug),
        _("Taken back: %(name)s waits for a decision again.", name=signature.name),
    )
