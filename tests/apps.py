"""One app for each set of settings in this process: to make one, and compile its pages, takes long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

import config
from campaign import create_app
from campaign.core import countries, logs
from campaign.core.country_overrides import Overrides
from campaign.core.db import db
from tests.client import Client


@dataclass
class Apps:
    """The apps that this process has made."""

    made: dict[frozenset[tuple[str, str]], Flask] = field(default_factory=dict)
    connected: Flask | None = None

    @contextmanager
    def lent(self, values: Mapping[str, str]) -> Iterator[Flask]:
        """The app with these settings, as new; what a test changes in it is put back."""
        key = frozenset(values.items())
        app = self.made.get(key) or self.made.setdefault(key, self._new(values))
        # What `create_app` sets for the whole process, and another app may have set since.
        logs.init_app(app)
        countries.use(Overrides())
        mail = app.extensions["mail"]
        config_before, extensions, mail_before = dict(app.config), dict(app.extensions), dict(vars(mail))
        try:
            yield app
        finally:
            with app.app_context():
                db.session.remove()
            self.stay_connected(app)
            _put_back(app.config, config_before)
            _put_back(app.extensions, extensions)
            _put_back(vars(mail), mail_before)

    def stay_connected(self, app: Flask | None) -> None:
        """Let this app alone keep its connections for the next test: each new one learns all tables anew."""
        if self.connected not in (app, None):
            with self.connected.app_context():
                db.engine.dispose()
        self.connected = app

    @staticmethod
    def _new(values: Mapping[str, str]) -> Flask:
        app = create_app(config.read(values))
        app.test_client_class = Client
        return app


def _put_back(now: dict[Any, Any], before: dict[Any, Any]) -> None:
    now.clear()
    now.update(before)
