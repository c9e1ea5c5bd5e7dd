"""The list of letters, and one letter at a glance: figures, state, links, and what happened."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from campaign.accounts.queries import active_users
from campaign.accounts.rules import Action
from campaign.audit.queries import recent
from campaign.audit.rules import Actor
from campaign.care.retention import plan
from campaign.core import locales
from campaign.desk.acts import act, runs
from campaign.desk.frame import desk, done, refusals, refused, show
from campaign.desk.words import actor as who
from campaign.letters import operations
from campaign.letters.models import Letter
from campaign.letters.queries import all_letters, letter_by_slug, private_key
from campaign.letters.rules import Circulation
from campaign.outbox.writing import public_url
from campaign.signing.queries import QUEUE, totals
from campaign.signing.rules import SignatureStatus
from campaign.tally.queries import figures_of, letter_figures
from campaign.tally.wording import headline
from campaign.web.guards import actor, allowed
from campaign.web.language import language

MOST_ACTS = 25


@desk.get("/")
@allowed(Action.MODERATE)
def letters() -> ResponseReturnValue:
    """All letters, newest first, with what waits in each."""
    found = all_letters()
    figures = figures_of([letter.id for letter in found])
    rows = [
        (letter, headline(figures[letter.id], letter.noun(language())), _waiting(letter)) for letter in found
    ]
    return render_template("desk/letters.html", rows=rows, moment=moment)


def _waiting(letter: Letter) -> tuple[int, int]:
    """How many sign-ons wait for a decision, and how many for their mailbox."""
    counted = totals(letter.id)
    return sum(counted.get(s, 0) for s in QUEUE), counted.get(SignatureStatus.UNVERIFIED, 0)


def moment(when: datetime, zone: str) -> str:
    """A moment in full, at its place and in UTC."""
    return locales.format_moment(when, zone, language())


@desk.get("/letters/<slug>")
@allowed(Action.MODERATE)
def overview(slug: str) -> ResponseReturnValue:
    """One letter at a glance."""
    return _overview(letter_by_slug(slug))


def _overview(letter: Letter, wrong: dict[str, str] | None = None) -> ResponseReturnValue:
    figures = letter_figures(letter.id)
    people = {user.id: user.email for user in active_users()}
    return show(
        letter,
        "overview",
        422 if wrong else 200,
        figures=figures,
        headline=headline(figures, letter.noun(language())),
        links=_links(letter),
        page=public_url(f"/letters/{letter.slug}") if letter.circulation is Circulation.PUBLIC else None,
        record=[(e, who(e, people), act(e), more) for e, more in runs(recent(letter.id))[:MOST_ACTS]],
        wrong=wrong or {},
        typed=request.form,
        moment=moment,
        kept=plan(letter, current_app.config["SETTINGS"].retention),
        days=current_app.config["SETTINGS"].retention,
    )


def _links(letter: Letter) -> list[tuple[object, list[tuple[object, str]]]]:
    """Each host with its links, as (link or None, address): the public page's, or private ones that open."""
    if letter.circulation is Circulation.PUBLIC:
        address = public_url(f"/letters/{letter.slug}")
        return [(host, [(None, f"{address}?via={host.code}")]) for host in letter.hosts]
    return [
        (host, [(k, public_url(f"/p/{private_key(k)}")) for k in host.links if k.revoked_at is None])
        for host in letter.hosts
    ]


def _pause(letter: Letter, who: Actor) -> None:
    operations.pause(letter, True, who)


def _resume(letter: Letter, who: Actor) -> None:
    operations.pause(letter, False, who)


_ACTS = {
    "open": operations.open_letter,
    "close": operations.close,
    "archive": operations.archive,
    "publish": operations.publish,
    "pause": _pause,
    "resume": _resume,
}


@desk.post("/letters/<slug>/<any(open, close, archive, publish, pause, resume):verb>")
@allowed(Action.WRITE_LETTERS)
def change_state(slug: str, verb: str) -> ResponseReturnValue:
    """Open, close, archive, publish, pause or resume."""
    letter = letter_by_slug(slug)
    address = url_for("desk.overview", slug=slug)
    with refusals() as refusal:
        _ACTS[verb](letter, actor())
    if refusal:
        return refused(address, refusal[0])
    said = {
        "open": _("The letter is open for signature."),
        "close": _(
            "The letter takes no more signatures. Confirmations of earlier ones still count for 48 hours."
        ),
        "archive": _("The letter is in the archive. It stays readable."),
        "publish": _("The letter is public now."),
        "pause": _("Signing is paused."),
        "resume": _("Signing goes on."),
    }
    return done(address, said[verb])


@desk.post("/letters/<slug>/extend")
@allowed(Action.WRITE_LETTERS)
def extend(slug: str) -> ResponseReturnValue:
    """A later deadline: day and time as they are at a place."""
    letter = letter_by_slug(slug)
    until = local_moment(request.form.get("until", ""), request.form.get("zone", ""))
    if until is None:
        return _overview(
            letter, {"extend": _("Please give a day and a time, and a time zone such as Europe/Zurich.")}
        )
    with refusals() as refusal:
        operations.extend(letter, until, actor())
    if refusal:
        return _overview(letter_by_slug(slug), {"extend": refusal[0]})
    return done(
        url_for("desk.overview", slug=slug), _("The deadline is later now. The page says “extended to …”.")
    )


def local_moment(typed: str, zone: str) -> datetime | None:
    """A moment in UTC from a browser's day and time at a place (IANA name); None when either is unusable."""
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=ZoneInfo(zone.strip() or "?")).astimezone(UTC)
    except (ValueError, OSError, OverflowError, ZoneInfoNotFoundError):
        return None


@desk.post("/letters/<slug>/withdraw")
@allowed(Action.WRITE_LETTERS)
def withdraw(slug: str) -> ResponseReturnValue:
    """Take the letter back, with a sentence that everybody can read."""
    letter = letter_by_slug(slug)
    with refusals() as refusal:
        operations.withdraw(letter, request.form.get("reason", ""), actor())
    if refusal:
        return _overview(letter_by_slug(slug), {"withdraw": refusal[0]})
    return done(url_for("desk.overview", slug=slug), _("The letter is withdrawn. Its page says why."))
