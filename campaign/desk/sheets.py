"""What each mail of a release is, set out for a page: to whom, in which words, with whose names."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from flask_babel import gettext as _
from flask_babel import ngettext

from campaign.desk import words
from campaign.desk.outcomes import progress_word
from campaign.dispatch.models import Consignment, Dispatch
from campaign.dispatch.preview import Plan, Preview, preview
from campaign.dispatch.queries import progress, releases
from campaign.dispatch.rules import DispatchState, Progress, Purpose
from campaign.dispatch.writing import Errand, assembled
from campaign.editions.frozen import FrozenAddressee
from campaign.editions.models import Edition, EditionFile
from campaign.letters.models import Addressee, Copy
from campaign.letters.rules import Channel, Sees
from campaign.outbox.message import compose

BEFORE_RELEASE = (DispatchState.PROPOSED, DispatchState.HELD)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One plan with what its page says besides: whom it is for, its language, whose names, and its PDF.

    `stands` says where the edition is for those it was released to already.
    """

    plan: Plan
    heading: str
    language: str
    seen: str
    file: EditionFile | None
    stands: words.Said | None = None

    @property
    def of_a_copy(self) -> bool:
        """Whether it is a mail of its own to Cc who see other names than their addressee."""
        return self.plan.group.reader != 0


def sheets(shown: Preview) -> list[Sheet]:
    """The sheets of a preview, in its order."""
    edition, stand = shown.errand.edition, stands(shown.errand.edition)
    inside = {a.id: a for a in shown.errand.frozen.addressees}
    found = [_sheet(plan, inside[plan.addressee.id], edition) for plan in shown.plans]
    return [replace(s, stands=stand.get(s.plan.addressee.id)) if s.plan.owed else s for s in found]


def stands(edition: Edition) -> dict[int, words.Said]:
    """Where an edition is for each addressee it was released to, by id; the newest try counts."""
    return {
        owed.addressee_id: _stand(owed)
        for sent in releases(edition.id)
        if sent.purpose is not Purpose.REMINDER
        for owed in sent.consignments
        if owed.envelope == 0 and not owed.cancelled
    }


def _stand(owed: Consignment) -> words.Said:
    """Nobody "has it" of whom no more is known than that it was let go."""
    if owed.dispatch.state is not DispatchState.LEFT:
        return _("is in a release that has not left"), "wait"
    where = progress(owed)
    known = where in (Progress.HANDED_OVER, Progress.DONE)
    return (_("has it already"), "good") if known else progress_word(where)


def blocked(shown: Preview) -> set[int]:
    """The addressees, by id, to whom nothing can be sent from the desk as things are."""
    names = {finding.about for finding in shown.findings if finding.stops}
    return {plan.addressee.id for plan in shown.plans if plan.addressee.name in names}


def leaving(sent: Dispatch) -> tuple[Preview, list[Sheet]]:
    """What a release takes to its own recipients.

    Once it was approved these are the words written down then; before that, as the letter stands now.
    """
    errand = Errand(sent.edition, sent.purpose, sent.covering or "")
    shown = preview(errand, {owed.addressee_id for owed in sent.consignments})
    stored = {(o.addressee_id, o.reader): o.parts for o in sent.consignments if o.parts}
    owed = {(o.addressee_id, o.reader) for o in sent.consignments}
    plans = [plan for plan in shown.plans if (plan.addressee.id, plan.group.reader) in owed]
    if sent.state not in BEFORE_RELEASE:
        plans = [_as_written(plan, stored) for plan in plans]
    if sent.purpose is Purpose.CORRECTION:
        plans = [_only(plan, {o.envelope for o in sent.consignments}) for plan in plans]
    shown = replace(shown, plans=[replace(plan, owed=False) for plan in plans])
    return shown, sheets(shown)


def summary(plans: Sequence[Plan]) -> str:
    """How much leaves: "3 letters to 5 mailboxes"."""
    mailed = [plan for plan in plans if plan.mail]
    letters = ngettext("%(num)d letter", "%(num)d letters", len(mailed))
    boxes = sum(plan.envelopes for plan in mailed)
    mailboxes = ngettext("%(num)d mailbox", "%(num)d mailboxes", boxes)
    return _("%(letters)s to %(mailboxes)s", letters=letters, mailboxes=mailboxes)


def by_hand(plans: Sequence[Plan]) -> list[Addressee]:
    """Those to whom a person has to bring it."""
    return [p.addressee for p in plans if p.addressee.channel is not Channel.MAIL]


def _sheet(plan: Plan, inside: FrozenAddressee, edition: Edition) -> Sheet:
    reader, copies = plan.group.reader, {copy.id: copy for copy in plan.addressee.copies}
    first = copies.get(plan.group.envelopes[0].number)
    heading = plan.addressee.name if reader == 0 or first is None else first.name or first.email
    files = (f for f in edition.files if (f.addressee_id, f.reader) == (plan.addressee.id, reader))
    return Sheet(plan, heading, inside.language, _seen(plan.addressee, first, inside), next(files, None))


def _seen(addressee: Addressee, copy: Copy | None, inside: FrozenAddressee) -> str:
    """Whose names: an addressee's as frozen, a Cc's as it is set."""
    sees, since = (copy.sees, copy.sees_since) if copy else (Sees(inside.sees), addressee.sees_since)
    if sees is Sees.PUBLIC:
        return _("public names only")
    opened = addressee.letter.opened_at
    if since and opened and since > opened:
        day = words.at(since, addressee.letter.time_zone)
        return _("public names, and withheld ones given since %(when)s", when=day)
    return _("all that addressees may see")


def _as_written(plan: Plan, stored: Mapping[tuple[int, int], str]) -> Plan:
    parts = stored.get((plan.addressee.id, plan.group.reader))
    if parts is None or plan.mail is None:
        return plan
    mail = assembled(json.loads(parts))
    return replace(plan, mail=mail, size=len(compose(mail, "preview@undersigned.invalid", "preview")))


def _only(plan: Plan, envelopes: Collection[int]) -> Plan:
    """The plan with nobody in its group but those."""
    kept = tuple(e for e in plan.group.envelopes if e.number in envelopes)
    return replace(plan, group=replace(plan.group, envelopes=kept or plan.group.envelopes))
