"""Being erased: a page that says what that means, and one button."""

from flask import redirect, render_template
from flask.typing import ResponseReturnValue

from campaign.audit.rules import SIGNATORY
from campaign.care.erasure import erase
from campaign.core.db import db
from campaign.jobs import bell
from campaign.public.own import Holder, own_page
from campaign.public.places import public
from campaign.public.shown import frame_of
from campaign.web.language import site


@own_page("/erase")
def own_erasing(holder: Holder) -> ResponseReturnValue:
    """What is erased and what stays; nothing happens yet."""
    return _page(holder), 200


@own_page("/erase", ("POST",))
def own_erase(holder: Holder) -> ResponseReturnValue:
    """Erase it everywhere we control. The link that led here is unknown from then on."""
    form = holder.press()
    if not form.validate():
        return _page(holder, form), 422
    erase(holder.signature, SIGNATORY)
    db.session.commit()
    bell.ring()
    return redirect(site("public.erased"), 303)


@public.get("/signature/erased")
def erased() -> str:
    """What was done, whoever looks."""
    return render_template("public/erased.html")


def _page(holder: Holder, form: object = None) -> str:
    return render_template(
        "public/own_erase.html",
        holder=holder,
        form=form or holder.press(),
        **frame_of(holder.signature),
    )
