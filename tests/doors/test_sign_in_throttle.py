"""Guessing passwords is slowed, on every web host alike, and keeps no coordinator out for long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from campaign.accounts import tasks, throttle
from campaign.accounts.models import LoginAttempt, User
from campaign.core.db import db
from campaign.core.networks import Caller, read_address
from tests.doors.desk_kit import post, seal
from tests.factories import PASSWORD, make_user
from tests.threads import together

NOW = datetime(2020, 2, 1, 12, 0, tzinfo=UTC)
WRONG = "a wrong guess"
HERE, ELSEWHERE = "192.0.2.7", "198.51.100.7"
on_sqlite = pytest.mark.usefixtures("app_sqlite")


@pytest.fixture(autouse=True)
def noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as now:
        yield now


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """Behind one proxy, so that a browser can be anywhere."""
    with (app := make_app(TRUSTED_PROXIES="1")).app_context():
        yield app


def enter(app: Flask, email: str, password: str = WRONG, at: str = HERE) -> TestResponse:
    """Try to sign in from an address, with a new browser."""
    client = app.test_client()
    client.environ_base["HTTP_X_FORWARDED_FOR"] = at
    return post(client, "/desk/sign-in", email=email, password=password)


def tries(app: Flask, times: int, email: str, at: str = HERE) -> list[int]:
    return [enter(app, email, at=at).status_code for _ in range(times)]


def guesses(times: int, email: str, at: str = HERE) -> None:
    """Tries of a stranger, without their hashing."""
    for _ in range(times):
        assert isinstance(throttle.begin(email, Caller(read_address(at))), LoginAttempt)
    db.session.commit()


def written() -> int:
    return db.session.scalar(select(func.count()).select_from(LoginAttempt)) or 0


def test_the_fourth_try_waits_whether_there_is_an_account_or_not(
    app: Flask, noon: time_machine.Traveller
) -> None:
    make_user(email="known@example.org")
    for email in ("known@example.org", "nobody@example.org"):
        assert tries(app, 3, email) == [422, 422, 422]
        refused = enter(app, email, PASSWORD)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
        assert "too many tries. You can try again in 5 seconds" in refused.text
        assert email not in refused.text
    noon.shift(5)
    assert enter(app, "known@example.org").status_code == 422
    assert enter(app, "known@example.org", PASSWORD).headers["Retry-After"] == "10"
    noon.shift(10)
    assert enter(app, "known@example.org", PASSWORD).status_code == 303
    assert written() == 3 + 3 + 1 + 1  # what nobody looked at is not written down


@on_sqlite
def test_an_address_is_the_same_account_however_it_is_written(app: Flask) -> None:
    spellings = ("known@example.org", " Known@EXAMPLE.org", "known@ｅｘａｍｐｌｅ.org", "KNOWN@example.org")
    assert [enter(app, email).status_code for email in spellings] == [422, 422, 422, 429]


@on_sqlite
def test_a_stranger_elsewhere_keeps_a_coordinator_waiting_for_seconds_only(
    app: Flask, noon: time_machine.Traveller
) -> None:
    make_user(email="known@example.org")
    for network in range(40):
        guesses(1, "known@example.org", f"10.0.{network}.1")
        noon.shift(30)
    refused = enter(app, "known@example.org", at="10.1.0.1")
    assert refused.status_code == 422
    waiting = enter(app, "known@example.org", PASSWORD, at=ELSEWHERE)
    assert (waiting.status_code, waiting.headers["Retry-After"]) == (429, "10")
    noon.shift(10)
    assert enter(app, "known@example.org", PASSWORD, at=ELSEWHERE).status_code == 303


@on_sqlite
def test_where_somebody_signed_in_today_strangers_hold_them_up_no_more(
    app: Flask, noon: time_machine.Traveller
) -> None:
    make_user(email="known@example.org")
    assert enter(app, "known@example.org", PASSWORD).status_code == 303
    noon.shift(timedelta(hours=23))
    for network in range(10):
        guesses(1, "known@example.org", f"10.0.{network}.1")
    for account in range(20):
        guesses(1, f"other{account}@example.org")  # in the same network
    assert enter(app, "known@example.org", PASSWORD, at=ELSEWHERE).status_code == 429
    assert enter(app, "known@example.org", PASSWORD).status_code == 303
    noon.shift(1)
    assert tries(app, 4, "known@example.org") == [422, 422, 422, 429]


@on_sqlite
def test_a_network_that_tries_many_accounts_waits(app: Flask) -> None:
    make_user(email="known@example.org")
    for number in range(20):
        guesses(1, f"guess{number}@example.org", f"192.0.2.{number}")
    assert enter(app, "known@example.org", PASSWORD).headers["Retry-After"] == "5"
    assert enter(app, "known@example.org", PASSWORD, at=ELSEWHERE).status_code == 303


@on_sqlite
def test_a_colleagues_own_password_makes_nobody_known_to_another_account(app: Flask) -> None:
    user = make_user(email="colleague@example.org")
    client = app.test_client()
    client.environ_base["HTTP_X_FORWARDED_FOR"] = HERE
    assert post(client, "/desk/sign-in", email=user.email, password=PASSWORD).status_code == 303
    post(client, "/desk/sign-in", email="known@example.org", password=WRONG)  # signed in already
    kept = db.session.execute(select(LoginAttempt.mailbox, LoginAttempt.succeeded)).all()
    assert kept == [
        (throttle.mailbox_key(user.email), True),
        (throttle.mailbox_key("known@example.org"), False),
    ]


@on_sqlite
def test_asking_for_the_password_again_is_slowed_too(app: Flask, signed_in: Callable[..., User]) -> None:
    client = app.test_client()
    signed_in(client)
    found = [post(client, "/desk/verify", password=WRONG).status_code for _ in range(4)]
    assert found[-1] == 429
    assert 429 not in found[:-1]
    assert post(app.test_client(), "/desk/verify", password=PASSWORD).status_code == 303  # to sign in first
    assert written() == 3


@pytest.mark.parametrize("body", ['{"email": "known@example.org", "password": "x"}', "[1]", "nonsense"])
@on_sqlite
def test_passwords_are_not_taken_as_json(app: Flask, client: FlaskClient, body: str) -> None:
    headers = {"X-CSRFToken": seal(client)}
    answer = client.post("/desk/sign-in", data=body, content_type="application/json", headers=headers)
    assert answer.status_code == 422
    assert written() == 0


def test_tries_of_the_same_moment_see_each_other(app: Flask) -> None:
    caller = Caller(read_address(HERE))

    def attempt() -> bool:
        begun = throttle.begin("known@example.org", caller)
        db.session.commit()
        return isinstance(begun, LoginAttempt)

    assert sum(together(app, [attempt] * 8)) == 3
    assert written() == 3


def test_nothing_readable_is_kept_and_a_day_later_nothing_at_all(
    app: Flask, noon: time_machine.Traveller
) -> None:
    tries(app, 2, "known@example.org")
    kept = db.session.scalars(select(LoginAttempt)).first()
    assert kept is not None
    assert all(len(key) == 64 and int(key, 16) for key in (kept.mailbox, kept.network))
    noon.shift(timedelta(hours=23))
    tasks.forget()
    assert written() == 2
    noon.shift(timedelta(hours=1, seconds=1))
    tasks.forget()
    assert written() == 0
