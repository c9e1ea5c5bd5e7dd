"""Corrections that signatories ask for by their own link, to be made or refused."""

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from campaign.accounts.rules import Action
from campaign.desk.frame import desk, done, refusals, refused, show
from campaign.letters.queries import letter_by_slug
from campaign.signing import corrections, queries
from campaign.web.guards import actor, allowed


@desk.get("/letters/<slug>/corrections")
@allowed(Action.MODERATE)
def wishes(slug: str) -> ResponseReturnValue:
    """What is listed now beside what is asked for, oldest first."""
    letter = letter_by_slug(slug)
    return show(letter, "wishes", rows=queries.wished(letter.id))


@desk.post("/letters/<slug>/corrections/<int:signature_id>")
@allowed(Action.MODERATE)
def decide_wish(slug: str, signature_id: int) -> ResponseReturnValue:
    """Make the correction, or leave the list as it is."""
    signature = queries.signature(letter_by_slug(slug).id, signature_id, lock=True)
    granting = request.form.get("do") == "grant"
    address = url_for("desk.wishes", slug=slug)
    with refusals() as refusal:
        (corrections.grant if granting else corrections.refuse)(signature, actor())
    if refusal:
        return refused(address, refusal[0])
    said = _("Corrected: %(name)s.", name=signature.name)
    return done(address, said if granting else _("Left as it is: %(name)s.", name=signature.name))
