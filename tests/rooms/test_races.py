"""What many do at the same moment ends as if they had stood in line."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from sqlalchemy import func, select

from campaign.core.db import db
from campaign.core.errors import RoomError
from campaign.letters.models import Letter
from campaign.letters.rules import Acceptance
from campaign.organisations.models import Organisation
from campaign.outbox import leases
from campaign.outbox.models import Mail
from campaign.signing import confirming, moderation, queries
from campaign.signing import operations as signing
from campaign.signing.models import Signature
from campaign.signing.operations import SignCommand
from campaign.signing.reconcile import differences
from campaign.signing.rules import LIVE, SignatureStatus
from campaign.tally.queries import letter_figures
from tests.factories import COORDINATOR, make_command, make_letter, make_signature, token_of
from tests.threads import together

MANY = 20
S = SignatureStatus


def verifying(token: str) -> Callable[[], str]:
    """What the door does with a pressed confirmation."""

    def act() -> str:
        status = confirming.verify(queries.confirmation(token)).status
        db.session.commit()
        return status.value

    return act


def live(letter: Letter) -> int:
    """How many rows stand on the letter or wait to."""
    rows = select(func.count()).where(Signature.letter_id == letter.id, Signature.status.in_(LIVE))
    return db.session.scalar(rows) or 0


def test_many_verify_for_one_organisation(app: Flask) -> None:
    letter = make_letter(acceptance=Acceptance.AUTOMATIC)
    rows = [make_signature(letter, S.UNVERIFIED, organisation="Voice for Peace") for _ in range(MANY)]
    outcomes = together(app, [verifying(token_of(row)) for row in rows])
    assert sorted(map(str, outcomes)) == ["accepted"] + ["superseded"] * (MANY - 1)
    first = db.session.scalars(select(Signature.id).where(Signature.status == S.ACCEPTED)).one()
    assert set(db.session.scalars(select(Signature.superseded_by_id))) == {None, first}
    assert (live(letter), letter_figures(letter.id).signatories) == (1, 1)
    assert db.session.scalar(select(func.count()).select_from(Organisation)) == 1


def test_one_link_pressed_many_times_counts_once(app: Flask) -> None:
    letter = make_letter(acceptance=Acceptance.AUTOMATIC)
    token = token_of(make_signature(letter, S.UNVERIFIED))
    assert together(app, [verifying(token)] * 8) == ["accepted"] * 8
    assert letter_figures(letter.id).signatories == 1
    assert differences(letter.id) == {}


def test_one_form_sent_many_times_is_one_signature(app: Flask) -> None:
    letter_id, command = make_letter().id, make_command()

    def sending(command: SignCommand) -> Callable[[], bool]:
        def act() -> bool:
            signed = signing.sign(db.session.get_one(Letter, letter_id), command)
            db.session.commit()
            return signed is not None

        return act

    outcomes = together(app, [sending(command)] * 8)
    assert sorted(outcomes, key=str) == [False] * 7 + [True]
    assert db.session.scalar(select(func.count()).select_from(Signature)) == 1
    assert db.session.scalar(select(func.count()).select_from(Mail)) == 1


def test_many_accept_the_same_sign_on(app: Flask) -> None:
    letter = make_letter()
    signature_id = make_signature(letter, S.PENDING).id
    letter_id = letter.id

    def accept() -> bool:
        moderation.accept(queries.signature(letter_id, signature_id, lock=True), COORDINATOR)
        db.session.commit()
        return True

    outcomes = together(app, [accept] * 8)
    assert len([o for o in outcomes if o is True]) == 1
    assert all(o is True or isinstance(o, RoomError) for o in outcomes), outcomes
    assert letter_figures(letter_id).signatories == 1


def test_many_workers_claim_each_mail_once(app: Flask) -> None:
    letter = make_letter()
    for _ in range(10):
        make_signature(letter, S.UNVERIFIED)

    def claim_all() -> list[int]:
        held = []
        while claim := leases.claim_next():
            held.append(claim.mail_id)
        return held

    outcomes = together(app, [claim_all] * 4)
    assert all(isinstance(o, list) for o in outcomes), outcomes
    held = [mail for o in outcomes if isinstance(o, list) for mail in o]
    assert sorted(held) == sorted(db.session.scalars(select(Mail.id)))
