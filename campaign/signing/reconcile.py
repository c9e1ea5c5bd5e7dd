"""Comparing the tally with the list it counts, in one snapshot."""

from collections.abc import Mapping

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.letters.models import Letter
from campaign.signing import roll
from campaign.tally.operations import repair
from campaign.tally.queries import cells
from campaign.tally.rules import Cell


def differences(letter_id: int) -> Mapping[Cell, tuple[int, int]]:
    """Each cell in which figure and list differ, as (figure, list), by country."""
    counted, listed = cells(letter_id), roll.cells(letter_id)
    keys = sorted(
        counted.keys() | listed.keys(), key=lambda cell: (cell.country_code, cell.scope, cell.visibility)
    )
    return {k: (counted.get(k, 0), listed.get(k, 0)) for k in keys if counted.get(k, 0) != listed.get(k, 0)}


def reconcile(letter: Letter, actor: Actor) -> int:
    """Make the figures what the list says and put any repair on record. Returns how many cells were wrong."""
    wrong = repair(letter.id, roll.cells(letter.id))
    if wrong:
        record(actor, "tally.repaired", "letter", letter.id, letter.id, cells=len(wrong))
    return len(wrong)
