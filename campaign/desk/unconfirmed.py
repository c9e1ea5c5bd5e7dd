"""Sign-ons not confirmed yet: send again, correct the address or the country, or accept on other evidence."""

from collections.abc import Callable, Mapping

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from campaign.accounts.rules import Action
from campaign.audit.rules import Actor
from campaign.core.addresses import checked
from campaign.desk import words
from campaign.desk.corrections import apply_correction
from campaign.desk.frame import desk, done, refusals, show
from campaign.desk.moderation import page_after
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.signing import moderation, queries, queues
from campaign.signing.models import Signature
from campaign.signing.rules import SignatureStatus
from campaign.web.guards import actor, allowed


@desk.get("/letters/<slug>/unconfirmed")
@allowed(Action.MODERATE)
def unconfirmed(slug: str) -> ResponseReturnValue:
    """Sign-ons whose mailbox is not proven, oldest first."""
    return _unconfirmed(letter_by_slug(slug))


def _unconfirmed(letter: Letter, wrong: Mapping[int, str] | None = None) -> ResponseReturnValue:
    page = queues.unconfirmed(letter.id, page_after())
    return show(
        letter,
        "unconfirmed",
        422 if wrong else 200,
        rows=page.rows,
        page=page,
        wrong=wrong or {},
        typed=request.form,
        country_names=words.country_names(letter.country_names),
    )


def _save(signature: Signature, who: Actor) -> str:
    return _("Saved: %(name)s.", name=signature.name)


def _again(signature: Signature, who: Actor) -> str:
    moderation.send_again(signature, who)
    return _("A new confirmation is on its way to %(name)s.", name=signature.name)


def _correct_address(signature: Signature, who: Actor) -> str:
    moderation.correct_address(signature, checked(request.form.get("email", "")), who)
    return _("A new confirmation is on its way to the corrected address of %(name)s.", name=signature.name)


def _accept(signature: Signature, who: Actor) -> str:
    moderation.accept_on_evidence(signature, request.form.get("note", ""), who)
    return _("Accepted: %(name)s. It counts now.", name=signature.name)


_VERBS: dict[str, Callable[[Signature, Actor], str]] = {
    "save": _save,
    "again": _again,
    "address": _correct_address,
    "accept": _accept,
}


@desk.post("/letters/<slug>/unconfirmed/<int:signature_id>")
@allowed(Action.MODERATE)
def settle(slug: str, signature_id: int) -> ResponseReturnValue:
    """Correct a row as it was typed, and do what its button says."""
    signature = queries.signature(letter_by_slug(slug).id, signature_id, lock=True)
    sentence = ""
    with refusals() as refusal:
        if signature.status is SignatureStatus.UNVERIFIED:
            apply_correction(signature, request.form, actor())
        sentence = _VERBS.get(request.form.get("do", "save"), _save)(signature, actor())
    if refusal:
        return _unconfirmed(letter_by_slug(slug), {signature_id: refusal[0]})
    return done(url_for("desk.unconfirmed", slug=slug, after=page_after() or None), sentence)
