"""Limits and lists, of a letter and of all letters, and what would become of a sign-on from a typed place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from campaign.accounts.rules import Action
from campaign.core import clock
from campaign.core.errors import InvalidInput
from campaign.desk import limit_words
from campaign.desk.frame import desk, done, sentence_of, show
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.signing import limiting, watching
from campaign.signing.limits import paces
from campaign.signing.models import Limit
from campaign.signing.pacing import Pace
from campaign.signing.rules import AccessKind, LimitPer, Verdict
from campaign.web.guards import actor, allowed

UNITS = {"minutes": 60, "hours": 3_600, "days": 86_400}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows besides what is kept: a refusal beside its form, and a trial's answer."""

    wrong: Mapping[str, str]
    trial: watching.Trial | None = None


NOTHING = Shown({})


def _page(slug: str | None, shown: Shown = NOTHING) -> ResponseReturnValue:
    letter = letter_by_slug(slug) if slug else None
    found = letter.id if letter else None
    context = {
        "slug": slug,
        "holding": _holding(found),
        "lines": watching.lines_kept(found),
        "lines_of_all": watching.lines_kept(None) if letter else [],
        "said": limit_words,
        "shown": shown,
        "typed": request.form,
    }
    status = 422 if shown.wrong else 200
    if letter is None:
        return render_template("desk/limits_of_all.html", **context), status
    return show(letter, "limits", status, traffic=_traffic(letter, clock.now()), **context)


def _holding(letter_id: int | None) -> list[tuple[Pace, Limit | None]]:
    """The limits that hold, each with its row when it was set on this page and can be removed here."""
    rows = {(row.per, row.span): row for row in watching.limits_kept(letter_id)}
    return [(pace, rows.get((pace.per, pace.span))) for pace in paces(letter_id)]


def _traffic(letter: Letter, now: datetime) -> list[tuple[str, watching.Traffic]]:
    return [
        (_("Last hour"), watching.traffic(letter.id, now - watching.HOUR)),
        (_("Last 24 hours"), watching.traffic(letter.id, now - watching.DAY)),
    ]


def _change(
    slug: str | None, form: str, change: Callable[[int | None], object], sentence: str
) -> ResponseReturnValue:
    """Change something of a letter or of all, or show the page again with the refusal beside `form`."""
    letter_id = letter_by_slug(slug).id if slug else None
    try:
        change(letter_id)
    except InvalidInput as fault:
        return _page(slug, Shown({form: sentence_of(fault)}))
    return done(url_for("desk.limits", slug=slug, _anchor=form), sentence)


def _number(name: str) -> int:
    typed = request.form.get(name, "").strip()
    if not (typed.isascii() and typed.isdecimal() and len(typed) < 9):
        raise InvalidInput("give whole numbers", name)
    return int(typed)


@desk.get("/limits", defaults={"slug": None})
@desk.get("/letters/<slug>/limits")
@allowed(Action.MODERATE)
def limits(slug: str | None) -> ResponseReturnValue:
    """What holds, the lists, and for a letter how sign-ons come in."""
    return _page(slug)


@desk.post("/limits", defaults={"slug": None})
@desk.post("/letters/<slug>/limits")
@allowed(Action.MODERATE)
def set_limit(slug: str | None) -> ResponseReturnValue:
    """A new limit, or another figure for the same span."""

    def change(letter_id: int | None) -> None:
        per = request.form.get("per", "")
        if per not in list(LimitPer):
            raise InvalidInput("choose what the limit counts", "per")
        span = _number("span") * UNITS.get(request.form.get("unit", ""), 0)
        limiting.set_limit(letter_id, LimitPer(per), span, _number("most"), actor())

    return _change(slug, "limits", change, _("The limit holds from now on."))


@desk.post("/limits/<int:limit_id>/remove", defaults={"slug": None})
@desk.post("/letters/<slug>/limits/<int:limit_id>/remove")
@allowed(Action.MODERATE)
def remove_limit(slug: str | None, limit_id: int) -> ResponseReturnValue:
    """Take a limit away."""
    return _change(
        slug,
        "limits",
        lambda letter_id: limiting.remove_limit(letter_id, limit_id, actor()),
        _("The limit is gone. What holds now is shown below."),
    )


@desk.post("/limits/lists", defaults={"slug": None})
@desk.post("/letters/<slug>/limits/lists")
@allowed(Action.MODERATE)
def enlist(slug: str | None) -> ResponseReturnValue:
    """Put a network or mail domain on a list."""

    def change(letter_id: int | None) -> None:
        typed = request.form.get("pattern", "")
        verdict = Verdict.ALLOW if request.form.get("verdict") == Verdict.ALLOW else Verdict.DENY
        limiting.enlist(letter_id, verdict, _kind(typed), typed, request.form.get("note", ""), actor())

    return _change(slug, "lists", change, _("It is on the list, for sign-ons from now on."))


def _kind(typed: str) -> AccessKind:
    """A network is made of hexadecimal digits with a colon or slash, or of dotted numbers; else a domain."""
    looks = set(typed.strip().lower()) <= set("0123456789abcdef.:/[]") and not set(":/").isdisjoint(typed)
    return AccessKind.NETWORK if looks or _is_dotted_number(typed) else AccessKind.DOMAIN


def _is_dotted_number(typed: str) -> bool:
    return typed.strip().replace(".", "").isdecimal()


@desk.post("/limits/lists/<int:line_id>/remove", defaults={"slug": None})
@desk.post("/letters/<slug>/limits/lists/<int:line_id>/remove")
@allowed(Action.MODERATE)
def strike(slug: str | None, line_id: int) -> ResponseReturnValue:
    """Take a line off its list."""
    return _change(
        slug,
        "lists",
        lambda letter_id: limiting.strike(letter_id, line_id, actor()),
        _("It is off the list."),
    )


@desk.post("/limits/trial", defaults={"slug": None})
@desk.post("/letters/<slug>/limits/trial")
@allowed(Action.MODERATE)
def trial(slug: str | None) -> ResponseReturnValue:
    """What would become of a sign-on from there. Asked by POST, so that no address stands in any log."""
    letter_id = letter_by_slug(slug).id if slug else None
    found = watching.trial(letter_id, request.form.get("place", ""), clock.now())
    if found is None:
        return _page(slug, Shown({"trial": _("Give a network address such as 192.0.2.7, or a mail domain.")}))
    return _page(slug, Shown({}, found))
