"""The record at the desk has words for all that happens to a letter and its sign-ons."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from campaign.audit.models import AuditEntry
from campaign.desk.acts import _known, act
from campaign.signing.rules import Audience, SignatureStatus
from campaign.web.language import speak


@pytest.mark.parametrize("status", list(SignatureStatus))
def test_whatever_becomes_of_a_sign_on_has_words(status: SignatureStatus) -> None:
    assert f"signature.{status}" in _known()


@pytest.mark.usefixtures("app_sqlite")
@pytest.mark.parametrize(
    ("audience", "told"),
    [
        (Audience.PUBLIC, "pour le public"),
        (Audience.ADDRESSEES, "pour les destinataires"),
        (Audience.COORDINATORS, "pour la coordination"),
    ],
)
def test_whom_a_list_was_for_is_said_in_the_language(
    client: FlaskClient, audience: Audience, told: str
) -> None:
    entry = AuditEntry(action="signatures.exported", subject_id=1, details={"audience": audience.value})
    with client.application.test_request_context():
        speak("fr")
        assert act(entry) == f"liste avec contacts téléchargée ({told})"
