"""The door for programs: read-only JSON of what is public."""

from flask import Blueprint, Flask

from campaign.api.letters import api
from campaign.api.page import about

COOKIELESS: tuple[Blueprint, ...] = (api, about)


def init_app(app: Flask) -> None:
    """Add the API."""
    for blueprint in COOKIELESS:
        app.register_blueprint(blueprint)
