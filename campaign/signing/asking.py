"""The worker's part in a changed letter: asking its signatories in slices, and acting on silence."""

from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, or_, select
from sqlalchemy.orm import aliased

from campaign.audit.operations import record
from campaign.audit.rules import WORKER, Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict
from campaign.jobs.operations import owe
from campaign.letters.models import Letter, TextVersion
from campaign.letters.rules import Silence
from campaign.outbox.models import Mail
from campaign.outbox.operations import post
from campaign.outbox.rules import MailState
from campaign.signing.links import LIFETIME, make_links
from campaign.signing.models import Representative, Signature, SignatureLink
from campaign.signing.rules import LinkPurpose, SignatureStatus
from campaign.signing.standing import go
from campaign.signing.versions import agreed_id, has_not_agreed, must_agree_to, silence_of, to_ask, unanswered
from campaign.signing.waiting import BETWEEN_MAILS, MOST_MAILS, own_time, remind_at

QUESTION = "campaign.signing.question_mails.question"
REMINDER = "campaign.signing.question_mails.reminder"
MAILS = (QUESTION, REMINDER)
LOST = (MailState.REFUSED, MailState.BOUNCED)
SLICE = 100  # signatures in one transaction: a crash repeats none, and nobody else waits long


def step(version: TextVersion, now: datetime) -> int:
    """The next slice of what a question is due. Returns how many signatures it moved; 0: nothing is due now.

    The caller holds the version locked, and commits.
    """
    if version.reconfirm_by is None:
        return 0
    moved = _mail(version, _unasked(version), QUESTION, "signatures.asked", WORKER)
    if (
        version.settled_at is None
        and remind_at(version.created_at, version.reconfirm_by) <= now < version.reconfirm_by
    ):
        moved += _mail(version, _unreminded(version, now), REMINDER, "signatures.reminded", WORKER)
    if now >= version.reconfirm_by:
        moved += _settle(version, now)
    return moved


def remind_all(version: TextVersion, actor: Actor) -> int:
    """A coordinator has all reminded who have not answered; the worker writes to them in slices.

    Returns how many are left out because their address bounced. Raises Conflict when everybody else was
    written to within a day, or often enough.
    """
    left_out = _left_out(version)
    if db.session.scalar(_remindable(version, clock.now()).limit(1)) is None:
        if left_out:
            raise Conflict(
                "everybody who has not answered was written to within the last day, or four times; "
                "could not be reached, because their address bounced: %(count)d",
                count=left_out,
            )
        raise Conflict("everybody who has not answered was written to within the last day, or four times")
    record(
        actor, "signatures.reminding", "text_version", version.id, version.letter_id, number=version.number
    )
    owe("campaign.signing.tasks.remind_again", version.id)
    return left_out


def remind_again(version: TextVersion, now: datetime, actor: Actor) -> int:
    """A slice of those who still have not answered, had less than four mails, none within a day, and whose
    newest did not come back: a server that is written to in vain again and again refuses us the others, too.

    Returns how many were mailed.
    """
    due = _remindable(version, now).order_by(Signature.id).limit(SLICE)
    return _mail(version, due, REMINDER, "signatures.reminded", actor)


def _remindable(version: TextVersion, now: datetime) -> Select[Signature]:
    return select(Signature).where(
        *to_ask(version),
        _mails(version) < MOST_MAILS,
        _last_mail(version) <= now - BETWEEN_MAILS,
        Signature.id.not_in(came_back(version)),
    )


def _left_out(version: TextVersion) -> int:
    """How many the desk lists as not reached; further contacts are on none of its lists."""
    rows = select(func.count(Signature.id)).where(
        *unanswered(version), reachable(), Signature.id.in_(came_back(version))
    )
    return db.session.scalar(rows) or 0


def came_back(version: TextVersion) -> Select[int]:
    """The ids of signatures whose newest mail about a question was refused for good, or came back.

    Never NULL, so that `not_in` may ask it. Each mail has a link of its own, and the newest has the newest.
    """
    newer = aliased(SignatureLink)
    written_since = select(newer.id).where(
        newer.signature_id == SignatureLink.signature_id,
        newer.purpose == LinkPurpose.RECONFIRM,
        newer.text_version_id == version.id,
        newer.id > SignatureLink.id,
    )
    return (
        select(SignatureLink.signature_id)
        .join(Mail, SignatureLink.id == Mail.arguments[0].as_integer())
        .where(
            Mail.letter_id == version.letter_id,
            Mail.kind.in_({builder.rpartition(".")[2] for builder in MAILS}),
            Mail.builder.in_(MAILS),
            Mail.state.in_(LOST),
            *_asking(version),
            ~written_since.exists(),
        )
    )


def reachable() -> ColumnElement[bool]:
    """The condition for signatures with a mail address."""
    with_address = select(Representative.id).where(
        Representative.signature_id == Signature.id, Representative.email.is_not(None)
    )
    return with_address.exists()


def _mails(version: TextVersion) -> ScalarSelect[int]:
    """How many mails about this question a signature had: each has a link of its own."""
    return select(func.count(SignatureLink.id)).where(*_of(version)).scalar_subquery()


def _first_mail(version: TextVersion) -> ScalarSelect[datetime]:
    return select(func.min(SignatureLink.created_at)).where(*_of(version)).scalar_subquery()


def _last_mail(version: TextVersion) -> ScalarSelect[datetime]:
    return select(func.max(SignatureLink.created_at)).where(*_of(version)).scalar_subquery()


def _of(version: TextVersion) -> tuple[ColumnElement[bool], ...]:
    return SignatureLink.signature_id == Signature.id, *_asking(version)


def _asking(version: TextVersion) -> tuple[ColumnElement[bool], ...]:
    return SignatureLink.purpose == LinkPurpose.RECONFIRM, SignatureLink.text_version_id == version.id


def _unasked(version: TextVersion) -> Select[Signature]:
    asked = select(SignatureLink.id).where(*_of(version)).exists()
    rows = (
        select(Signature)
        .join(Representative)
        .where(*to_ask(version), Representative.email.is_not(None), ~asked)
    )
    return rows.order_by(Signature.id).limit(SLICE)


def _unreminded(version: TextVersion, now: datetime) -> Select[Signature]:
    """Those with one mail, which is not of the last hours."""
    if version.reconfirm_by is None:
        raise ValueError("this version asks nobody")
    patience = min(BETWEEN_MAILS, (version.reconfirm_by - version.created_at) / 3)
    rows = select(Signature).where(
        *to_ask(version), _mails(version) == 1, _last_mail(version) <= now - patience
    )
    return rows.order_by(Signature.id).limit(SLICE)


def _mail(version: TextVersion, due: Select[Signature], builder: str, action: str, actor: Actor) -> int:
    """Owe each of these one mail with a link of its own; a line in the record for all of them."""
    known = [(s, s.representative.email) for s in db.session.scalars(due) if s.representative]
    mailed = [(signature, address) for signature, address in known if address]
    if not mailed or version.reconfirm_by is None:
        return 0
    links = make_links(
        [signature for signature, _address in mailed],
        LinkPurpose.RECONFIRM,
        expires_at=max(version.reconfirm_by, clock.now()) + LIFETIME,
        text_version_id=version.id,
    )
    for link, (signature, address) in zip(links, mailed, strict=True):
        post(builder, link.id, recipient=address, locale=signature.language, letter_id=version.letter_id)
    count = len(mailed)
    record(actor, action, "text_version", version.id, version.letter_id, number=version.number, new=count)
    return count


def _settle(version: TextVersion, now: datetime) -> int:
    """The time is over: silence keeps a signature or takes it off the list, as the form said."""
    letter = db.session.get_one(Letter, version.letter_id)
    needed = must_agree_to(letter.id, version) if letter.silence is Silence.OFF else None
    taken = _take_off(version, needed, now) if needed else 0
    if taken == 0 and version.settled_at is None and not (needed and _still_waiting(needed)):
        version.settled_at = now
        silent = db.session.scalar(select(func.count(Signature.id)).where(*unanswered(version)))
        record(
            WORKER,
            "text.settled",
            "text_version",
            version.id,
            letter.id,
            number=version.number,
            silent=silent,
        )
    return taken


def _take_off(version: TextVersion, needed: TextVersion, now: datetime) -> int:
    """A slice of the counted ones that stand under an older text, of those who had their time to answer.

    Those without an address were never asked by mail; the desk lists them until the date is over.
    """
    if version.reconfirm_by is None:
        return 0
    had_time = _first_mail(version) <= now - own_time(version.created_at, version.reconfirm_by)
    rows = (
        select(Signature)
        .where(*_under_older(needed), or_(had_time, ~reachable()))
        .order_by(Signature.id)
        .limit(SLICE)
        .with_for_update(of=Signature)
        .execution_options(populate_existing=True)
    )
    found = [s for s in db.session.scalars(rows) if agreed_id(s) < needed.id]
    for signature in found:
        go(signature, SignatureStatus.INVALIDATED, WORKER, silence=version.number)
        signature.decision = silence_of(version)
    return len(found)


def _under_older(needed: TextVersion) -> tuple[ColumnElement[bool], ...]:
    return (
        Signature.letter_id == needed.letter_id,
        Signature.status == SignatureStatus.ACCEPTED,
        *has_not_agreed(needed.id),
    )


def _still_waiting(needed: TextVersion) -> bool:
    """Whether somebody was asked so late that their time is not over."""
    return db.session.scalar(select(Signature.id).where(*_under_older(needed)).limit(1)) is not None
