"""The worker's part: printing a frozen edition."""

from flask import current_app

from campaign.core.db import db
from campaign.editions import operations
from campaign.editions.models import Edition
from campaign.editions.render import RenderFailed
from campaign.editions.rules import EditionState

RENDER = "campaign.editions.tasks.render"


def render(edition_id: int) -> None:
    """Print all files of an edition that has none yet.

    Nothing is open while Typst works; a failure is kept on the edition.
    """
    edition = db.session.get_one(Edition, edition_id)
    if edition.state is EditionState.RENDERED:
        db.session.commit()
        return
    wanted = operations.orders(edition)
    db.session.commit()
    try:
        files = operations.printed(wanted, current_app.config["SETTINGS"].font_paths)
    except RenderFailed as fault:
        operations.fail(_fresh(edition_id), fault)
    else:
        edition = _fresh(edition_id)
        if edition.state is not EditionState.RENDERED:
            operations.store(edition, files)
    db.session.commit()


def _fresh(edition_id: int) -> Edition:
    """The edition as it is now: another worker may have printed it meanwhile."""
    return db.session.get_one(Edition, edition_id, with_for_update=True, populate_existing=True)
