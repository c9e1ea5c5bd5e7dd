"""The door for coordinators."""

from flask import Flask

from campaign.desk import (
    adding,
    dispatch,
    documents,
    editions,
    letters,
    links,
    moderation,
    preview,
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
    dispatch,
)


def init_app(app: Flask) -> None:
    """Add the desk's pages; each module of PAGES put its own on the blueprint when it was imported."""
    app.register_blueprint(desk)
