"""What RQ calls when the bell rings."""

from campaign.jobs.worklists import work_round


def sweep() -> int:
    """Rounds until nothing more is due now. Returns how many things were done."""
    total = 0
    while done := work_round():
        total += done
    return total
