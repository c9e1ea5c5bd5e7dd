"""The door for coordinators."""

from flask import Flask

from campaign.desk import (
    adding,
    amends,
    answers,
    changed_text,
    dispatch,
    documents,
    duplicates,
    editions,
    erasing,
    files,
    further,
    import_acts,
    imports,
    invalidations,
    letters,
    limits,
    links,
    moderation,
    organisations,
    own_language,
    preview,
    releases,
    signatories,
    together,
    unconfirmed,
    wishes,
    writing,
)
from campaign.desk.frame import desk

PAGES = (
    letters,
    writing,
    changed_text,
    documents,
    links,
    moderation,
    duplicates,
    organisations,
    further,
    together,
    invalidations,
    unconfirmed,
    limits,
    wishes,
    adding,
    imports,
    import_acts,
    signatories,
    erasing,
    editions,
    preview,
    releases,
    dispatch,
    amends,
    answers,
    files,
    own_language,
)


def init_app(app: Flask) -> None:
    """Add the desk's pages; each module of PAGES put its own on the blueprint when it was imported."""
    app.register_blueprint(desk)
