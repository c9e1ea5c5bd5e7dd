"""The demo's mailbox: every mail that was sent, to read, and to send back as undeliverable."""

from __future__ import annotations

from babel.dates import format_timedelta
from flask import Response, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.utils import secure_filename

from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, NotFound
from campaign.dispatch.queries import envelopes
from campaign.letters.models import Letter
from campaign.outbox.writing import public_url
from campaign.web.headers import CONTENT_POLICY
from demo import bounce, steps
from demo.frame import demo, example, place, require_same_origin, second_example
from demo.kept import Opened, Summary, answered, framed, header_bytes, linked, opened, summaries
from demo.start import COORDINATORS

# A mail has its styles in its tags. It may not run, load or send anything; its links open in the window.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation"
)


@demo.get("/mailbox")
def mailbox() -> str:
    """All mails, newest first, by who they are for."""
    letter = example()
    return render_template(
        "demo/mailbox.html",
        notice=letter.notice("en"),
        mails=_sorted(letter),
        ago=ago,
        bounced=lambda mail: (told := bounce.outcome(place(), mail.number)) is not None and told.taken,
        unread=lambda mail: not steps.marked(steps.mail_mark(mail.number)),
        done=steps.done(letter),
    )


@demo.get("/mailbox/<int(max=999999):number>")
def mail(number: int) -> Response:
    """One mail: its headers, how a mail program shows it, its plain text, and its attachments."""
    found = _opened(number)
    steps.mark(steps.mail_mark(number))
    page = render_template(
        "demo/mail.html",
        notice=example().notice("en"),
        mail=found,
        number=number,
        answered=answered(place().mailbox, found),
        can_bounce=bounce.can_bounce(found),
        outcome=bounce.outcome(place(), number),
        text=linked(found.text, public_url()),
        size=size,
    )
    answer = make_response(page)
    answer.headers["Content-Security-Policy"] = f"{CONTENT_POLICY}; frame-src 'self'"
    return answer


@demo.post("/mailbox/<int(max=999999):number>/bounce")
def let_bounce(number: int) -> ResponseReturnValue:
    """Report to the product, as the addressee's mail server would, that this mail reached nobody.

    Nothing here asks the database, and what the look-up of who is signed in began is let go: on SQLite this
    request would hold it, and the command could not write.
    """
    require_same_origin()
    found = _opened(number)
    if not bounce.can_bounce(found):
        raise Conflict("this mail has no envelope sender of its own, so that nobody could tell what bounced")
    written = bounce.report(found, header_bytes(place().mailbox, number), clock.now())
    db.session.rollback()
    bounce.keep(place(), number, bounce.hand_over(written, found.mail_from))
    return redirect(url_for("demo.mail", number=number, _anchor="bounce"), 303)


@demo.get("/mailbox/<int(max=999999):number>/html")
def mail_html(number: int) -> Response:
    """A mail's HTML as it was sent, for the frame on its page."""
    found = _opened(number)
    if not found.html:
        raise NotFound("this mail has no HTML")
    answer = make_response(framed(found.html, public_url()))
    answer.headers["Content-Security-Policy"] = MAIL_POLICY
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


@demo.get("/mailbox/<int(max=999999):number>/attachments/<int(max=99):place>")
def attachment(number: int, place: int) -> Response:
    """An attachment, counted from 1: a PDF opens in the window, anything else is saved."""
    files = _opened(number).attachments
    if not 1 <= place <= len(files):
        raise NotFound("this mail has no such attachment")
    file = files[place - 1]
    answer = make_response(file.content)
    answer.mimetype = file.kind if file.is_pdf else "application/octet-stream"
    how = "inline" if file.is_pdf else "attachment"
    answer.headers.set("Content-Disposition", how, filename=secure_filename(file.name) or "attachment")
    return answer


def _sorted(letter: Letter) -> dict[str, list[Summary]]:
    """The mails by who they are for; whoever else a mail went to is an organisation that signs."""
    second = second_example()
    boxes = {
        "addressees": _boxes(letter),
        "coordinators": set(COORDINATORS.values()),
        "second": _boxes(second) if second else set(),
    }
    found: dict[str, list[Summary]] = {name: [] for name in (*boxes, "others")}
    for mail in summaries(place().mailbox):
        whose = (name for name, wanted in boxes.items() if wanted.intersection(mail.recipients))
        found[next(whose, "others")].append(mail)
    return found


def _boxes(letter: Letter) -> set[str]:
    """The addresses a letter's mails go to, and those they went to before somebody corrected them."""
    now = {addressee.email for addressee in letter.addressees if addressee.email}
    return now | {owed.address for owed in envelopes(letter.id) if owed.address}


def ago(mail: Summary) -> str:
    """How long ago it came, in words."""
    return str(format_timedelta(mail.received_at - clock.now(), add_direction=True, locale="en"))


def size(count: int) -> int:
    """Bytes in whole kilobytes, rounded up."""
    return -(-count // 1024)


def _opened(number: int) -> Opened:
    found = opened(place().mailbox, number)
    if found is None:
        raise NotFound("there is no such mail")
    return found
