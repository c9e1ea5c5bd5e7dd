"""The door for readers and signatories."""

from flask import Blueprint, Flask

from campaign.public import (
    confirming,
    editions,
    embedding,
    feeds,
    figures,
    history,
    links,
    own,
    own_erasing,
    own_files,
    own_next,
    papers,
    privacy,
    reading,
    reconfirming,
    sharing,
    signing,
)
from campaign.public.places import LanguageConverter, SlugConverter, letters, public

# No page here has a session: its forms are guarded by a signed token of their own (campaign.web.forms).
COOKIELESS: tuple[Blueprint, ...] = (letters, public)
PAGES = (
    reading,
    history,
    signing,
    confirming,
    reconfirming,
    own,
    own_files,
    own_erasing,
    own_next,
    papers,
    privacy,
    links,
    editions,
    figures,
    sharing,
    embedding,
    feeds,
)  # importing them registers their views


def init_app(app: Flask) -> None:
    """Add the public pages."""
    app.url_map.converters |= {"lang": LanguageConverter, "slug": SlugConverter}
    for blueprint in COOKIELESS:
        app.register_blueprint(blueprint)
