"""The door for coordinators."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the desk's pages."""
