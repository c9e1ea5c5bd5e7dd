"""Further contacts: colleagues who confirmed for an organisation that stands on the letter already."""

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from campaign.accounts.rules import Action
from campaign.desk.frame import desk, done, refusals, refused
from campaign.letters.queries import letter_by_slug
from campaign.signing import moderation, queries
from campaign.web.guards import actor, allowed


@desk.post("/letters/<slug>/further/<int:signature_id>/apart")
@allowed(Action.MODERATE)
def set_apart(slug: str, signature_id: int) -> ResponseReturnValue:
    """It is another organisation: it waits for a decision under the name given."""
    signature = queries.signature(letter_by_slug(slug).id, signature_id, lock=True)
    with refusals() as refusal:
        moderation.set_apart(signature, request.form.get("name", ""), actor())
    if refusal:
        return refused(url_for("desk.queue", slug=slug), refusal[0])
    return done(
        url_for("desk.queue", slug=slug), _("%(name)s waits for a decision of its own.", name=signature.name)
    )
