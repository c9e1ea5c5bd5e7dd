"""Attempts to let a letter go at the desk without a preview, a second person, or after an edit."""

from __future__ import annotations

import random
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from campaign.accounts.models import User
from campaign.core.db import db
from campaign.dispatch.fingerprint import fingerprint
from campaign.dispatch.models import Dispatch
from campaign.dispatch.rules import DispatchState
from campaign.editions.models import Edition
from campaign.jobs.tasks import sweep
from campaign.outbox.models import Mail
from tests.client import Client
from tests.doors.desk_kit import base, post
from tests.factories import make_edition, make_letter, make_signature, make_user, sign_in
from tests.faults.found import Found

GONE = (DispatchState.RELEASED, DispatchState.LEFT)


@dataclass
class Team:
    """Two coordinators at one letter whose first edition is ready, each in a browser of their own."""

    app: Flask
    edition: Edition
    one: FlaskClient
    other: FlaskClient
    chance: random.Random

    def fresh(self) -> str:
        """What a preview shows now."""
        db.session.expire_all()
        return fingerprint(self.edition)

    def unseen(self) -> str:
        """What nobody saw: nothing, a guess, or a part of it."""
        guess = f"{self.chance.getrandbits(256):064x}"
        return self.chance.choice(["", guess, self.fresh()[:63], self.fresh().upper() + " "])

    def edit(self) -> None:
        """The letter changes."""
        self.edition.letter.addressees[0].salutation = f"Dear Minister {self.chance.random()},"
        db.session.commit()

    def send(self, browser: FlaskClient, path: str, **fields: object) -> None:
        """A form, whatever its answer."""
        post(browser, f"{base(self.edition.letter)}/{path}", **fields)

    def propose(self, seen: str) -> None:
        """The first one asks."""
        to = [str(a.id) for a in self.edition.letter.addressees]
        self.send(self.one, f"editions/{self.edition.number}/propose", seen=seen, to=to)

    def newest(self) -> Dispatch | None:
        """What was proposed last and waits."""
        waits = select(Dispatch).where(Dispatch.state == DispatchState.PROPOSED)
        return db.session.scalar(waits.order_by(Dispatch.id.desc()).limit(1))


def try_unapproved(app: Flask, times: int, seed: int) -> Found:
    """So many attempts; not one may let anything go. In the end two persons do, to show that it can be."""
    team = _team(app, random.Random(seed))
    attempts = (_unseen_proposal, _own_approval, _unseen_approval, _stale_approval, _stranger)
    found = Found(f"{times} attempts, then one by two persons", seed)
    for _ in range(times):
        attempt = team.chance.choice(attempts)
        attempt(team)
        found.expect(not _let_go(team), f"{attempt.__name__.strip('_')} let it go")
    _take_back(team)
    team.propose(team.fresh())
    waits = team.newest()
    found.expect(waits is not None, "a proposal that was seen was not taken")
    if waits:
        team.send(team.other, f"dispatch/{waits.id}/approve", seen=team.fresh())
    found.expect(_let_go(team), "two persons could not let it go")
    return found


def _team(app: Flask, chance: random.Random) -> Team:
    letter = make_letter()
    make_signature(letter)
    one, other = (_browser(app, make_user()) for _ in range(2))
    return Team(app, make_edition(letter), one, other, chance)


def _browser(app: Flask, user: User) -> FlaskClient:
    client = Client(app, app.response_class)
    sign_in(client, user)
    return client


def _unseen_proposal(team: Team) -> None:
    team.propose(team.unseen())


def _own_approval(team: Team) -> None:
    team.send(team.one, f"dispatch/{_proposed(team).id}/approve", seen=team.fresh())


def _unseen_approval(team: Team) -> None:
    team.send(team.other, f"dispatch/{_proposed(team).id}/approve", seen=team.unseen())


def _stale_approval(team: Team) -> None:
    waits, seen = _proposed(team), team.fresh()
    team.edit()
    for what in (seen, team.fresh()):
        team.send(team.other, f"dispatch/{waits.id}/approve", seen=what)


def _stranger(team: Team) -> None:
    """Nobody is signed in; and looking at the page with GET is no approval either."""
    waits, seen = _proposed(team), team.fresh()
    address = f"{base(team.edition.letter)}/dispatch/{waits.id}"
    Client(team.app, team.app.response_class).post(f"{address}/approve", data={"seen": seen})
    team.other.get(f"{address}/approve?seen={seen}")
    team.other.get(address)


def _proposed(team: Team) -> Dispatch:
    """A release that waits for the other one; made anew where an edit has overtaken it."""
    waits = team.newest()
    if waits is None or waits.fingerprint != team.fresh():
        _take_back(team)
        team.propose(team.fresh())
        waits = team.newest()
    assert waits is not None
    return waits


def _take_back(team: Team) -> None:
    waits = team.newest()
    if waits is not None:
        team.send(team.one, f"dispatch/{waits.id}/cancel")


def _let_go(team: Team) -> bool:
    """Whether anything is about to leave, or has, after a worker's round."""
    db.session.commit()
    with team.app.app_context():
        sweep()
    db.session.expire_all()
    released = db.session.scalar(select(func.count()).select_from(Dispatch).where(Dispatch.state.in_(GONE)))
    mails = db.session.scalar(select(func.count()).select_from(Mail).where(Mail.kind == "letter"))
    return bool(released or mails)
