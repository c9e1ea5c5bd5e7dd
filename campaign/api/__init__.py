"""The door for programs: read-only JSON of what is public."""

from flask import Blueprint, Flask

from campaign.api.letters import api

COOKIELESS: tuple[Blueprint, ...] = (api,)


def init_app(app: Flask) -> None:
    """Add the API."""
    app.register_blueprint(api)
