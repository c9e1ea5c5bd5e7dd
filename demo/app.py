"""The product as it is, with the demo's start page, mailbox and a bar on every page."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask, Response, request
from jinja2 import ChoiceLoader, FileSystemLoader

import campaign
from campaign.editions.queries import Verification, verify_hash
from config import Settings
from demo import inbox, start
from demo.frame import demo, slug
from demo.place import ROOT, Place
from demo.steps import ARABIC, CHECKED, LETTER, mark

SEEN = (200, 304)
PAGES = (start, inbox)  # importing them registers their views


def create_app(settings: Settings | None = None, directory: Path | None = None) -> Flask:
    """The product with the demo's pages; settings and DEMO_DIRECTORY are the environment's unless given."""
    app = campaign.create_app(settings)
    app.extensions["demo"] = Place(directory or Path(os.environ["DEMO_DIRECTORY"]))
    ours = FileSystemLoader(ROOT / "demo" / "templates")
    app.jinja_loader = ChoiceLoader([ours, *([app.jinja_loader] if app.jinja_loader else [])])
    # The demo's forms stand on public pages, which have no session: they are guarded by their origin.
    campaign.csrf.exempt(demo)
    app.register_blueprint(demo)
    app.after_request(_notice)
    app.after_request(_show_at_once)
    return app


def _notice(response: Response) -> Response:
    """Take down what was looked at: the letter, the list in Arabic, a superseded file's answer.

    The product's database is not changed.
    """
    if request.method != "GET" or response.status_code not in SEEN:
        return response
    if request.endpoint == "letters.letter" and (request.view_args or {}).get("slug") == slug():
        mark(LETTER)
    elif request.endpoint == "public.verify" and _is_superseded():
        mark(CHECKED)
    elif _is_arabic_pdf(response):
        mark(ARABIC)
    return response


def _is_superseded() -> bool:
    """Whether the page says of an edition or file of the example that a later list replaces it."""
    asked = request.args.get("hash", "")
    found = verify_hash(asked) if asked else Verification()
    return found.superseded and found.edition is not None and found.edition.letter.slug == slug()


def _is_arabic_pdf(response: Response) -> bool:
    """Whether this is an edition's file in Arabic, from its public page or from the desk."""
    if request.endpoint == "letters.edition_pdf":
        return request.args.get("lang") == "ar"
    named = response.headers.get("Content-Disposition", "")
    return request.endpoint == "desk.edition_file" and '-ar.pdf"' in named


def _show_at_once(response: Response) -> Response:
    """Ask for public pages each time: here one person signs, accepts and looks again within seconds."""
    if response.cache_control.public:
        response.headers["Cache-Control"] = "no-cache"
    return response
