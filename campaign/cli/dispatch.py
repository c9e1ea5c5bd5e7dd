"""Commands that send an edition to its addressees."""

import sys

import click

from campaign.audit.rules import OPERATOR
from campaign.cli.group import Commands, finish
from campaign.cli.letters import moment
from campaign.core import clock
from campaign.core.domains import Verdict
from campaign.core.errors import Conflict, InvalidInput
from campaign.core.text import fold
from campaign.dispatch import operations, queries
from campaign.dispatch.models import Consignment
from campaign.dispatch.preview import preview
from campaign.dispatch.rules import DispatchState
from campaign.dispatch.writing import Errand
from campaign.editions.queries import edition, rendered
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.web.domain_words import said
from campaign.web.sending import domain_findings

dispatch = Commands("dispatch", help="Sending an edition to its addressees.")
EVERYBODY = "all"
VERDICTS = {
    Verdict.GOOD: "good",
    Verdict.WARN: "look",
    Verdict.BAD: "look",
    Verdict.NOT_CHECKED: "not checked",
}


@dispatch.command("release")
@click.argument("slug")
@click.option("--edition", "number", type=int, required=True)
@click.option(
    "--to", "names", multiple=True, metavar="NAME", help="An addressee's name, or 'all'; repeatable."
)
@click.option("--at", help="When it leaves: ISO 8601 with offset.")
@click.option("--now", "at_once", is_flag=True, help="Leave at once, by the operator's own decision.")
@click.option("--reason", default="", help="Why it leaves at once; kept in the record.")
@click.option("--publish", is_flag=True, help="Make a private letter public after its mails have left.")
@click.option("--not-if-refused", is_flag=True, help="With --publish: not when a server refuses a mail.")
def release(
    slug: str,
    number: int,
    names: tuple[str, ...],
    at: str | None,
    at_once: bool,
    reason: str,
    publish: bool,
    not_if_refused: bool,
) -> None:
    """Send an edition to its addressees.

    After the minutes in which it can be cancelled, at a time, or --now with a --reason. A further list goes
    only to those named with --to.
    """
    if at_once and not reason.strip():
        raise click.UsageError("--now needs a --reason")
    if at_once and at:
        raise click.UsageError("--now and --at exclude each other")
    if not_if_refused and not publish:
        raise click.UsageError("--not-if-refused needs --publish")
    letter = letter_by_slug(slug)
    ticked = _ticked(letter, number, names)
    sent = operations.release(
        edition(letter.id, number),
        OPERATOR,
        moment(at) if at else None,
        at_once,
        reason,
        ticked,
        publish,
        not not_if_refused,
    )
    finish()
    leaves = clock.iso(sent.leaves_at or clock.now())
    click.echo(f"edition {number}: {len(sent.consignments)} recipients, leaves {leaves}")


def _ticked(letter: Letter, number: int, names: tuple[str, ...]) -> frozenset[int] | None:
    """The addressees named, or None for all of them: that is what the first edition means without names."""
    if not names and any(sent < number for sent in queries.last_sent(letter.id).values()):
        raise click.UsageError("an earlier edition was sent: name the addressees of this one with --to")
    if not names or EVERYBODY in names:
        return None
    known = {fold(a.name): a.id for a in letter.addressees if a.removed_at is None}
    unknown = [name for name in names if fold(name) not in known]
    if unknown:
        raise InvalidInput(f"there is no addressee {unknown[0]!r} on this letter", "--to")
    return frozenset(known[fold(name)] for name in names)


@dispatch.command("check")
@click.argument("slug")
def check(slug: str) -> None:
    """What should be known before the newest edition leaves, and of the domain our mail comes from.

    One line each, `good`, `look`, `stops` or `not checked` first; exit 1 when something stops it.
    """
    letter = letter_by_slug(slug)
    ready = rendered(letter.id)
    if not ready:
        raise Conflict("there is no edition with files yet")
    for finding in domain_findings():
        click.echo(f"{VERDICTS[finding.verdict]}\t{said(finding)}")
    shown = preview(Errand(ready[0]))
    for found in shown.findings:
        about = found.about or (str(found.count) if found.count else "")
        click.echo(f"{'stops' if found.stops else 'look'}\t{found.check.value}\t{about}")
    click.echo(
        f"good\tedition {ready[0].number}: {len(shown.plans)} mails or tasks, {shown.mailboxes} mailboxes"
    )
    if shown.stopped_at_the_desk:
        sys.exit(1)


@dispatch.command("cancel")
@click.argument("slug")
def cancel(slug: str) -> None:
    """Take back the newest release as far as it has not left."""
    found = [d for d in queries.dispatches(letter_by_slug(slug).id) if d.cancelled_at is None]
    if not found:
        raise Conflict("nothing was released")
    sent = queries.dispatch(found[0].letter_id, found[0].id, lock=True)
    taken = operations.cancel(sent, OPERATOR)
    finish()
    click.echo(f"taken back: {taken}")


@dispatch.command("status")
@click.argument("slug")
def status(slug: str) -> None:
    """One line per envelope recipient: address, state, the relay's last answer."""
    for owed in queries.envelopes(letter_by_slug(slug).id):
        answer = owed.mail.answer if owed.mail else None
        click.echo(f"{owed.address or ''}\t{_state(owed)}\t{answer or ''}")


def _state(owed: Consignment) -> str:
    """The state of its mail, or what becomes of one that is not in the outbox yet."""
    if owed.mail is not None:
        return owed.mail.state.value
    if owed.cancelled:
        return "cancelled"
    return "queued" if owed.dispatch.state is DispatchState.RELEASED else owed.dispatch.state.value
