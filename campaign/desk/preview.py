"""Before release: what would leave, to whom, and what should be known first; a trial; and the proposal."""

from collections.abc import Mapping, Sequence

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.datastructures import MultiDict

from campaign.accounts.queries import releasers
from campaign.accounts.rules import Action
from campaign.core import clock
from campaign.core.errors import InvalidInput, NotFound
from campaign.desk import words
from campaign.desk.frame import desk, done, refusals, refused, show
from campaign.desk.moments import typed_moment
from campaign.desk.releases import proposed
from campaign.desk.sheets import blocked, by_hand, sheets, stands, summary
from campaign.dispatch import operations
from campaign.dispatch.operations import Choice
from campaign.dispatch.preview import Plan, Preview
from campaign.dispatch.preview import preview as previewed
from campaign.dispatch.queries import last_sent, owed, releases
from campaign.dispatch.rules import LONGEST_COVERING, DispatchState, needs_second_person
from campaign.dispatch.writing import Errand
from campaign.editions import queries
from campaign.editions.models import Edition
from campaign.editions.rules import EditionState
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.web.guards import actor, allowed
from campaign.web.numbers import row_number
from campaign.web.sending import domain_findings

STOP = "stop"  # the letter is not published when a server refuses it


@desk.get("/letters/<slug>/editions/<int:number>/preview")
@allowed(Action.RELEASE)
def preview(slug: str, number: int) -> ResponseReturnValue:
    """Every mail of an edition as it would be read. Looking changes nothing."""
    edition = queries.edition(letter_by_slug(slug).id, number)
    if edition.state is not EditionState.RENDERED:
        return refused(url_for("desk.editions", slug=slug), _("The files of this edition are not ready yet."))
    return _preview(edition)


def _preview(edition: Edition, wrong: Mapping[str, str] | None = None) -> ResponseReturnValue:
    """The page; `wrong` has a sentence by field, and then what was typed is kept."""
    letter, shown = edition.letter, previewed(Errand(edition))
    cannot = blocked(shown)
    able = [plan for plan in shown.open if plan.addressee.id not in cannot]
    further = bool(last_sent(letter.id))
    second_person = needs_second_person(releasers(), current_user.id)
    return show(
        letter,
        "preview",
        422 if wrong else 200,
        edition=edition,
        shown=shown,
        sheets=sheets(shown),
        headline=_headline(shown, able, second_person),
        by_hand=by_hand(able),
        blocked=cannot,
        able=able,
        stands=stands(edition),
        releases=releases(edition.id),
        further=further,
        second_person=second_person,
        domain_findings=words.domains(domain_findings()),
        wrong=wrong or {},
        typed=request.form if wrong else _untouched(letter, [] if further else able),
        zones=clock.places(),
        longest=LONGEST_COVERING,
    )


def _untouched(letter: Letter, able: Sequence[Plan]) -> MultiDict[str, str]:
    """The form before anybody typed: everybody is ticked for a first list, nobody for a further one."""
    ticked = dict.fromkeys(str(plan.addressee.id) for plan in able)
    return MultiDict([*(("to", one) for one in ticked), ("zone", letter.time_zone)])


def _headline(shown: Preview, able: Sequence[Plan], second_person: bool) -> str:
    """The one line that says how much leaves, when, and whether anything has."""
    edition = shown.errand.edition
    has_left = any(sent.state is DispatchState.LEFT for sent in releases(edition.id))
    if not able:
        return _("Nothing more can leave.") if has_left else _("Nothing can leave. Nothing has left yet.")
    leaving = (
        _("as soon as it is approved")
        if second_person
        else _("%(num)d minutes after its release", num=edition.letter.release_delay)
    )
    left = _("For others it has left already.") if has_left else _("Nothing has left yet.")
    facts = {"letters": summary(able), "when": leaving, "left": left}
    if last_sent(edition.letter_id):  # of a further list nobody is ticked yet
        return _("%(letters)s at most, %(when)s. %(left)s", **facts)
    return _("%(letters)s, %(when)s. %(left)s", **facts)


@desk.post("/letters/<slug>/editions/<int:number>/trial")
@allowed(Action.RELEASE)
def send_trial(slug: str, number: int) -> ResponseReturnValue:
    """One of the mails, to whoever asks, marked as a trial."""
    edition = queries.edition(letter_by_slug(slug).id, number)
    addressee_id, reader = _number("addressee"), _number("reader")
    address = url_for("desk.preview", slug=slug, number=number)
    with refusals() as refusal:
        operations.require_ready(edition)
        if not _is_mailed(edition, addressee_id, reader):
            raise NotFound("there is no such mail in this edition")
        operations.send_trial(edition, addressee_id, reader, current_user, actor())
    if refusal:
        return refused(address, refusal[0])
    return done(address, _("The trial is on its way to %(who)s, and to nobody else.", who=current_user.email))


def _is_mailed(edition: Edition, addressee_id: int, reader: int) -> bool:
    plans = previewed(Errand(edition), {addressee_id}).plans
    return any(plan.mail is not None and plan.group.reader == reader for plan in plans)


def _number(field: str) -> int:
    number = row_number(request.form.get(field, ""))
    if number is None:
        raise NotFound("there is no such mail in this edition")
    return number


@desk.post("/letters/<slug>/editions/<int:number>/propose")
@allowed(Action.RELEASE)
def propose(slug: str, number: int) -> ResponseReturnValue:
    """Ask a second person to let the ticked letters go, or, for who is alone, release them with a delay."""
    edition = queries.edition(letter_by_slug(slug).id, number)
    wrong: dict[str, str] = {}
    ticked = _ticked()
    with refusals() as refusal:
        try:
            sent = operations.propose(edition, _choice(ticked), request.form.get("seen", ""), actor())
        except InvalidInput as fault:
            wrong[fault.field or ""] = ""
            raise
    if refusal:
        return _not_proposed(slug, number, ticked, dict.fromkeys(wrong or {"": ""}, refusal[0]))
    return done(url_for("desk.dispatch", slug=slug), proposed(sent))


def _ticked() -> frozenset[int]:
    found = map(row_number, request.form.getlist("to"))
    return frozenset(number for number in found if number is not None)


def _choice(ticked: frozenset[int]) -> Choice:
    return Choice(
        ticked,
        typed_moment(request.form.get("at", ""), request.form.get("zone", "")),
        publishes=bool(request.form.get("publishes")),
        publishes_anyway=request.form.get("refused") != STOP,
        covering=request.form.get("covering", ""),
    )


def _not_proposed(
    slug: str, number: int, ticked: frozenset[int], wrong: Mapping[str, str]
) -> ResponseReturnValue:
    """The preview as it is now, with what was typed; a second click finds what the first one made."""
    edition = queries.edition(letter_by_slug(slug).id, number)
    sentence = next(iter(wrong.values()))
    if edition.state is not EditionState.RENDERED:
        return refused(url_for("desk.editions", slug=slug), sentence)
    if ticked and ticked <= owed(edition.id):
        return refused(url_for("desk.dispatch", slug=slug), sentence)
    return _preview(edition, wrong)
