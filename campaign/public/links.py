"""Having the link to one's signature sent again: the same pages for everybody, whoever has signed."""

from flask import Response, make_response, redirect, render_template
from flask.typing import ResponseReturnValue

from campaign.core.db import db
from campaign.jobs import bell
from campaign.public.answers import hide
from campaign.public.forms import LinksForm, make_harmless
from campaign.public.places import public
from campaign.signing.looking_after import ask_for_links
from campaign.web.language import site


@public.get("/signature")
def links() -> Response:
    """The form: an address, no more."""
    return _page("links", form=LinksForm("links"))


@public.post("/signature")
def send_links() -> ResponseReturnValue:
    """Owe the mail, if that address has signed anything. The answer does not say whether it has."""
    form = LinksForm("links")
    if not form.validate():
        make_harmless(form)
        return _page("links", 422, form=form)
    ask_for_links(form.email.data)
    db.session.commit()
    bell.ring()
    return redirect(site("public.links_sent"), 303)


@public.get("/signature/sent")
def links_sent() -> Response:
    """What happens next, whoever asked."""
    return _page("links_sent")


def _page(template: str, status: int = 200, **context: object) -> Response:
    answer = hide(make_response(render_template(f"public/{template}.html", **context), status))
    answer.vary.add("Accept-Language")
    return answer
