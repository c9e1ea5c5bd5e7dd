"""The door for readers and signatories."""

from flask import Blueprint, Flask, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from campaign.public import confirming, editions, reading, signing
from campaign.public.places import LanguageConverter, SlugConverter, letters, public

# No page here has a session: its forms are guarded by a signed token of their own (campaign.web.forms).
COOKIELESS: tuple[Blueprint, ...] = (letters, public)
PAGES = (reading, signing, confirming, editions)  # importing them registers their views


class SessionsElsewhere(SecureCookieSessionInterface):
    """Sessions as always, but none here: that Flask-Login looks into one at each request leaves no trace."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Neither a cookie nor `Vary: Cookie` on a page that is the same for everybody."""
        if request.blueprint not in {blueprint.name for blueprint in COOKIELESS}:
            super().save_session(app, session, response)


def init_app(app: Flask) -> None:
    """Add the public pages."""
    app.url_map.converters |= {"lang": LanguageConverter, "slug": SlugConverter}
    app.session_interface = SessionsElsewhere()
    for blueprint in COOKIELESS:
        app.register_blueprint(blueprint)
