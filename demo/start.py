"""The start page with its doors and steps, the one-click sign-in of two coordinators, and starting over."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import make_response, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user, login_user

from campaign.accounts.queries import user_by_email
from campaign.cli.demo import COORDINATOR, FOLDER, SECOND
from campaign.core.errors import NotFound
from campaign.editions.queries import rendered
from campaign.tally.queries import letter_figures
from campaign.tally.wording import headline
from demo import steps
from demo.frame import demo, example, place, require_same_origin, second_example

COORDINATORS = {"first": COORDINATOR, "second": SECOND}
AT_THE_DESK = re.compile(r"/desk/[A-Za-z0-9/_-]*")
SHEET = "messy-sheet.csv"
AGAIN = 2  # seconds after which the page that waits looks again


@demo.get("")
def start() -> ResponseReturnValue:
    """The doors, and the steps, each ticked when it is done."""
    letter = example()
    return render_template(
        "demo/start.html",
        letter=letter,
        second=second_example(),
        done=steps.done(letter),
        mails_read=steps.mails_read(letter),
        late=steps.late(letter),
        headline=headline(letter_figures(letter.id), letter.noun("en")),
        edition=next(iter(rendered(letter.id)), None),
        coordinators=COORDINATORS,
    )


@demo.post("/coordinator")
def coordinator() -> ResponseReturnValue:
    """Sign in as one of the coordinators and go on at the desk: at `to`, or at the letter."""
    require_same_origin()
    user = user_by_email(COORDINATORS.get(request.form.get("who", ""), COORDINATOR))
    if user is None:
        raise NotFound("the demo has no such coordinator; please start over")
    login_user(user, remember=False, authn_via=["password"])
    wanted = urlsplit(request.form.get("to", "")).path
    address = wanted if AT_THE_DESK.fullmatch(wanted) else url_for("desk.overview", slug=example().slug)
    return redirect(address, 303)


@demo.get("/messy-sheet.csv")
def messy_sheet() -> ResponseReturnValue:
    """A sheet as people send it, to be saved and brought to the desk."""
    return send_file(FOLDER / SHEET, mimetype="text/csv", as_attachment=True)


@demo.app_template_global()
def the_other() -> tuple[str, str] | None:
    """On a page of the desk, the coordinator who is not signed in: which, and their address.

    Elsewhere None, without a look at who is signed in: public pages have no session.
    """
    if request.blueprint != "desk" or not current_user.is_authenticated:
        return None
    who = "first" if current_user.email == SECOND else "second"
    return who, COORDINATORS[who]


@demo.app_template_global()
def this_page() -> str:
    """The address to come back to; a form's own address shows nothing to whoever asks for it again."""
    return request.path if request.method == "GET" else url_for("desk.letters")


@demo.post("/start-over")
def start_over() -> ResponseReturnValue:
    """Ask the launcher to begin again with an empty database and mailbox."""
    require_same_origin()
    place().start_over.touch()
    return redirect(url_for("demo.starting_over"), 303)


@demo.get("/start-over")
def starting_over() -> ResponseReturnValue:
    """Wait until the launcher has done it and the second letter is sent; then the start page."""
    if place().sent.exists() and not place().start_over.exists():
        return redirect(url_for("demo.start"), 303)
    answer = make_response(render_template("demo/starting_over.html"))
    answer.headers["Refresh"] = f"{AGAIN}; url={url_for('demo.starting_over')}"
    return answer
