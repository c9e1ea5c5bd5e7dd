"""The door for coordinators."""

from flask import Flask

from campaign.desk import (
    adding,
    amends,
    answers,
    dispatch,
    documents,
    editions,
    files,
    letters,
    links,
    moderation,
    preview,
    releases,
    signatories,
    unconfirmed,
    writing,
)
from campaign.desk.frame import desk

PAGES = (
    letters,
    writing,
    documents,
    links,
    moderation,
    unconfirmed,
    adding,
    signatories,
    editions,
    preview,
    releases,
    dispatch,
    amends,
    answers,
    files,
)


def init_app(app: Flask) -> None:
    """Add the desk's pages; each module of PAGES put its own on the blueprint when it was imported."""
    app.register_blueprint(desk)
