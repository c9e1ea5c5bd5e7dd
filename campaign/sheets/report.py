"""What a look through a sheet found, as counts and line numbers: never what stands there."""

from collections.abc import Mapping, Sequence
from typing import Any

from campaign.core.sentences import packed
from campaign.core.text import fold
from campaign.sheets.rehearsing import Judged, Outcome
from campaign.sheets.screening import Like
from campaign.signing.rules import Flag

_SHOWN = 5_000  # lines of one kind that a report names


def report_of(lines: Sequence[Judged], seen_with: object = None) -> dict[str, object]:
    """Counts and line numbers, as they are kept, never what stands there; and what they rest on."""
    of: dict[Outcome, list[Judged]] = {outcome: [] for outcome in Outcome}
    for line in lines:
        of[line.outcome].append(line)
    unplaced = [line for line in lines if line.comes_in and line.row.without_country]
    return {
        "seen_with": seen_with,
        "lines": len(lines),
        "counts": {outcome.value: len(found) for outcome, found in of.items()},
        "no_country": len(unplaced),
        "unpublished": sum(line.comes_in and line.row.unpublished for line in lines),
        "bad": [
            [b.read.number, b.read.fault.field, packed(b.read.fault.message)]
            for b in of[Outcome.BAD]
            if b.read.fault
        ][:_SHOWN],
        "alike": [
            [line.read.number, line.outcome.value, line.other, line.other_line]
            for outcome in (Outcome.LOOK_ALIKE, Outcome.DUPLICATE)
            for line in of[outcome]
        ][:_SHOWN],
        "skipped": [
            [line.read.number, line.outcome.value]
            for outcome in (Outcome.STANDING, Outcome.REPEATED)
            for line in of[outcome]
        ][:_SHOWN],
        "unplaced": _places([line for line in unplaced if line.row.listing.country_text]),
    }


def likes_of(report: Mapping[str, Any], seen_with: object) -> Mapping[int, Like] | None:
    """What a look found lines to be like; None when it does not hold any more, or did not say all."""
    alike = report.get("alike", [])
    if report.get("seen_with") != seen_with or len(alike) >= _SHOWN:
        return None
    flags = {Outcome.LOOK_ALIKE: Flag.LOOK_ALIKE, Outcome.DUPLICATE: Flag.DUPLICATE}
    return {number: Like(flags[outcome], other, line) for number, outcome, other, line in alike}


def _places(lines: Sequence[Judged]) -> list[list[int]]:
    """The first line of each country text that nobody understood, and how many lines have it; most first."""
    found: dict[str, list[int]] = {}
    for line in lines:
        found.setdefault(fold(line.row.listing.country_text or ""), [line.read.number, 0])[1] += 1
    return sorted(found.values(), key=lambda place: -place[1])[:_SHOWN]
