"""The door for operators: commands on the server."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the commands."""
