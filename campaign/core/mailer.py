"""Handing one mail to the relay and saying what is known of it afterwards.

Flask-Mail's connection, made phase-aware.

Flask-Mail 0.10 itself verifies no certificate, sets no timeout and raises the same error whether the line
dropped before or after the letter was accepted; for us that is the difference between trying again and
mailing somebody twice.
"""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Self

import flask_mail
from flask import current_app

CONNECT_SECONDS, COMMAND_SECONDS, AFTER_DOT_SECONDS = 30, 60, 600  # RFC 5321 section 4.5.3.2
LOCAL_NAME = "[127.0.0.1]"  # an address literal: the host's own name stays private (RFC 5321 section 4.1.3)


class Outcome(StrEnum):
    """What is known after a try."""

    ACCEPTED = "accepted"  # the relay answered 250 after the dot
    REFUSED = "refused"  # a permanent no (5xx), or an address that cannot be written to
    DEFERRED = "deferred"  # a temporary no (4xx), or no relay to be reached: nothing left
    UNKNOWN = "unknown"  # the body was on its way and no answer came


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of a try and the relay's own words (at most 300 characters), or ours if it was silent."""

    outcome: Outcome
    words: str
    server_lost: bool = False


class _ServerLost(Exception):
    """The connection broke; the words say at which point."""


def _answered(code: int, reply: bytes) -> Answer:
    # Only 5xx is a permanent no; an answer that is none (RFC 5321 section 4.2) must not end a letter.
    outcome = Outcome.REFUSED if 500 <= code < 600 else Outcome.DEFERRED
    return Answer(outcome, _words(code, reply))


def _words(code: int, reply: bytes) -> str:
    text = reply.decode("utf-8", "replace").replace("\n", " ").replace("\r", " ").replace("\t", " ")
    return f"{code} {text}"[:300]


class Connection(flask_mail.Connection):
    """A connection to the relay for a batch: opened at the first mail, opened again when it was lost."""

    host: smtplib.SMTP | None

    def __enter__(self) -> Self:
        self.host = None
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._leave()

    def configure_host(self) -> smtplib.SMTP:
        """A greeted and, where set, encrypted and authenticated session.

        Raises OSError or smtplib.SMTPException.
        """
        state = self.mail
        server, port = state.server, state.port or 0
        context = ssl.create_default_context()
        host: smtplib.SMTP
        if state.use_ssl:
            host = smtplib.SMTP_SSL(server, port, LOCAL_NAME, timeout=CONNECT_SECONDS, context=context)
        else:
            host = smtplib.SMTP(server, port, LOCAL_NAME, timeout=CONNECT_SECONDS)
        try:
            self._set_timeout(host, COMMAND_SECONDS)
            if state.use_tls:
                host.starttls(context=context)
            if state.username and state.password:
                host.login(state.username, state.password)
            host.ehlo_or_helo_if_needed()
        except (OSError, smtplib.SMTPException):
            host.close()
            raise
        return host

    def send_bytes(self, sender: str, recipient: str, body: bytes, before_data: Callable[[], bool]) -> Answer:
        """Hand `body` (a whole RFC 5322 message with CRLF line ends) to the relay for one envelope recipient.

        `before_data` is called once, when the relay has taken sender and recipient and the body is about to
        leave: whoever records outcomes commits "submitting" there and says False when the mail is no longer
        his to send. Never raises for anything the relay or the network does.
        """
        if not (sender.isascii() and recipient.isascii()):
            return Answer(Outcome.REFUSED, "address needs SMTPUTF8, which is not used here")
        try:
            refusal = self._envelope(sender, recipient)
        except (OSError, smtplib.SMTPException, _ServerLost) as fault:
            self._forget()
            return Answer(Outcome.DEFERRED, _fault_words("before the mail was sent", fault), server_lost=True)
        if refusal is not None:
            return refusal
        if not before_data():
            self._leave()
            return Answer(Outcome.DEFERRED, "another worker has taken this mail over")
        answer = self._body(body)
        if answer.outcome is Outcome.ACCEPTED:
            app = current_app._get_current_object()  # type: ignore[attr-defined]
            flask_mail.email_dispatched.send(app, message=None)
        return answer

    def _envelope(self, sender: str, recipient: str) -> Answer | None:
        """MAIL and RCPT; None when both were taken, else the refusal."""
        host = self.host = self.host or self.configure_host()
        for command, address in ((host.mail, sender), (host.rcpt, recipient)):
            code, reply = command(address)
            if code == 421 or code < 0:
                raise _ServerLost(_words(code, reply))
            if code not in (250, 251):
                self._reset(host)
                return _answered(code, reply)
        return None

    def _body(self, body: bytes) -> Answer:
        """DATA, the body and the dot.

        A drop before the server asked for the body left nothing; after it, we cannot know.
        """
        host = self.host
        if host is None:
            raise RuntimeError("the envelope comes first")
        try:
            code, reply = host.docmd("data")
        except (OSError, smtplib.SMTPException) as fault:
            self._forget()
            return Answer(Outcome.DEFERRED, _fault_words("at DATA", fault), server_lost=True)
        if code != 354:
            self._leave()
            return _answered(code, reply)
        try:
            self._set_timeout(host, AFTER_DOT_SECONDS)
            host.send(_stuffed(body))
            code, reply = host.getreply()
            self._set_timeout(host, COMMAND_SECONDS)
        except (OSError, smtplib.SMTPException) as fault:
            self._forget()
            return Answer(
                Outcome.UNKNOWN, _fault_words("after the mail began to leave", fault), server_lost=True
            )
        if code == 250:
            return Answer(Outcome.ACCEPTED, _words(code, reply))
        if not 400 <= code < 600:
            self._forget()
            return Answer(Outcome.UNKNOWN, _words(code, reply), server_lost=True)
        return _answered(code, reply)

    def _reset(self, host: smtplib.SMTP) -> None:
        """Ready for the next mail; the answer to this one stands, whatever becomes of the line."""
        try:
            host.rset()
        except (OSError, smtplib.SMTPException):
            self._forget()

    @staticmethod
    def _set_timeout(host: smtplib.SMTP, seconds: int) -> None:
        if host.sock is not None:
            host.sock.settimeout(seconds)

    def _forget(self) -> None:
        """Drop a connection nothing more is expected of."""
        if self.host is not None:
            self.host.close()
        self.host = None

    def _leave(self) -> None:
        """Say goodbye; what goes wrong after the last 250 changes nothing."""
        try:
            if self.host is not None:
                self.host.quit()
        except (OSError, smtplib.SMTPException):
            self._forget()
        self.host = None


class Mail(flask_mail.Mail):
    """Flask-Mail whose connections are ours."""

    def connect(self) -> Connection:
        """A connection for one batch; use it in a `with`."""
        return Connection(current_app.extensions["mail"])


mail = Mail()


def _stuffed(body: bytes) -> bytes:
    """The body as DATA wants it: dots doubled at line starts, the end mark added (RFC 5321 section 4.5.2)."""
    stuffed = body.replace(b"\r\n.", b"\r\n..")
    stuffed = b"." + stuffed if stuffed.startswith(b".") else stuffed
    return stuffed + (b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n")


def _fault_words(when: str, fault: Exception) -> str:
    detail = (
        fault.strerror if isinstance(fault, OSError) and fault.strerror else type(fault).__name__.lstrip("_")
    )
    return f"no answer {when} ({detail})"[:300]
