"""What would leave, before anything leaves: one plan per addressee, and what should be known first."""

from collections.abc import Sequence
from dataclasses import dataclass

from campaign.core import clock
from campaign.dispatch.mails import assembled, written
from campaign.dispatch.rules import LARGEST_MAIL, STOPS, Check
from campaign.editions.frozen import thaw
from campaign.editions.models import Edition
from campaign.letters.models import Addressee
from campaign.letters.rules import Channel
from campaign.outbox.message import Parts, compose
from campaign.signing.queries import totals
from campaign.signing.rules import SignatureStatus
from campaign.tally.queries import letter_figures


@dataclass(frozen=True, slots=True)
class Plan:
    """What one addressee would get.

    The mail as it would be sent (None for other channels), its size in bytes, and names seen.
    """

    addressee: Addressee
    mail: Parts | None
    size: int
    names: int

    @property
    def envelopes(self) -> int:
        """How many mailboxes it would go to."""
        return len(self.mail.to) + len(self.mail.cc) if self.mail else 0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know before release; `count` or `about` fill its sentence. Some stop the release."""

    check: Check
    count: int = 0
    about: str = ""

    @property
    def stops(self) -> bool:
        return self.check in STOPS


@dataclass(frozen=True, slots=True)
class Preview:
    """Everything a coordinator should see before release."""

    edition: Edition
    plans: Sequence[Plan]
    findings: Sequence[Finding]

    @property
    def mailboxes(self) -> int:
        return sum(plan.envelopes for plan in self.plans)

    @property
    def stopped(self) -> bool:
        return any(finding.stops for finding in self.findings)


def preview(edition: Edition) -> Preview:
    """Plans and findings for a rendered edition. An addressee added after freezing is not in it."""
    frozen = thaw(edition)
    inside = {a.id: a for a in frozen.addressees}
    plans = [
        _plan(edition, addressee, len(frozen.named_for(inside[addressee.id])))
        for addressee in edition.letter.addressees
        if addressee.id in inside and addressee.removed_at is None
    ]
    return Preview(edition, plans, [*_waiting(edition), *_texts(edition, plans), *_plans(plans)])


def _plan(edition: Edition, addressee: Addressee, names: int) -> Plan:
    if addressee.channel is not Channel.MAIL or not addressee.email:
        return Plan(addressee, None, 0, names)
    mail = assembled(written(edition, addressee, clock.now()))
    return Plan(addressee, mail, len(compose(mail, "preview@undersigned.invalid", "preview")), names)


def _waiting(edition: Edition) -> list[Finding]:
    counted = totals(edition.letter_id)
    undecided = counted.get(SignatureStatus.PENDING, 0) + counted.get(SignatureStatus.HELD, 0)
    unconfirmed = counted.get(SignatureStatus.UNVERIFIED, 0)
    found = [Finding(Check.UNDECIDED, undecided)] if undecided else []
    found += [Finding(Check.UNCONFIRMED, unconfirmed)] if unconfirmed else []
    if letter_figures(edition.letter_id) != thaw(edition).figures:
        found.append(Finding(Check.OUTDATED))
    return found


def _texts(edition: Edition, plans: Sequence[Plan]) -> list[Finding]:
    frozen = thaw(edition)
    used = {plan.addressee.language for plan in plans}
    return [
        Finding(Check.NOT_REVIEWED, about=tag)
        for tag, text in sorted(frozen.texts.items())
        if not text.reviewed and tag in used
    ]


def _plans(plans: Sequence[Plan]) -> list[Finding]:
    found = []
    for plan in plans:
        addressee = plan.addressee
        if not addressee.salutation:
            found.append(Finding(Check.NO_SALUTATION, about=addressee.name))
        if addressee.channel is Channel.MAIL and not addressee.email:
            found.append(Finding(Check.NO_ADDRESS, about=addressee.name))
        if plan.size > LARGEST_MAIL:
            found.append(Finding(Check.TOO_LARGE, about=addressee.name))
    return found
