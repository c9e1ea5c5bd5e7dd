"""After the mails have left: publishing the letter, and alerting the coordinators when something failed."""

from campaign.audit.models import AuditEntry
from campaign.audit.operations import record
from campaign.audit.rules import WORKER
from campaign.core import clock
from campaign.dispatch.models import Dispatch
from campaign.dispatch.news import tell_coordinators
from campaign.dispatch.queries import progress
from campaign.dispatch.rules import NOT_TRIED, TROUBLE, DispatchState, Publication, publication
from campaign.letters import operations as letters
from campaign.letters.rules import Channel, Circulation, LetterStatus


def publish_after(sent: Dispatch) -> Publication:
    """Make the letter public once every recipient's mail was tried; dispatch first, then publication.

    One that was asked to wait holds nothing up; a refused one does if the coordinators chose so. Publishing
    is tried once: what is stopped, or what somebody published by hand, is theirs from then on.
    """
    if sent.state is not DispatchState.LEFT or sent.left_at is None or not sent.publishes:
        return Publication.STOP
    if sent.letter.status is LetterStatus.WITHDRAWN:
        sent.publishes = False
        return Publication.STOP
    owed = [c for c in sent.consignments if c.channel is Channel.MAIL and not c.cancelled]
    # One that was held leaves when somebody says so, long after the others: it has its own time to be tried.
    last = max([sent.left_at, *(c.mail.due_at for c in owed if c.mail and progress(c) in NOT_TRIED)])
    verdict = publication([progress(c) for c in owed], clock.now() - last, sent.publishes_anyway)
    if verdict is Publication.STOP:
        sent.publishes = False
        tell_coordinators(_noted(sent, "dispatch.publication_stopped"))
    elif verdict is Publication.PUBLISH:
        sent.published_at = clock.now()
        if sent.letter.circulation is Circulation.PRIVATE:
            letters.publish(sent.letter, WORKER)
            tell_coordinators(_noted(sent, "dispatch.published"))
    return verdict


def alert(sent: Dispatch) -> int:
    """Tell the coordinators that something was refused, came back or is not known. Returns how many are."""
    failed = [c.mail for c in sent.consignments if c.mail is not None and progress(c) in TROUBLE]
    # The newest failure's own moment, not ours: two clocks that differ must not tell it again and again.
    sent.alerted_at = max((mail.finished_at for mail in failed if mail.finished_at), default=clock.now())
    tell_coordinators(_noted(sent, "dispatch.troubled", failed=len(failed)))
    return len(failed)


def _noted(sent: Dispatch, action: str, **details: object) -> AuditEntry:
    return record(WORKER, action, "dispatch", sent.id, sent.letter_id, edition=sent.edition.number, **details)
