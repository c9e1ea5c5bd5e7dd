"""The example letters and their signatories, loaded the way any letter is."""

import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from campaign.accounts import operations as accounts
from campaign.accounts.queries import user_by_email
from campaign.accounts.rules import Role
from campaign.audit.rules import OPERATOR
from campaign.cli.group import Commands, finish
from campaign.core import clock, spreadsheets
from campaign.core.db import db
from campaign.core.secrets import new_nonce
from campaign.letters import drafting, files
from campaign.letters import operations as letters
from campaign.letters.drafts import Draft
from campaign.letters.models import Letter
from campaign.letters.rules import Change, Circulation, Visibility
from campaign.organisations.rules import Scope
from campaign.sheets import writing
from campaign.sheets.columns import FIELDS
from campaign.sheets.lines import read_rows
from campaign.signing import operations as signing
from campaign.signing.confirming import ask_to_confirm, verify
from campaign.signing.models import Confirmation, Signature
from campaign.signing.rules import Listing, Source

FOLDER = Path(__file__).parents[2] / "demo"
COORDINATOR, SECOND = "coordinator@example.org", "second@example.org"
DAYS_OPEN = 14
DAYS_OF_SIGNING = 9
_NOT_IN_THE_SHEET = ("organisation_other", "first_name", "last_name", "publish")
MAPPING = {name: name.capitalize() for name in FIELDS if name not in _NOT_IN_THE_SHEET}
demo = Commands("demo", help="The example.")


@demo.command("load")
def load() -> None:
    """Load two example letters with their signatories, and two coordinators. Loading again changes nothing.

    The first is open, and sign-ons wait for a decision; the second is closed and ready to be sent.
    """
    now = clock.now()
    deadline = (now + timedelta(days=DAYS_OPEN)).replace(minute=0, second=0, microsecond=0)
    said = [
        _load(replace(files.read(FOLDER / "letter"), deadline=deadline), _fill_first),
        _load(replace(files.read(FOLDER / "second"), date=now.date()), _fill_second),
    ]
    # Coordinators come last, so that nobody is told of what was done to the letters before.
    _enter(COORDINATOR, Role.ADMIN)
    _enter(SECOND, Role.COORDINATOR)
    finish()
    click.echo("\n".join(said))


def _load(draft: Draft, fill: Callable[[Letter], None]) -> str:
    """Enter a letter, open it and `fill` it, unless it is there; what there is to say of it."""
    known = db.session.scalar(select(Letter.id).where(Letter.slug == draft.slug))
    if known is not None:
        return f"{draft.slug}: loaded already"
    letter, _ = drafting.write_down(draft, Change.FIRST, OPERATOR, Circulation.PUBLIC)
    letters.open_letter(letter, OPERATOR)
    fill(letter)
    return f"{letter.slug}: loaded"


def _fill_first(letter: Letter) -> None:
    _sign_on(letter, FOLDER / "signatories.csv")
    _spread(letter)
    _leave_waiting(letter)


def _fill_second(letter: Letter) -> None:
    _sign_on(letter, FOLDER / "second" / "signatories.csv")
    letters.close(letter, OPERATOR)


def _sign_on(letter: Letter, sheet: Path) -> None:
    table = spreadsheets.read(sheet, sheet.name)
    rows = read_rows(letter, table.numbered_rows(), MAPPING, None)
    writing.bring_in(letter, rows, True, OPERATOR)


def _spread(letter: Letter) -> None:
    """Let them have signed one after the other over some days, so that there is a pace to be drawn."""
    ids = select(Signature.id).where(Signature.letter_id == letter.id).order_by(Signature.id)
    signed = db.session.scalars(ids).all()
    for place, found in enumerate(signed):
        before = timedelta(days=DAYS_OF_SIGNING * (1 - place / len(signed)) ** 2)
        db.session.get_one(Signature, found).signed_at -= before


def _leave_waiting(letter: Letter) -> None:
    """Sign-ons by the form: some confirmed and waiting for a decision, some whose mailbox is not proven."""
    waiting = tomllib.loads((FOLDER / "waiting.toml").read_text(encoding="utf-8"))
    for facts in waiting["pending"]:
        signature = _sign(letter, facts)
        confirmation = db.session.scalars(
            select(Confirmation).where(Confirmation.signature_id == signature.id)
        ).one()
        verify(confirmation)
    for facts in waiting["unconfirmed"]:
        _sign(letter, facts)


def _sign(letter: Letter, facts: dict[str, Any]) -> Signature:
    listing = Listing(
        organisation=facts["organisation"],
        organisation_other=facts.get("organisation_other"),
        country_code=facts["country"] or None,
        country_text=facts["typed_country"] or None,
        scope=Scope(facts["scope"]),
        website=facts.get("website"),
        visibility=Visibility(facts["visibility"]),
    )
    person = signing.Person(facts["representative"], facts["role"], facts["email"])
    source = Source.FORM if listing.country_code else Source.MESSAGE
    signature = signing.enter(letter, listing, person, "en", source, country_needed=False)
    db.session.add(signature)
    db.session.flush()  # the confirmation starts from its id
    ask_to_confirm(signature)
    return signature


def _enter(address: str, role: Role) -> None:
    if user_by_email(address) is None:
        accounts.create(address, new_nonce(), role, OPERATOR)
