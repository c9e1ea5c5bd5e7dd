"""Settings: what production refuses, what development derives, and that no message repeats a value."""

from __future__ import annotations

from pathlib import Path

import pytest

import config

GOOD = {
    "SECRET_KEY": "S3-abcdefghijklmnopqrstuvwxyz-0123",
    "TOKEN_KEY": "T4-abcdefghijklmnopqrstuvwxyz-0123",
    "INDEX_KEY": "I5-abcdefghijklmnopqrstuvwxyz-0123",
    "CONTACT_KEYS": "C6-abcdefghijklmnopqrstuvwxyz-0123,C7-abcdefghijklmnopqrstuvwxyz-0123",
    "DATABASE_URL": "sqlite:////nowhere/undersigned.db",
    "PUBLIC_URL": "https://letters.example.org/",
    "TRUSTED_HOSTS": "letters.example.org",
    "MAIL_DEFAULT_SENDER": "letters@example.org",
}
BAD = [
    ({"SECRET_KEY": ""}, "SECRET_KEY is missing"),
    ({"SECRET_KEY": "short-but-varied"}, "SECRET_KEY is shorter than 32 characters"),
    ({"SECRET_KEY": "change-me-" + "abcdefghijklmnopqrstuvwxyz"}, "SECRET_KEY is a known or trivial value"),
    ({"TOKEN_KEY": "ab" * 20}, "TOKEN_KEY is a known or trivial value"),
    ({"INDEX_KEY": ""}, "INDEX_KEY is missing"),
    ({"CONTACT_KEYS": ""}, "CONTACT_KEYS is missing"),
    ({"CONTACT_KEYS": GOOD["CONTACT_KEYS"] + ",short"}, "CONTACT_KEYS is shorter than 32 characters"),
    ({"TOKEN_KEY": GOOD["SECRET_KEY"]}, "must all differ"),
    ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG must be off"),
    ({"PUBLIC_URL": "http://letters.example.org"}, "PUBLIC_URL must be an https address"),
    ({"PUBLIC_URL": "https://"}, "PUBLIC_URL must be an https address"),
    ({"TRUSTED_HOSTS": ""}, "TRUSTED_HOSTS must list the host names"),
    ({"TRUSTED_HOSTS": "letters.example.org,.example.org"}, "TRUSTED_HOSTS must list the host names"),
    ({"MAIL_DEFAULT_SENDER": ""}, "MAIL_DEFAULT_SENDER must be a mail address"),
    ({"BOUNCE_ADDRESS": "bounces"}, "BOUNCE_ADDRESS must be a mail address"),
    ({"BOUNCE_ADDRESS": "b" * 37 + "@example.org"}, "at most 36 characters before the @"),
    ({"MAIL_USE_TLS": "true", "MAIL_USE_SSL": "yes"}, "exclude each other"),
]


def test_good_settings_start() -> None:
    settings = config.read(GOOD)
    assert settings.production
    assert settings.https
    assert settings.public_url == "https://letters.example.org"
    assert len(settings.contact_keys) == 2
    assert (settings.mail_port, settings.trusted_proxies, settings.debug) == (25, 0, False)


@pytest.mark.parametrize(("change", "fault"), BAD)
def test_production_refuses(change: dict[str, str], fault: str) -> None:
    with pytest.raises(config.UnsafeSettings) as refusal:
        config.read({**GOOD, **change})
    assert fault in refusal.value.message
    for value in change.values():
        assert len(value) < 8 or value not in refusal.value.message


def test_production_names_every_fault_at_once() -> None:
    with pytest.raises(config.UnsafeSettings) as refusal:
        config.read({"DATABASE_URL": GOOD["DATABASE_URL"]})
    for name in ("SECRET_KEY", "TOKEN_KEY", "INDEX_KEY", "CONTACT_KEYS", "PUBLIC_URL", "TRUSTED_HOSTS"):
        assert name in refusal.value.message


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"APP_ENV": "staging"}, "APP_ENV"),
        ({"MAIL_USE_TLS": "maybe"}, "MAIL_USE_TLS must be one of"),
        ({"MAIL_PORT": "smtp"}, "MAIL_PORT must be a whole number"),
        ({"TRUSTED_PROXIES": "-1"}, "TRUSTED_PROXIES must be a whole number"),
    ],
)
@pytest.mark.parametrize("environment", ["production", "development", "testing"])
def test_unreadable_values_are_refused_everywhere(
    change: dict[str, str], fault: str, environment: str
) -> None:
    with pytest.raises(config.UnsafeSettings, match=fault):
        config.read({**GOOD, "APP_ENV": environment, **change})


@pytest.mark.parametrize("word", ["true", "1", "yes", "TRUE", " Yes "])
def test_words_for_yes(word: str) -> None:
    assert config.read({**GOOD, "APP_ENV": "testing", "FLASK_DEBUG": word}).debug


@pytest.mark.parametrize("word", ["false", "0", "no", "", "  "])
def test_words_for_no(word: str) -> None:
    assert not config.read({**GOOD, "APP_ENV": "testing", "FLASK_DEBUG": word}).debug


def test_development_derives_distinct_keys_and_keeps_its_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "INSTANCE", tmp_path / "instance")
    first, second = (config.read({"APP_ENV": "development"}) for _ in range(2))
    assert first == second
    keys = {first.secret_key, first.token_key, first.index_key, *first.contact_keys}
    assert len(keys) == 4
    assert min(map(len, keys)) >= config.SHORTEST_SECRET
    kept = tmp_path / "instance" / "development-secret"
    assert kept.stat().st_mode & 0o077 == 0
    assert first.database_url == f"sqlite:///{tmp_path / 'instance' / 'undersigned.db'}"


def test_the_scheme_that_hosting_platforms_hand_out_is_rewritten() -> None:
    settings = config.read({**GOOD, "DATABASE_URL": "postgres://u:p@db.example.org/x"})
    assert settings.database_url == "postgresql://u:p@db.example.org/x"


def test_lists_take_no_empty_parts() -> None:
    settings = config.read({**GOOD, "TRUSTED_HOSTS": " a.example.org, ,b.example.org,"})
    assert settings.trusted_hosts == ("a.example.org", "b.example.org")


def test_without_a_mapping_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**GOOD, "MAIL_PORT": "2525"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("APP_ENV", raising=False)
    assert config.read().mail_port == 2525
