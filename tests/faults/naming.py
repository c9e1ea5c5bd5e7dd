"""Very many sign-ons that all name one mailbox: what reaches it, and what those are told who sent them."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select, update

from campaign.core import clock
from campaign.core.db import db
from campaign.core.secrets import digest, new_nonce
from campaign.jobs.tasks import sweep
from campaign.outbox.models import Mail
from campaign.outbox.rules import SELDOM, SELDOM_SPAN, MailState
from campaign.signing.models import Confirmation
from campaign.web.forms import _serializer
from tests.client import Client
from tests.doors.public_pages import GOOD, read_form
from tests.factories import make_letter
from tests.faults.found import Found
from tests.servers import mail_server

VICTIM = "victim@example.org"
SPELLINGS = (VICTIM, "Victim@Example.org", "victim+news@example.org", "VICTIM+1@example.org", VICTIM)
ROUNDS = 10  # a worker works so often meanwhile


def name_one(app: Flask, posts: int, seed: int) -> Found:
    """So many forms for as many organisations, all naming one mailbox, while a worker sends what is due."""
    found = Found(f"{posts:,} posts naming one mailbox", seed)
    browser, page = Client(app, app.response_class), f"/letters/{make_letter().slug}/sign"
    blank, answers = read_form(browser, page).fields, set[tuple[int, str, str]]()
    with mail_server() as sink:
        app.extensions["mail"].port = app.config["MAIL_PORT"] = sink.port
        for number in range(posts):
            answer = browser.post(page, data=_filled(blank, number))
            told = browser.get(answer.location).text if number % 50 == 0 and answer.location else ""
            answers.add((answer.status_code, answer.location or "", told))
            if number % max(posts // ROUNDS, 1) == 0:
                _work(app)
        _work(app)
        found.limit("mails that reached it", len(sink.mails), SELDOM)
        found.expect(bool(sink.mails), "no mail reached it")
        found.expect(len({a[:2] for a in answers}) == 1, "not everybody was answered the same")
        found.expect(len({a[2] for a in answers if a[2]}) == 1, "not everybody was told the same")
        _judge_rest(app, found, len(sink.mails))
        found.expect(_all_links_are_known(sink.mails), "a mail held a link that leads nowhere")
    return found


def _filled(blank: dict[str, str], number: int) -> dict[str, str]:
    own = {"organisation": f"Group {number}", "email": SPELLINGS[number % len(SPELLINGS)]}
    return {**sealed_anew(blank), **GOOD, **own}


def sealed_anew(blank: dict[str, str]) -> dict[str, str]:
    """A form's fields as somebody else would have been shown them a minute ago; in the app's context."""
    subject, shown_at, _nonce, *rest = _serializer().loads(blank["csrf_token"])
    seal = _serializer().dumps([subject, shown_at - 60, new_nonce(), *rest])
    return {**blank, "csrf_token": str(seal)}


def _work(app: Flask) -> None:
    db.session.commit()
    with app.app_context():
        sweep()
    db.session.expire_all()


def _judge_rest(app: Flask, found: Found, left: int) -> None:
    """What waits is little and leaves when it may; the sign-ons that wait are told then."""
    waiting = db.session.scalars(
        select(Mail).where(Mail.state == MailState.QUEUED).order_by(Mail.due_at)
    ).all()
    found.limit("mails that wait", len(waiting), SELDOM)
    allowed = SELDOM - left
    soonest = [mail.due_at for mail in waiting[allowed:]]
    margin = clock.now() + SELDOM_SPAN / 2
    found.expect(all(at > margin for at in soonest), "a mail too many leaves within the six hours")
    db.session.execute(update(Mail).where(Mail.state == MailState.QUEUED).values(due_at=clock.now()))
    _work(app)


def _all_links_are_known(mails: list[object]) -> bool:
    known = set(db.session.scalars(select(Confirmation.digest)))
    links = {link for mail in mails for link in mail.links if "/confirm/" in link}  # type: ignore[attr-defined]
    return bool(links) and {digest(link.rsplit("/", 1)[1]) for link in links} <= known
