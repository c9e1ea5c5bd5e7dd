"""A changed text: how far its signatories have answered, and what a coordinator does about silence."""

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from campaign.accounts.rules import Action
from campaign.core.errors import Conflict, Gone, NotFound
from campaign.desk.frame import desk, done, refusals, refused, show
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.letters.rules import Circulation
from campaign.outbox.writing import public_url
from campaign.signing import asking, progress, queries, reconfirming
from campaign.signing.versions import bodies_asked, given, must_agree_to, question
from campaign.web.guards import actor, allowed
from campaign.web.numbers import row_number

MOST_ROWS = 200


@desk.get("/letters/<slug>/text")
@allowed(Action.MODERATE)
def changed_text(slug: str) -> ResponseReturnValue:
    """The newest question to signatories: asked, agreed, refused, silent, and those without an address."""
    return _page(letter_by_slug(slug))


def _page(letter: Letter, wrong: dict[int, str] | None = None) -> ResponseReturnValue:
    version = question(letter.id)
    if version is None:
        raise NotFound("nobody was asked about this letter's text")
    found = progress.answers(version, MOST_ROWS)
    everybody = [s.id for s in found.rows]
    for signature_id, sentence in (wrong or {}).items():
        if signature_id not in everybody:  # it is on none of the lists any more
            return refused(url_for("desk.changed_text", slug=letter.slug), sentence)
    return show(
        letter,
        "changed_text",
        422 if wrong else 200,
        version=version,
        progress=found.figures,
        silent=found.silent,
        bounced=found.bounced,
        came_back=found.lost,
        unreachable=found.unreachable,
        taken_off=found.taken_off,
        bodies=bodies_asked(letter, found.rows),
        colleagues=progress.of_colleagues(version, everybody),
        texts=given(letter.id, everybody),
        takes_off=must_agree_to(letter.id, version) is not None,
        history=public_url(f"/letters/{letter.slug}/history")
        if letter.circulation is Circulation.PUBLIC
        else "",
        wrong=wrong or {},
        typed=request.form,
    )


@desk.post("/letters/<slug>/text/remind")
@allowed(Action.WRITE_LETTERS)
def remind_silent(slug: str) -> ResponseReturnValue:
    """Write once more to all who have not answered and can be reached; none within a day of the last mail,
    none a fifth time.
    """
    version = question(letter_by_slug(slug).id)
    address = url_for("desk.changed_text", slug=slug)
    if version is None:
        raise NotFound("nobody was asked about this letter's text")
    left_out = 0
    with refusals() as refusal:
        left_out = asking.remind_all(version, actor())
    if refusal:
        return refused(address, refusal[0])
    said = [_("The reminders are on their way.")]
    if left_out:
        said.append(
            ngettext(
                "%(num)d could not be reached: their address bounced.",
                "%(num)d could not be reached: their addresses bounced.",
                left_out,
            )
        )
    return done(address, " ".join(said))


@desk.post("/letters/<slug>/text/<int:signature_id>")
@allowed(Action.MODERATE)
def note_agreement(slug: str, signature_id: int) -> ResponseReturnValue:
    """Note that a signatory agrees, as by phone, with how one knows."""
    signature = queries.signature(letter_by_slug(slug).id, signature_id, lock=True)
    with refusals() as refusal:
        try:
            named = row_number(request.form.get("bodies", "")) or 0
            reconfirming.note_agreement(signature, request.form.get("note", ""), actor(), named)
        except Gone as over:
            raise Conflict(over.message) from over
    if refusal:
        return _page(letter_by_slug(slug), {signature_id: refusal[0]})
    return done(
        url_for("desk.changed_text", slug=slug),
        _("Saved: %(name)s.", name=signature.name),
    )
