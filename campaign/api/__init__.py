"""The door for programs: read-only JSON of what is public."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the API."""
