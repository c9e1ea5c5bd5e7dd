"""Private links: one per host, made and ended by a coordinator."""

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from campaign.accounts.rules import Action
from campaign.core.errors import NotFound
from campaign.desk.frame import desk, done
from campaign.letters import operations
from campaign.letters.models import Host, Letter
from campaign.letters.queries import letter_by_slug
from campaign.web.guards import actor, allowed


@desk.post("/letters/<slug>/hosts/<int:host_id>/links")
@allowed(Action.WRITE_LETTERS)
def make_link(slug: str, host_id: int) -> ResponseReturnValue:
    """A new private link for a host; the one before ends."""
    operations.share(_host(letter_by_slug(slug), host_id), actor())
    return done(_links(slug), _("The link is made. An earlier one of this host no longer opens."))


@desk.post("/letters/<slug>/hosts/<int:host_id>/links/<int:link_id>/revoke")
@allowed(Action.WRITE_LETTERS)
def revoke_link(slug: str, host_id: int, link_id: int) -> ResponseReturnValue:
    """End a private link."""
    host = _host(letter_by_slug(slug), host_id)
    link = next((link for link in host.links if link.id == link_id), None)
    if link is None:
        raise NotFound("there is no such link on this letter")
    operations.revoke(link, actor())
    return done(_links(slug), _("The link no longer opens."))


def _host(letter: Letter, host_id: int) -> Host:
    host = next((host for host in letter.hosts if host.id == host_id), None)
    if host is None:
        raise NotFound("there is no such host on this letter")
    return host


def _links(slug: str) -> str:
    return url_for("desk.overview", slug=slug, _anchor="links")
