"""Encrypted, as in production: forms over https, their cookies, and mail to a relay that proves who it is."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask

from campaign.core.mailer import Answer, Outcome, mail
from campaign.core.payload import Payload
from tests.journeys.browser import Browser, read_through
from tests.journeys.letter import COORDINATOR, ENTERED, IMPORTED, OPENED, SIGN_ON, SLUG
from tests.journeys.stage import PASSWORD, Stage, staged
from tests.servers import HOST, Sink, SqliteServer, free_port


@pytest.fixture(scope="session")
def stage(
    sqlite: SqliteServer, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """A stage with the letter, in production's settings, whose web server is at work."""
    with staged(sqlite, tmp_path_factory.mktemp("tls"), environment) as stage:
        https = stage.base.replace("http://", "https://")
        stage.environment |= {"APP_ENV": "production", "PUBLIC_URL": https}
        stage.prepare(ENTERED, IMPORTED, OPENED)
        certificate, key = self_signed(stage.folder)
        stage.serve("--certfile", str(certificate), "--keyfile", str(key), trust=certificate.read_text())
        yield stage


@pytest.fixture
def visitor(stage: Stage) -> Browser:
    """A browser that trusts the server's own certificate and no other, and has not been there yet."""
    return Browser(stage.base, (stage.folder / "certificate.pem").read_text())


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine, and its key: two PEM files."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "undersigned in a test")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), False)
    signed = builder.add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256())
    files = (folder / "certificate.pem", folder / "key.pem")
    files[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return files


def test_the_form_over_https(stage: Stage, visitor: Browser) -> None:
    form = read_through(visitor.get(f"/letters/{SLUG}/sign"))
    fields = {**form.form("organisation").fields, **SIGN_ON}
    path = f"/letters/{SLUG}/sign"
    assert visitor.post(path, fields).status == 303, "with Referer and Origin"
    assert visitor.post(path, fields, Referer="", Origin="").status == 303, "without Referer and Origin"
    assert visitor.post(path, fields, Referer="").status == 303, "without Referer"
    for origin in ("https://elsewhere.example.org", stage.base.replace("https", "http"), "null"):
        foreign = visitor.post(path, fields, Origin=origin, Referer="")
        assert foreign.status == 422, origin
        kept = foreign.form("organisation").fields
        assert {name: kept.get(name) for name in ("organisation", "country", "email", "role")} == {
            name: SIGN_ON[name] for name in ("organisation", "country", "email", "role")
        }
    stage.burst()
    assert len(stage.post.to(SIGN_ON["email"])) == 1, "one form, one sign-on, however often it is sent"


def test_public_pages_set_no_cookie_and_ask_for_https(visitor: Browser) -> None:
    for path in ("/", f"/letters/{SLUG}", f"/fr/letters/{SLUG}", f"/letters/{SLUG}/sign", "/verify"):
        page = visitor.get(path)
        assert page.status == 200, path
        assert page.headers.get_all("Set-Cookie") is None, path
        assert page.headers["Strict-Transport-Security"].startswith("max-age=")
    assert not list(visitor.cookies)


def test_the_desks_cookies_are_secure(visitor: Browser) -> None:
    door = visitor.get("/desk/sign-in")
    fields = {**door.form("password").fields, "email": COORDINATOR, "password": PASSWORD}
    entered = visitor.post("/desk/sign-in", fields, Referer="")
    assert entered.status == 303, entered.words
    set_by = [*(door.headers.get_all("Set-Cookie") or []), *(entered.headers.get_all("Set-Cookie") or [])]
    assert set_by
    for cookie in set_by:
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
    assert all(cookie.secure for cookie in visitor.cookies)
    assert visitor.get("/desk/").status == 200
    pause = f"/desk/letters/{SLUG}/pause"
    assert visitor.post(pause, {}).status in (400, 403, 422), "without a seal nothing is done"
    assert "Signing is paused" not in visitor.get(f"/letters/{SLUG}/sign").words


def test_the_certificate_is_checked_by_these_tests(visitor: Browser) -> None:
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED") as refused:
        Browser(visitor.base).get("/healthz")
    assert isinstance(refused.value.reason, ssl.SSLCertVerificationError)  # type: ignore[attr-defined]


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A relay's certificate, signed by nobody else, and its key."""
    return self_signed(tmp_path)


@pytest.fixture(params=["STARTTLS", "implicit"])
def relay(
    request: pytest.FixtureRequest, app_sqlite: Flask, certificate: tuple[Path, Path]
) -> Iterator[Sink]:
    """The app's relay, which takes mail over an encrypted line only."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    implicit = request.param == "implicit"
    sink, state = Sink(port=free_port()), app_sqlite.extensions["mail"]
    options = {"ssl_context": context} if implicit else {"tls_context": context, "require_starttls": True}
    controller = Controller(sink, hostname=HOST, port=sink.port, **options)
    controller.start()
    state.server, state.port, state.use_ssl, state.use_tls = HOST, sink.port, implicit, not implicit
    try:
        yield sink
    finally:
        controller.stop()


def hand_over() -> Answer:
    """One mail to the app's relay."""
    with mail.connect() as connection:
        payload = Payload.of(b"Subject: One\r\n\r\nA line.\r\n")
        return connection.send_bytes("letters@example.org", "ada@example.org", payload, lambda: True)


def test_mail_goes_to_a_relay_that_proves_who_it_is(
    relay: Sink, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    assert hand_over().outcome is Outcome.ACCEPTED
    assert len(relay.mails) == 1


def test_mail_waits_when_a_relay_cannot_prove_who_it_is(relay: Sink) -> None:
    answer = hand_over()
    assert (answer.outcome, answer.relay_away) == (Outcome.DEFERRED, True)
    assert "CERTIFICATE_VERIFY_FAILED" in answer.words
    assert not relay.mails
