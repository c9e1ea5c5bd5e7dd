"""A letter whose signatories may be at risk: what its form refuses."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from campaign.accounts.models import User
from tests.doors.desk_kit import as_shown, post, words
from tests.factories import make_letter

SignedIn = Callable[..., User]


def test_where_signatories_are_at_risk_nothing_counts_at_once(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    letter = make_letter()
    address = f"/desk/letters/{letter.slug}/edit"
    fields = {k: v for k, v in as_shown(client, address).items() if k not in ("_v", "csrf_token")}
    refused = post(client, address, **fields | {"acceptance": "automatic", "at_risk": "y"})
    assert refused.status_code == 422
    assert "Where signatories may be at risk, a coordinator decides on each" in words(refused)
    assert post(client, address, **fields | {"acceptance": "automatic"}).status_code == 303
