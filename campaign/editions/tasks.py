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
    wanted, redacted_at = operations.orders(edition), edition.redacted_at
    db.session.commit()
    try:
        files = operations.printed(wanted, current_app.config["SETTINGS"].font_paths)
    except RenderFailed as fault:
        operations.fail(_fresh(edition_id), fault)
    else:
        edition = _fresh(edition_id)
        if edition.redacted_at != redacted_at:  # somebody was erased while Typst printed their name
            db.session.rollback()
            render(edition_id)
            return
        if edition.state is not EditionState.RENDERED:
            operations.store(edition, files)
    db.session.commit()


def reprint(edition_id: int) -> None:
    """Print anew what an erasure emptied, until no later erasure comes between. Raises RenderFailed."""
    while wanted := operations.reprints(edition := _fresh(edition_id)):
        redacted_at = edition.redacted_at
        db.session.commit()
        files = operations.printed(wanted, current_app.config["SETTINGS"].font_paths)
        edition = _fresh(edition_id)
        if edition.redacted_at == redacted_at:
            operations.store_again(edition, files)
        db.session.commit()
    db.session.commit()


def _fresh(edition_id: int) -> Edition:
    """The edition as it is now: another worker may have printed it meanwhile."""
    return db.session.get_one(Edition, edition_id, with_for_update=True, populate_existing=True)
