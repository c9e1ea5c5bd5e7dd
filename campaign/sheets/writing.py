"""Sign-ons from a sheet: checked as a whole first, then written all or not at all.

Running it again adds nothing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core.db import db, reserve
from campaign.core.errors import Conflict
from campaign.letters.models import Letter
from campaign.letters.rules import Acceptance
from campaign.organisations.entering import enter_many
from campaign.sheets.lines import Arrival, Row
from campaign.sheets.rehearsing import Judged, Outcome, Standing, judge_rows
from campaign.signing.confirming import ask_many
from campaign.signing.models import Import, Representative, Signature
from campaign.signing.operations import enter
from campaign.signing.rules import Evidence, SignatureStatus, Source, arrival
from campaign.signing.standing import go_many

AT_ONCE = 500  # rows in few statements
_TRIES = 3  # for rows whose organisations somebody else enters in the same moment


@dataclass(slots=True)
class Report:
    """What an import would do or did: new rows, and the line numbers of what was skipped or needs a look.

    `counted` and `asked` are how many of the new count, or are mailed to confirm; the others are at the desk.
    `alike` are those of them that look like another organisation, `unpublished` those that did not say yes
    to being published.
    """

    new: int = 0
    counted: int = 0
    asked: int = 0
    already_there: list[int] = field(default_factory=list)
    no_country: list[int] = field(default_factory=list)
    alike: list[int] = field(default_factory=list)
    unpublished: list[int] = field(default_factory=list)

    @property
    def at_desk(self) -> int:
        """How many of the new wait at the desk."""
        return self.new - self.counted - self.asked

    def counts(self) -> dict[str, int]:
        """The figures, as they are kept."""
        return {
            "new": self.new,
            "counted": self.counted,
            "asked": self.asked,
            "at_desk": self.at_desk,
            "already_there": len(self.already_there),
            "no_country": len(self.no_country),
            "alike": len(self.alike),
        }


def bring_in(
    letter: Letter, rows: Sequence[Row], accepted: bool, actor: Actor, sheet: Import | None = None
) -> Report:
    """Write the rows that are new, and report the rest. The caller commits, or rolls back for a dry run."""
    return write(
        letter, judge_rows(letter.id, rows), Arrival.COUNT if accepted else Arrival.DESK, actor, sheet
    )


def expected(judged: Sequence[Judged], to: Arrival) -> Report:
    """What writing these lines would report."""
    report = Report(already_there=_skipped(judged))
    coming = [line for line in judged if line.comes_in]
    asked = {line.read.number for line in coming if to is Arrival.ASK and line.row.person.email}
    counted = [line for line in coming if to is Arrival.COUNT and not line.flags]
    report.counted, report.asked = len(counted), len(asked)
    _note(report, coming)
    return report


def write(
    letter: Letter, judged: Sequence[Judged], to: Arrival, actor: Actor, sheet: Import | None = None
) -> Report:
    """Write what comes in of lines that were judged, and report the rest; bad lines are passed over.

    What looks like another organisation waits at the desk wherever the rest goes. The caller commits.
    """
    report = Report(already_there=_skipped(judged))
    coming = [line for line in judged if line.comes_in]
    for start in range(0, len(coming), AT_ONCE):
        _write_some(letter, coming[start : start + AT_ONCE], to, actor, sheet, report)
    report.already_there.sort()
    record(
        actor,
        "signatures.imported",
        "letter",
        letter.id,
        letter.id,
        new=report.new,
        skipped=len(report.already_there),
        **({"sheet": sheet.id} if sheet else {}),
    )
    return report


def _write_some(
    letter: Letter, lines: Sequence[Judged], to: Arrival, actor: Actor, sheet: Import | None, report: Report
) -> None:
    """Some lines in few statements; tried again when somebody enters the same organisation in this moment."""
    for tries in range(_TRIES):
        try:
            with db.session.begin_nested():
                signatures = _enter(letter, lines, to, actor, sheet)
        except (IntegrityError, Conflict):
            if tries == _TRIES - 1:
                raise
            # Theirs is committed now: what they signed is there already, whom they entered is known.
            there = Standing(letter.id, [line.row for line in lines])
            report.already_there += [line.read.number for line in lines if there.of(line.row)]
            lines = [line for line in lines if not there.of(line.row)]
        else:
            _tell(report, lines, signatures)
            return


def _enter(
    letter: Letter, lines: Sequence[Judged], to: Arrival, actor: Actor, sheet: Import | None
) -> list[Signature]:
    """The signatures of these lines, added and where they belong."""
    signatures = [_signature(letter, line, sheet) for line in lines]
    asked = [s for s in signatures if to is Arrival.ASK and s.representative and s.representative.email]
    here = [s for s in signatures if s not in asked] if asked else signatures
    found = enter_many([(s.name, s.country_code, s.scope, s.website) for s in here])
    for signature, organisation in zip(here, found, strict=True):
        signature.organisation_id, signature.evidence = organisation, Evidence.VOUCHED
    acceptance = Acceptance.AUTOMATIC if to is Arrival.COUNT else Acceptance.MODERATED
    _number(signatures)
    db.session.add_all(signatures)
    go_many([(s, arrival(acceptance, s.flags)) for s in here], actor, source=Source.IMPORT.value)
    ask_many(asked)
    return signatures


def _number(signatures: Sequence[Signature]) -> None:
    """Give them and who signs their ids, so that a few statements write all."""
    for signature, id_ in zip(signatures, reserve(Signature, len(signatures)), strict=True):
        signature.id = id_
    people = [signature.representative for signature in signatures if signature.representative]
    for person, id_ in zip(people, reserve(Representative, len(people)), strict=True):
        person.id = id_


def _signature(letter: Letter, line: Judged, sheet: Import | None) -> Signature:
    row = line.row
    signature = enter(
        letter, row.listing, row.person, letter.original_language, Source.IMPORT, country_needed=False
    )
    signature.flags = sorted(line.flags)
    signature.import_id, signature.import_line = (sheet.id, row.number) if sheet else (None, None)
    return signature


def _tell(report: Report, lines: Sequence[Judged], signatures: Sequence[Signature]) -> None:
    stands = Counter(signature.status for signature in signatures)
    _note(report, lines)
    report.counted += stands[SignatureStatus.ACCEPTED]
    report.asked += stands[SignatureStatus.UNVERIFIED]


def _note(report: Report, lines: Sequence[Judged]) -> None:
    report.new += len(lines)
    report.no_country += [line.read.number for line in lines if line.row.without_country]
    report.alike += [line.read.number for line in lines if line.flags]
    report.unpublished += [line.read.number for line in lines if line.row.unpublished]


def _skipped(judged: Sequence[Judged]) -> list[int]:
    there = (Outcome.STANDING, Outcome.REPEATED)
    return [line.read.number for line in judged if line.outcome in there]
