"""The app is put together here; this is the only module that knows everybody, and it holds no logic."""

from flask import Flask
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from whitenoise import WhiteNoise

import config
from campaign import api, cli, desk, public
from campaign.accounts import models as accounts_models
from campaign.audit import models as audit_models
from campaign.core import countries, country_overrides, logs, mailer, resolver, secrets
from campaign.core import db as database
from campaign.core.db import db
from campaign.core.errors import InvalidInput
from campaign.dispatch import models as dispatch_models
from campaign.editions import models as editions_models
from campaign.jobs import models as jobs_models
from campaign.jobs.bell import Bell
from campaign.jobs.rules import Period
from campaign.jobs.worklists import Worklists
from campaign.letters import models as letters_models
from campaign.organisations import models as organisations_models
from campaign.outbox import models as outbox_models
from campaign.signing import models as signing_models
from campaign.tally import models as tally_models
from campaign.web import accounts, errors, headers, health, language, numbers, sessions

MODELS = (
    jobs_models,
    audit_models,
    outbox_models,
    accounts_models,
    organisations_models,
    letters_models,
    tally_models,
    signing_models,
    editions_models,
    dispatch_models,
)
SWEEPS = (
    "campaign.tally.tasks.fold",
    "campaign.signing.tasks.keep_asking",
    "campaign.dispatch.tasks.leave_on_time",
    "campaign.outbox.tasks.deliver",
    "campaign.dispatch.tasks.follow_up",
    "campaign.signing.tasks.invalidate",
    "campaign.audit.tasks.chain",
)
PERIODIC = {
    "campaign.accounts.tasks.forget": Period.HOUR,
    "campaign.signing.tasks.watch": Period.TEN_MINUTES,
    "campaign.organisations.tasks.fill_in_names": Period.HOUR,
    "campaign.signing.tasks.follow_up": Period.HOUR,
    "campaign.signing.tasks.keep_asking_late": Period.HOUR,
    "campaign.signing.tasks.reconcile": Period.DAY,
    "campaign.care.tasks.tidy": Period.DAY,
    "campaign.jobs.tasks.tidy": Period.DAY,
}
FAREWELLS = ("campaign.outbox.tasks.see_off",)
csrf = CSRFProtect()
migrate = Migrate(directory=str(config.ROOT / "migrations"))


def create_app(settings: config.Settings | None = None) -> Flask:
    """The app with these settings, or with those of the environment. Raises config.UnsafeSettings."""
    settings = settings or config.read()
    app = Flask(__name__, template_folder=str(config.ROOT / "templates"), instance_path=str(config.INSTANCE))
    app.config |= _flask_settings(settings)
    logs.init_app(app)
    app.extensions["keyring"] = secrets.make_keyring(
        settings.contact_keys, settings.index_key, settings.token_key
    )
    app.extensions["bell"] = Bell(settings.redis_url)
    app.extensions["worklists"] = Worklists(SWEEPS, PERIODIC, FAREWELLS)
    countries.use(_country_names(settings))
    db.init_app(app)
    with app.app_context():
        database.prepare(db.engine)
    migrate.init_app(app, db, render_as_batch=True, compare_type=True)
    mailer.mail.init_app(app)
    resolver.init_app(app)
    csrf.init_app(app)
    for kit in (numbers, headers, language, errors, accounts, health):
        kit.init_app(app)
    for door in (public, desk, api, cli):
        door.init_app(app)
    cookieless = (*public.COOKIELESS, *api.COOKIELESS)
    sessions.init_app(app, cookieless)
    for blueprint in cookieless:
        csrf.exempt(blueprint)
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(config.ROOT / "campaign" / "static"),
        prefix="static/",
        immutable_file_test=r"\.woff2$",  # a face that changes gets another name
        allow_all_origins=False,
        add_headers_function=lambda found, _path, _url: headers.of_file(found, https=settings.https),
    )
    return app


def _country_names(settings: config.Settings) -> country_overrides.Overrides:
    """The operator's own names of countries, when there are any."""
    if settings.country_names is None:
        return country_overrides.Overrides()
    try:
        return country_overrides.read(settings.country_names)
    except InvalidInput as fault:
        raise config.UnsafeSettings(f"COUNTRY_NAMES: {fault}") from fault


def _flask_settings(settings: config.Settings) -> dict[str, object]:
    """Our settings under the names that Flask and its extensions look for."""
    return {
        "SETTINGS": settings,
        "SECRET_KEY": settings.secret_key,
        "TESTING": settings.app_env == "testing",
        "DEBUG": settings.debug,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {"hide_parameters": True, "pool_pre_ping": True},
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,
        "MAIL_SERVER": settings.mail_server,
        "MAIL_PORT": settings.mail_port,
        "MAIL_USE_TLS": settings.mail_use_tls,
        "MAIL_USE_SSL": settings.mail_use_ssl,
        "MAIL_USERNAME": settings.mail_username or None,
        "MAIL_PASSWORD": settings.mail_password or None,
        "MAIL_DEFAULT_SENDER": settings.mail_default_sender,
        "SERVER_NAME": None,
    }
