"""The queue: confirmed sign-ons that wait for a decision, decided one by one, and taken back."""

from collections.abc import Mapping, Sequence

from flask import current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from campaign.accounts.rules import Action
from campaign.desk import words
from campaign.desk.corrections import apply_correction
from campaign.desk.duplicates import alike, hosts_alike
from campaign.desk.frame import desk, done, refusals, refused, show
from campaign.desk.sets import sets
from campaign.editions.glyphs import uncovered
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.signing import merging, moderation, queries, queues
from campaign.signing.contacts import further_contacts, left_alone
from campaign.signing.evidence import grounds_of
from campaign.signing.models import Signature
from campaign.signing.rules import UNDOABLE
from campaign.signing.together import MOST_AT_ONCE, sizes
from campaign.signing.versions import given
from campaign.web.guards import actor, allowed
from campaign.web.numbers import row_number


def page_after() -> int:
    """After which row the page of a queue begins that was asked for, or from which something was sent."""
    return row_number(request.args.get("after", "")) or 0


@desk.get("/letters/<slug>/queue")
@allowed(Action.MODERATE)
def queue(slug: str) -> ResponseReturnValue:
    """What waits for a decision, oldest first."""
    return queue_page(letter_by_slug(slug))


def queue_page(letter: Letter, wrong: Mapping[int, str] | None = None, bulk: str = "") -> ResponseReturnValue:
    """The queue, or the set of it that was chosen; with what was refused of a row, or of many."""
    chosen = sets(letter.id, request.values.get("set", ""))
    page = queues.waiting(letter.id, chosen.chosen, page_after())
    rows, decided = page.rows, queries.decided(letter.id, 5)
    ticked = set(rows_ticked()) if request.method == "POST" else set()
    return show(
        letter,
        "queue",
        422 if wrong or bulk else 200,
        rows=rows,
        sets=chosen,
        most_at_once=MOST_AT_ONCE,
        page=page,
        alike=alike(letter, rows),
        hosts_alike=hosts_alike(letter, rows),
        unprintable=_unprintable(rows),
        grounds=grounds_of(rows),
        origins=queries.origins([s.id for s in rows]),
        texts=given(letter.id, [s.id for s in rows]),
        further=further_contacts(letter.id, [s.id for s in rows]),
        alone=left_alone(letter.id),
        wrong=wrong or {},
        bulk_wrong=bulk,
        typed=request.form,
        ticked={s.id for s in rows} if request.args.get("tick") == "all" else ticked,
        decided=decided,
        sizes=sizes(letter.id, decided),
        undoable=UNDOABLE,
        country_names=words.country_names(letter.country_names),
    )


def _unprintable(rows: Sequence[Signature]) -> dict[int, str]:
    """Characters of a name that no font of ours has: better known here than when the edition fails."""
    fonts = current_app.config["SETTINGS"].font_paths
    found = {s.id: uncovered(s.name + (s.name_other or ""), fonts) for s in rows}
    return {i: " ".join(f"{c} (U+{ord(c):04X})" for c in missing) for i, missing in found.items() if missing}


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
        return queue_page(letter_by_slug(slug), {signature_id: refusal[0]})
    said = {
        "accept": _("Accepted: %(name)s. It counts now.", name=signature.name),
        "reject": _("Rejected: %(name)s.", name=signature.name),
    }
    address = url_for("desk.queue", slug=slug, after=page_after() or None)
    return done(address, said.get(what, _("Saved: %(name)s.", name=signature.name)))


def rows_ticked() -> list[int]:
    """The ids of the rows that were ticked, without repetition, in their order."""
    found = map(row_number, request.form.getlist("ids"))
    return sorted({number for number in found if number is not None})


@desk.get("/letters/<slug>/decisions")
@allowed(Action.MODERATE)
def decisions(slug: str) -> ResponseReturnValue:
    """The newest decisions, which can be taken back."""
    letter = letter_by_slug(slug)
    rows = queries.decided(letter.id)
    return show(
        letter,
        "decisions",
        rows=rows,
        sizes=sizes(letter.id, rows),
        undoable=UNDOABLE,
        merges=merging.merges_of(letter.id),
    )


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
