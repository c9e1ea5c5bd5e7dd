"""Every way in is on one list, `routes.txt`, with who may pass; a new one must be written there first.

A line is `METHODS who rule`; `who` is the action a role must allow, or `anybody`. After a change on purpose:
`python -m tests.house.test_routes > tests/house/routes.txt`, and read the difference.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

import config
from campaign import create_app
from campaign.accounts.rules import Action
from campaign.audit.models import AuditEntry
from campaign.core.db import db

LIST = Path(__file__).with_name("routes.txt")
OPEN_AT_THE_DESK = {"security.login", "security.logout", "security.verify"}  # Flask-Security guards its own
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


def methods(rule: Rule) -> list[str]:
    """What the rule answers to, without what Flask adds by itself."""
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


def who(app: Flask, rule: Rule) -> str:
    """Who may pass."""
    action = getattr(app.view_functions[rule.endpoint], "guarded_by", None)
    return action.name.lower() if isinstance(action, Action) else "anybody"


def lines(app: Flask) -> list[str]:
    """The list as it really is."""
    found = {f"{','.join(methods(r)):9} {who(app, r):15} {r.rule}" for r in app.url_map.iter_rules()}
    return sorted(found, key=lambda line: line.split(maxsplit=2)[::-1])


def address(rule: Rule) -> str:
    """The rule with made-up parts."""
    with_parts = rule.rule
    for part in ("int:", "int(max=99999):"):
        with_parts = with_parts.replace(f"<{part}", "<1|")
    words = [piece.split(">", 1) for piece in with_parts.split("<")]
    made = words[0][0]
    for inside, after in words[1:]:
        name = inside.rsplit(":", 1)[-1]
        made += ("1" if inside.startswith("1|") else "open" if name == "verb" else "nowhere") + after
    return made


def desk_rules(app: Flask) -> list[Rule]:
    """The rules of the desk."""
    return [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/desk")]


def test_the_list_is_complete(app_sqlite: Flask) -> None:
    assert lines(app_sqlite) == LIST.read_text(encoding="utf-8").splitlines()


def test_every_page_of_the_desk_names_its_action(app_sqlite: Flask) -> None:
    rules = desk_rules(app_sqlite)
    open_ones = {rule.endpoint for rule in rules if who(app_sqlite, rule) == "anybody"}
    assert open_ones <= OPEN_AT_THE_DESK
    assert len(rules) > 30


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_gets_in_without_signing_in(app_sqlite: Flask, client: FlaskClient, method: str) -> None:
    app_sqlite.config["WTF_CSRF_ENABLED"] = False  # the guard itself must hold, whatever the seal says
    tried = 0
    for rule in desk_rules(app_sqlite):
        if method not in methods(rule) or rule.endpoint in OPEN_AT_THE_DESK:
            continue
        answer = client.open(address(rule), method=method)
        to_sign_in = answer.status_code in (302, 303) and "/desk/sign-in" in answer.headers["Location"]
        assert to_sign_in or answer.status_code == 401, (method, rule.rule, answer.status_code)
        tried += 1
    assert tried > 10
    assert db.session.query(AuditEntry).count() == 0


def test_the_desk_changes_nothing_by_get_and_readers_have_few_ways_to_write(app_sqlite: Flask) -> None:
    writing = {
        rule.endpoint
        for rule in app_sqlite.url_map.iter_rules()
        if set(methods(rule)) & set(UNSAFE) and not rule.rule.startswith("/desk")
    }
    assert writing <= {
        "letters.sign",
        "public.confirm_now",
        "public.reconfirm_now",
        "public.refuse",
        "public.verify_this",
        "public.send_links",
    } | {f"public.own_{act}" for act in ("correct", "erase", "shown", "updates", "withdraw")}
    assert not [
        r.rule for r in app_sqlite.url_map.iter_rules() if set(methods(r)) & {"PUT", "PATCH", "DELETE"}
    ]


def test_the_api_only_reads(app_sqlite: Flask) -> None:
    rules = [rule for rule in app_sqlite.url_map.iter_rules() if rule.rule.startswith("/api/")]
    assert rules
    assert {method for rule in rules for method in methods(rule)} == {"GET"}


if __name__ == "__main__":
    testing = {"APP_ENV": "testing", "SECRET_KEY": "x" * 32, "DATABASE_URL": "sqlite://"}
    sys.stdout.write("\n".join(lines(create_app(config.read(testing)))) + "\n")
