"""A browser at an app in the same process."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campaign.core.db import db


class Client(FlaskClient):
    """A browser. What the test wrote is committed before a request, which has an app context of its own."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        db.session.commit()
        with self.application.app_context():
            response = super().open(*args, **kwargs)
        db.session.expire_all()
        return response
