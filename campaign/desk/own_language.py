"""Which language the desk speaks to somebody: they choose, and their account keeps it."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user

from campaign.accounts.operations import speak_to
from campaign.accounts.rules import Action
from campaign.core.db import db
from campaign.core.errors import InvalidInput
from campaign.desk.frame import desk
from campaign.web.guards import actor, allowed
from campaign.web.language import INTERFACE


@desk.post("/language")
@allowed(Action.MODERATE)  # whoever works here
def choose_language() -> ResponseReturnValue:
    """From now on in this language; back to the page where it was chosen."""
    tag, page = request.form.get("language", ""), request.form.get("page", "")
    if tag not in INTERFACE:
        raise InvalidInput("the desk does not speak this language", "language")
    speak_to(current_user, tag, actor())
    db.session.commit()
    # A page of the desk only: what the form brings back is typed by whoever sends it.
    here = page if page.startswith("/desk/") and "\\" not in page else url_for("desk.letters")
    return redirect(here, 303)
