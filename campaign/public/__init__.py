"""The door for readers and signatories."""

from flask import Blueprint, Flask

COOKIELESS: tuple[Blueprint, ...] = ()


def init_app(app: Flask) -> None:
    """Add the public pages."""
