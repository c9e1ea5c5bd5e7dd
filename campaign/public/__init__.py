"""The door for readers and signatories."""

from flask import Blueprint, Flask

from campaign.public import confirming, editions, reading, signing
from campaign.public.places import LanguageConverter, SlugConverter, letters, public

# No page here has a session: its forms are guarded by a signed token of their own (campaign.web.forms).
COOKIELESS: tuple[Blueprint, ...] = (letters, public)
PAGES = (reading, signing, confirming, editions)  # importing them registers their views


def init_app(app: Flask) -> None:
    """Add the public pages."""
    app.url_map.converters |= {"lang": LanguageConverter, "slug": SlugConverter}
    for blueprint in COOKIELESS:
        app.register_blueprint(blueprint)
