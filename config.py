"""The only reader of the environment: typed, frozen settings that refuse to start unsafe in production."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import click

ROOT = Path(__file__).resolve().parent
INSTANCE = ROOT / "instance"
SHORTEST_SECRET = 32
KNOWN_SECRETS = (
    "change-me",
    "changeme",
    "secret",
    "password",
    "acceptance-only",
    "development-only",
    "example",
)
# Each mail adds 28 octets of its own to the local part, which may have 64 (RFC 5321 section 4.5.3.1.1).
_BOUNCES = re.compile(r"[!-?A-~]{1,36}@[!-?A-~]+")
YES, NO = ("true", "1", "yes"), ("false", "0", "no")


class UnsafeSettings(click.ClickException):
    """Settings that must not be used; the message names each setting and never its value.

    A command prints it as one line.
    """


@dataclass(frozen=True, slots=True)
class Retention:
    """Days after which the worker deletes what nobody needs any more; docs/operations.md says from when."""

    unconfirmed: int
    contacts: int
    network: int
    logins: int
    mails: int
    imports: int
    links: int


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a process. Lists are tuples; an empty string means "not set"."""

    app_env: str
    debug: bool
    secret_key: str
    token_key: str
    index_key: str
    contact_keys: tuple[str, ...]
    database_url: str
    redis_url: str
    public_url: str
    trusted_hosts: tuple[str, ...]
    trusted_proxies: int
    mail_server: str
    mail_port: int
    mail_use_tls: bool
    mail_use_ssl: bool
    mail_username: str
    mail_password: str
    mail_default_sender: str
    bounce_address: str
    dkim_selectors: tuple[str, ...]
    font_paths: tuple[Path, ...]
    country_names: Path | None
    retention: Retention

    @property
    def production(self) -> bool:
        return self.app_env == "production"

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https://")


def read(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment (or the mapping given). Raises UnsafeSettings naming what is wrong."""
    env = os.environ if environ is None else environ
    app_env = env.get("APP_ENV", "production")
    if app_env not in ("production", "development", "testing"):
        raise UnsafeSettings("APP_ENV must be production, development or testing")
    settings = _settings(env, app_env)
    faults = _faults(settings, env) if settings.production else []
    if faults:
        raise UnsafeSettings("; ".join(faults))
    return settings


def _settings(env: Mapping[str, str], app_env: str) -> Settings:
    secret = env.get("SECRET_KEY", "")
    if not secret and app_env != "production":
        secret = _kept_secret()
    derived = (
        {}
        if app_env == "production"
        else {n: _derived(secret, n) for n in ("TOKEN_KEY", "INDEX_KEY", "CONTACT_KEYS")}
    )
    public_url = env.get("PUBLIC_URL", "" if app_env == "production" else "http://127.0.0.1:5000").rstrip("/")
    return Settings(
        app_env=app_env,
        debug=_boolean(env, "FLASK_DEBUG"),
        secret_key=secret,
        token_key=env.get("TOKEN_KEY") or derived.get("TOKEN_KEY", ""),
        index_key=env.get("INDEX_KEY") or derived.get("INDEX_KEY", ""),
        contact_keys=_listed(env.get("CONTACT_KEYS") or derived.get("CONTACT_KEYS", "")),
        database_url=_database_url(env.get("DATABASE_URL", "")),
        redis_url=env.get("REDIS_URL", ""),
        public_url=public_url,
        trusted_hosts=_listed(
            env.get("TRUSTED_HOSTS", "" if app_env == "production" else "127.0.0.1,localhost")
        ),
        trusted_proxies=_whole(env, "TRUSTED_PROXIES", 0),
        mail_server=env.get("MAIL_SERVER", "127.0.0.1"),
        mail_port=_whole(env, "MAIL_PORT", 25),
        mail_use_tls=_boolean(env, "MAIL_USE_TLS"),
        mail_use_ssl=_boolean(env, "MAIL_USE_SSL"),
        mail_username=env.get("MAIL_USERNAME", ""),
        mail_password=env.get("MAIL_PASSWORD", ""),
        mail_default_sender=env.get(
            "MAIL_DEFAULT_SENDER", "" if app_env == "production" else "letters@example.org"
        ),
        bounce_address=env.get("BOUNCE_ADDRESS", ""),
        dkim_selectors=_listed(env.get("DKIM_SELECTORS", "")),
        font_paths=tuple(Path(p) for p in _listed(env.get("FONT_PATHS", ""), os.pathsep)),
        country_names=Path(env["COUNTRY_NAMES"]) if env.get("COUNTRY_NAMES") else None,
        retention=_retention(env),
    )


def _retention(env: Mapping[str, str]) -> Retention:
    days = {
        "unconfirmed": 14,
        "contacts": 30,
        "network": 14,
        "logins": 14,
        "mails": 30,
        "imports": 7,
        "links": 30,
    }
    return Retention(
        **{name: _whole(env, f"RETENTION_{name.upper()}_DAYS", usual) for name, usual in days.items()}
    )


def _faults(settings: Settings, env: Mapping[str, str]) -> list[str]:
    """What makes production refuse, one sentence each, in the order a person would mend them."""
    secrets = {
        "SECRET_KEY": settings.secret_key,
        "TOKEN_KEY": settings.token_key,
        "INDEX_KEY": settings.index_key,
    }
    named = [*secrets.items(), *(("CONTACT_KEYS", key) for key in settings.contact_keys or ("",))]
    faults = [f"{name} {fault}" for name, value in named if (fault := _weakness(value))]
    given = [value for _, value in named if value]
    if len(set(given)) < len(given):
        faults.append("SECRET_KEY, TOKEN_KEY, INDEX_KEY and CONTACT_KEYS must all differ")
    if settings.debug:
        faults.append("FLASK_DEBUG must be off")
    if not settings.https or not urlsplit(settings.public_url).hostname:
        faults.append("PUBLIC_URL must be an https address")
    if not settings.trusted_hosts or any(
        "*" in host or host.startswith(".") for host in settings.trusted_hosts
    ):
        faults.append("TRUSTED_HOSTS must list the host names served, without wildcards")
    if "@" not in settings.mail_default_sender:
        faults.append("MAIL_DEFAULT_SENDER must be a mail address")
    if settings.bounce_address and not _BOUNCES.fullmatch(settings.bounce_address):
        faults.append("BOUNCE_ADDRESS must be a mail address with at most 36 characters before the @")
    if settings.mail_use_tls and settings.mail_use_ssl:
        faults.append("MAIL_USE_TLS and MAIL_USE_SSL exclude each other")
    return faults


def _weakness(secret: str) -> str:
    if not secret:
        return "is missing"
    if len(secret) < SHORTEST_SECRET:
        return f"is shorter than {SHORTEST_SECRET} characters"
    if len(set(secret)) < 8 or any(secret.lower().startswith(known) for known in KNOWN_SECRETS):
        return "is a known or trivial value"
    return ""


def _boolean(env: Mapping[str, str], name: str) -> bool:
    value = env.get(name, "false").strip().lower() or "false"
    if value not in YES + NO:
        raise UnsafeSettings(f"{name} must be one of {', '.join(YES + NO)}")
    return value in YES


def _whole(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name, "").strip()
    if value and not value.isdecimal():
        raise UnsafeSettings(f"{name} must be a whole number")
    return int(value) if value else default


def _listed(value: str, separator: str = ",") -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(separator) if part.strip())


def _database_url(url: str) -> str:
    if not url:
        INSTANCE.mkdir(exist_ok=True)
        return f"sqlite:///{INSTANCE / 'undersigned.db'}"
    # Hosting platforms hand out postgres://, a scheme SQLAlchemy no longer knows.
    return "postgresql://" + url.removeprefix("postgres://") if url.startswith("postgres://") else url


def _derived(secret: str, name: str) -> str:
    """Development only: one secret is enough to begin; each purpose still gets its own key."""
    return hmac.new(secret.encode(), name.encode(), hashlib.sha256).hexdigest()


def _kept_secret() -> str:
    """Development only: a secret made at the first start, kept in instance/, readable by its owner alone."""
    path = INSTANCE / "development-secret"
    if not path.exists():
        INSTANCE.mkdir(exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(os.urandom(32).hex())
    return path.read_text().strip()
