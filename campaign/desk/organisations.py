"""An organisation as it is known across letters: its names, its domains, and where it signed."""

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from campaign.accounts.rules import Action
from campaign.core.errors import InvalidInput
from campaign.core.locales import is_known
from campaign.desk.frame import desk, done, refusals, refused
from campaign.organisations import operations, queries
from campaign.organisations.rules import LONGEST_NAME, NameKind
from campaign.signing import queries as signing
from campaign.web.guards import actor, allowed


@desk.get("/organisations/<int:organisation_id>")
@allowed(Action.MODERATE)
def organisation(organisation_id: int) -> ResponseReturnValue:
    """Everything known of it, and of those that were merged into it."""
    return _page(organisation_id)


def _page(organisation_id: int, wrong: str = "") -> ResponseReturnValue:
    shown = queries.organisation(organisation_id)
    root = queries.known_as([shown.id])[shown.id]
    page = render_template(
        "desk/organisation.html",
        organisation=shown,
        now=queries.organisation(root) if root != shown.id else None,
        names=queries.names_of(shown.id),
        domains=queries.domains_of(shown.id),
        signatures=signing.of_organisation(shown.id),
        kinds=tuple(NameKind),
        longest=LONGEST_NAME,
        wrong=wrong,
        typed=request.form,
    )
    return page, 422 if wrong else 200


@desk.post("/organisations/<int:organisation_id>/names")
@allowed(Action.MODERATE)
def add_name(organisation_id: int) -> ResponseReturnValue:
    """One more name, alias, former name or acronym, in any script."""
    language = request.form.get("language", "").strip()
    name = request.form.get("name", "")
    with refusals() as refusal:
        if language and not is_known(language):
            raise InvalidInput("we do not know this language; give its code, such as ar or pt-BR", "language")
        if request.form.get("kind", "alias") not in tuple(NameKind):
            raise InvalidInput("there is no such kind of name", "kind")
        kind = NameKind(request.form.get("kind", "alias"))
        operations.add_name(queries.organisation(organisation_id), name, kind, language or None, actor())
    if refusal:
        return _page(organisation_id, refusal[0])
    return done(_back(organisation_id), _("It is found by this name from now on."))


@desk.post("/organisations/<int:organisation_id>/names/<int:name_id>/remove")
@allowed(Action.MODERATE)
def drop_name(organisation_id: int, name_id: int) -> ResponseReturnValue:
    """It is not known by this name."""
    with refusals() as refusal:
        operations.drop_name(queries.organisation(organisation_id), name_id, actor())
    if refusal:
        return refused(_back(organisation_id), refusal[0])
    return done(_back(organisation_id), _("It is no longer found by this name."))


@desk.post("/organisations/<int:organisation_id>/domains/<int:domain_id>/remove")
@allowed(Action.MODERATE)
def drop_domain(organisation_id: int, domain_id: int) -> ResponseReturnValue:
    """This domain is not its own."""
    with refusals() as refusal:
        operations.drop_domain(queries.organisation(organisation_id), domain_id, actor())
    if refusal:
        return refused(_back(organisation_id), refusal[0])
    return done(_back(organisation_id), _("This domain no longer speaks for it."))


def _back(organisation_id: int) -> str:
    return url_for("desk.organisation", organisation_id=organisation_id)
