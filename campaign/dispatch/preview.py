"""What would leave, before anything leaves: one plan per mail, and what should be known first."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from campaign.core import clock
from campaign.dispatch import queries
from campaign.dispatch.fingerprint import fingerprint
from campaign.dispatch.rules import LARGEST_MAIL, STOPS, STOPS_AT_THE_DESK, Check
from campaign.dispatch.writing import Errand, Group, assembled, groups, reader_of, written
from campaign.editions.frozen import Frozen, FrozenAddressee
from campaign.editions.models import Edition
from campaign.editions.queries import no_longer_shown
from campaign.letters.models import Addressee, Letter
from campaign.letters.rules import Channel
from campaign.outbox.message import Parts, compose
from campaign.signing import roll
from campaign.signing.queries import totals
from campaign.signing.rules import SignatureStatus
from campaign.tally.queries import letter_figures
from campaign.tally.rules import figures


@dataclass(frozen=True, slots=True)
class Plan:
    """What one group of an addressee's recipients would get.

    The mail as it would be sent (None for other channels), its size in bytes, and names seen. `owed` is True
    when they have this edition already.
    """

    addressee: Addressee
    group: Group
    mail: Parts | None
    size: int
    names: int
    owed: bool

    @property
    def envelopes(self) -> int:
        """How many mailboxes it would go to."""
        return len(self.group.envelopes) if self.mail else 0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know before release; the others fill its sentence. Some stop the release."""

    check: Check
    count: int = 0
    about: str = ""
    of: int = 0

    @property
    def stops(self) -> bool:
        return self.check in STOPS_AT_THE_DESK


@dataclass(frozen=True)
class Preview:
    """Everything a coordinator should see before release."""

    errand: Errand
    plans: Sequence[Plan]
    findings: Sequence[Finding]
    fingerprint: str

    @cached_property
    def open(self) -> list[Plan]:
        """The plans of those who do not have this edition yet."""
        return [plan for plan in self.plans if not plan.owed]

    @property
    def mailboxes(self) -> int:
        return sum(plan.envelopes for plan in self.plans)

    @property
    def stopped(self) -> bool:
        """Whether nobody, not even the operator, can send this."""
        return any(finding.check in STOPS for finding in self.findings)

    @property
    def stopped_at_the_desk(self) -> bool:
        return any(finding.stops for finding in self.findings)


def preview(errand: Errand, ticked: Collection[int] | None = None) -> Preview:
    """Plans and findings for a rendered edition, for all its addressees or for those ticked (ids).

    An addressee added after freezing is not in it.
    """
    edition, frozen = errand.edition, errand.frozen
    inside = {a.id: a for a in frozen.addressees}
    owed = queries.owed(edition.id)
    plans = [
        plan
        for addressee in edition.letter.addressees
        if addressee.id in inside and addressee.removed_at is None
        if ticked is None or addressee.id in ticked
        for plan in _planned(errand, inside[addressee.id], addressee, addressee.id in owed)
    ]
    findings = [*_waiting(edition, frozen), *_texts(frozen, plans), *_plans(plans)]
    findings += _inside(frozen, edition.letter, inside, ticked)
    findings += _marks(edition, inside, plans)
    return Preview(errand, plans, findings, fingerprint(edition))


def _planned(errand: Errand, inside: FrozenAddressee, addressee: Addressee, owed: bool) -> Iterator[Plan]:
    for group in groups(errand, addressee):
        names = len(errand.frozen.named_for(inside, group.reader))
        if addressee.channel is not Channel.MAIL or not addressee.email:
            if group.reader == 0:
                yield Plan(addressee, group, None, 0, names, owed)
            continue
        mail = assembled(written(errand, addressee, group, clock.now()))
        size = len(compose(mail, "preview@undersigned.invalid", "preview"))
        yield Plan(addressee, group, mail, size, names, owed)


def _waiting(edition: Edition, frozen: Frozen) -> Iterator[Finding]:
    counted = totals(edition.letter_id)
    undecided = counted.get(SignatureStatus.PENDING, 0) + counted.get(SignatureStatus.HELD, 0)
    unconfirmed = counted.get(SignatureStatus.UNVERIFIED, 0)
    if undecided:
        yield Finding(Check.UNDECIDED, undecided)
    if unconfirmed:
        yield Finding(Check.UNCONFIRMED, unconfirmed)
    if letter_figures(edition.letter_id) != frozen.figures or _more_agreed(edition, frozen):
        yield Finding(Check.OUTDATED)
    hidden = no_longer_shown(edition.letter_id, frozen)
    if hidden:
        yield Finding(Check.HIDDEN, hidden)


def _more_agreed(edition: Edition, frozen: Frozen) -> bool:
    """Whether another part of the signatories has agreed to a further body since."""
    since = {a.id: a.since_version_id for a in edition.letter.addressees}
    return any(
        figures(roll.cells(edition.letter_id, since[a.id])) != a.agreed.figures
        for a in frozen.addressees
        if a.agreed is not None and since.get(a.id)
    )


def _texts(frozen: Frozen, plans: Sequence[Plan]) -> Iterator[Finding]:
    used = {plan.addressee.language for plan in plans}
    for tag, text in sorted(frozen.texts.items()):
        if not text.reviewed and tag in used:
            yield Finding(Check.NOT_REVIEWED, about=tag)


def _inside(
    frozen: Frozen, letter: Letter, inside: dict[int, FrozenAddressee], ticked: Collection[int] | None
) -> Iterator[Finding]:
    """Where the letter as it is written now differs from the edition: freezing anew would bring it in."""
    for addressee in letter.addressees:
        if addressee.removed_at is not None or (ticked is not None and addressee.id not in ticked):
            continue
        found = inside.get(addressee.id)
        if found is None:
            yield Finding(Check.NOT_INSIDE, about=addressee.name)
            continue
        if found.agreed is not None and found.agreed.figures.signatories < frozen.figures.signatories:
            agreed = found.agreed.figures.signatories
            yield Finding(Check.NOT_AGREED, agreed, addressee.name, frozen.figures.signatories)
        became_another = addressee.since_version_id is not None and found.agreed is None
        if became_another or not frozen.may_read(found, 0, addressee.sees, addressee.sees_since):
            yield Finding(Check.SEES_LESS, about=addressee.name)
        if (found.name, found.salutation or "") != (addressee.name, addressee.salutation or ""):
            yield Finding(Check.CHANGED, about=addressee.name)
        for copy in addressee.copies:
            if reader_of(frozen, found, copy) is None:
                yield Finding(Check.NOT_INSIDE, about=copy.name or copy.email)


def _plans(plans: Sequence[Plan]) -> Iterator[Finding]:
    for plan in plans:
        addressee = plan.addressee
        if plan.group.reader == 0:
            if not addressee.salutation:
                yield Finding(Check.NO_SALUTATION, about=addressee.name)
            if addressee.channel is Channel.MAIL and not addressee.email:
                yield Finding(Check.NO_ADDRESS, about=addressee.name)
        if plan.size > LARGEST_MAIL:
            yield Finding(Check.TOO_LARGE, about=addressee.name)


def _marks(edition: Edition, inside: dict[int, FrozenAddressee], plans: Sequence[Plan]) -> Iterator[Finding]:
    """An edition frozen before an earlier one left cannot say what is new since."""
    sent = queries.last_sent(edition.letter_id)
    for plan in plans:
        frozen, last = inside[plan.addressee.id], sent.get(plan.addressee.id, 0)
        marked = frozen.earlier.number if frozen.earlier else 0
        if plan.group.reader == 0 and not plan.owed and marked < last < edition.number:
            yield Finding(Check.NOT_MARKED, about=plan.addressee.name)
