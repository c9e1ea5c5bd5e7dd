"""What happened between us and one addressee, in the order it happened."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import StrEnum

from campaign.audit.rules import ActorKind
from campaign.core.mailer import Outcome
from campaign.dispatch.models import Consignment, Dispatch, Response
from campaign.dispatch.rules import Purpose, ResponseKind
from campaign.outbox.models import MailAttempt, MailReport
from campaign.outbox.queries import attempts_of, reports_of
from campaign.outbox.rules import ReportKind, found_arrived


class Happened(StrEnum):
    """What a line of the timeline tells."""

    PROPOSED = "proposed"
    RELEASED = "released"
    CANCELLED = "cancelled"
    HANDED_OVER = "handed over"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    FOUND_ARRIVED = "found arrived"
    DELAYED = "delayed"
    BOUNCED = "bounced"
    DONE = "done"
    ACKNOWLEDGED = "acknowledged"
    REPLIED = "replied"
    PUBLISHED = "published"


_TRIED = {
    Outcome.ACCEPTED: Happened.HANDED_OVER,
    Outcome.DEFERRED: Happened.DEFERRED,
    Outcome.REFUSED: Happened.REFUSED,
    Outcome.UNKNOWN: Happened.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Event:
    """One line: when, what, of which release (None for an answer), and the words of a relay or an officer.

    `whole_day` events have no clock time.
    """

    at: datetime
    happened: Happened
    consignment: Consignment | None = None
    response: Response | None = None
    words: str = ""
    purpose: Purpose = Purpose.LETTER
    whole_day: bool = False


def timelines(releases: Sequence[Dispatch], responses: Sequence[Response]) -> dict[int, list[Event]]:
    """Each addressee's events by their id, oldest first; their Cc's are among them."""
    ids = [c.mail_id for sent in releases for c in sent.consignments if c.mail_id is not None]
    tries, reports = attempts_of(ids), reports_of(ids)
    found: dict[int, list[Event]] = {}
    for sent in releases:
        for consignment in sent.consignments:
            events = found.setdefault(consignment.addressee_id, [])
            events += _released(sent, consignment)
            events += _mailed(consignment, tries, reports)
    for response in responses:
        found.setdefault(response.addressee_id, []).extend(_answered(response))
    return {whose: sorted(events, key=lambda event: event.at) for whose, events in found.items()}


def _released(sent: Dispatch, owed: Consignment) -> Iterator[Event]:
    if owed.envelope == 0:
        if sent.proposed_kind is not ActorKind.OPERATOR:  # an operator asks nobody
            yield Event(sent.proposed_at, Happened.PROPOSED, owed, purpose=sent.purpose)
        if sent.released_at:
            yield Event(sent.released_at, Happened.RELEASED, owed, purpose=sent.purpose)
    if owed.cancelled and owed.envelope == 0:
        yield Event(sent.cancelled_at or sent.proposed_at, Happened.CANCELLED, owed, purpose=sent.purpose)
    if owed.done_at is not None:
        yield Event(owed.done_at, Happened.DONE, owed, words=owed.done_reference or "", purpose=sent.purpose)


def _mailed(
    owed: Consignment,
    tries: Mapping[int, Sequence[MailAttempt]],
    reports: Mapping[int, Sequence[MailReport]],
) -> Iterator[Event]:
    purpose = owed.dispatch.purpose
    for tried in tries.get(owed.mail_id or 0, ()):
        yield Event(tried.at, _TRIED[tried.outcome], owed, words=tried.answer, purpose=purpose)
    mail = owed.mail
    if mail is not None and mail.finished_at and found_arrived(mail.state, mail.answer):
        yield Event(mail.finished_at, Happened.FOUND_ARRIVED, owed, purpose=purpose)
    for report in reports.get(owed.mail_id or 0, ()):
        happened = Happened.BOUNCED if report.kind is ReportKind.BOUNCED else Happened.DELAYED
        yield Event(report.at, happened, owed, words=report.words, purpose=purpose)


def _answered(response: Response) -> Iterator[Event]:
    replied = response.kind is ResponseKind.REPLIED
    happened = Happened.REPLIED if replied else Happened.ACKNOWLEDGED
    # What was written down on its own day stands where it was written down, before what came of it.
    day = min(datetime.combine(response.on_day, time(23, 59), UTC), response.recorded_at)
    words = " ".join(part for part in (response.reference, response.officer) if part)
    yield Event(day, happened, response=response, words=words, whole_day=True)
    if response.published_at is not None:
        yield Event(response.published_at, Happened.PUBLISHED, response=response)
