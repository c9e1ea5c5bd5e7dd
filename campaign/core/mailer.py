"""Handing one mail to the relay and saying what is known of it afterwards.

Flask-Mail's connection, made phase-aware.

Flask-Mail 0.10 itself verifies no certificate, sets no timeout and raises the same error whether the line
dropped before or after the letter was accepted; for us that is the difference between trying again and
mailing somebody twice.
"""

import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import TracebackType
from typing import Self

import flask_mail
from flask import current_app

from campaign.core.addresses import written
from campaign.core.errors import InvalidInput
from campaign.core.payload import Payload

CONNECT_SECONDS, COMMAND_SECONDS, AFTER_DOT_SECONDS = 30, 60, 600  # RFC 5321 section 4.5.3.2
LOCAL_NAME = "[127.0.0.1]"  # an address literal: the host's own name stays private (RFC 5321 section 4.1.3)
LONGEST_WORDS = 300
OUR_OWN = (530, 534, 535, 538)  # it wants a password or TLS of us (RFC 4954): no fault of the mail
TAKEN = (250, 251)  # what MAIL and RCPT answer when they are content (RFC 5321 section 4.3.2)


class Outcome(StrEnum):
    """What is known after a try."""

    ACCEPTED = "accepted"  # the relay answered 250 after the dot
    REFUSED = "refused"  # a permanent no (5xx), or an address that cannot be written to
    DEFERRED = "deferred"  # a temporary no (4xx), or no relay to be reached: nothing left
    UNKNOWN = "unknown"  # the body was on its way and no answer came


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of a try and the relay's own words (at most 300 characters), or ours if it was silent.

    `server_lost`: the line broke, or never came about. `relay_away`: so badly that other mails had better
    wait: the relay was not reached, or the line broke under two mails in a row.
    """

    outcome: Outcome
    words: str
    server_lost: bool = False
    relay_away: bool = False


class _ServerLost(Exception):
    """The relay said that it leaves, or something that is no SMTP; `words` are its own."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words


_BROKEN = (OSError, smtplib.SMTPException, _ServerLost)


class Connection(flask_mail.Connection):
    """A connection to the relay for a batch: opened at the first mail, opened again when it was lost."""

    host: smtplib.SMTP | None = None
    _broke = False  # under the last mail

    def __enter__(self) -> Self:
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
        host: smtplib.SMTP
        if state.use_ssl:
            context = ssl.create_default_context()
            host = smtplib.SMTP_SSL(server, port, LOCAL_NAME, timeout=CONNECT_SECONDS, context=context)
        else:
            host = smtplib.SMTP(server, port, LOCAL_NAME, timeout=CONNECT_SECONDS)
        try:
            _set_timeout(host, COMMAND_SECONDS)
            if state.use_tls:
                host.starttls(context=ssl.create_default_context())
            if state.username and state.password:
                host.login(state.username, state.password)
            host.ehlo_or_helo_if_needed()
        except (OSError, smtplib.SMTPException):
            host.close()
            raise
        return host

    def send_bytes(
        self, sender: str, recipient: str, payload: Payload, before_data: Callable[[], bool]
    ) -> Answer:
        """Hand a mail to the relay for one envelope recipient.

        `before_data` is called once, when the relay has taken sender and recipient and the body is about to
        leave: whoever records outcomes commits "submitting" there and says False when the mail is no longer
        his to send. Never raises for anything the relay or the network does.
        """
        answer = self._hand_over(sender, recipient, payload, before_data)
        away = answer.server_lost and (self._broke or answer.relay_away)
        self._broke = answer.server_lost
        if answer.outcome is Outcome.ACCEPTED:
            app = current_app._get_current_object()  # type: ignore[attr-defined]
            flask_mail.email_dispatched.send(app, message=None)
        return replace(answer, relay_away=away)

    def _hand_over(
        self, sender: str, recipient: str, payload: Payload, before_data: Callable[[], bool]
    ) -> Answer:
        try:
            envelope = (written(sender), written(recipient))
        except InvalidInput as fault:
            return Answer(Outcome.REFUSED, str(fault))
        try:
            refusal = self._offer(envelope, payload)
        except _BROKEN as fault:
            return self._lost(Outcome.DEFERRED, "before the mail was sent", fault)
        if refusal is not None:
            self._reset()
            return refusal
        if not before_data():
            self._reset()
            return Answer(Outcome.DEFERRED, "another worker has taken this mail over")
        return self._data(payload)

    def _offer(self, envelope: Sequence[str], payload: Payload) -> Answer | None:
        """Sender and recipient over the line of the last mail, or over a new one if that broke.

        Many relays take a number of mails and then say 421, or close a line that was idle; nothing of this
        mail has left yet. None when it was taken, else the refusal. Raises one of _BROKEN.
        """
        if self.host is not None:
            try:
                return self._envelope(self.host, envelope, payload)
            except _BROKEN:
                self._forget()
        self.host = self.configure_host()
        return self._envelope(self.host, envelope, payload)

    def _envelope(self, host: smtplib.SMTP, envelope: Sequence[str], payload: Payload) -> Answer | None:
        """MAIL and RCPT, in one write if the relay likes that (RFC 2920).

        None when both were taken, else the refusal. Raises one of _BROKEN.
        """
        unfit = _unfit(host, envelope, payload)
        if unfit:
            return Answer(Outcome.REFUSED, unfit)
        sender, recipient = envelope
        utf8 = _needs_smtputf8(envelope, payload)
        size = f" SIZE={payload.size}" if host.has_extn("size") else ""
        mail_line = f"MAIL FROM:<{sender}>{size}{' BODY=8BITMIME SMTPUTF8' if utf8 else ''}\r\n"
        commands = [mail_line.encode(), f"RCPT TO:<{recipient}>\r\n".encode()]
        if host.has_extn("pipelining"):
            host.send(b"".join(commands))
            answers = self._answers(host, 2)
        else:
            answers = []
            for command in commands:
                host.send(command)
                answers += self._answers(host, 1)
                if answers[-1] is not None:
                    break
        return next((answer for answer in answers if answer is not None), None)

    def _answers(self, host: smtplib.SMTP, count: int) -> list[Answer | None]:
        """That many answers, each None or a refusal: whoever wrote two commands is answered twice.

        Once there is a refusal it stands, whatever becomes of the line.
        """
        answers: list[Answer | None] = []
        try:
            while len(answers) < count:
                code, reply = host.getreply()
                if code == 421 or not 200 <= code < 600:
                    raise _ServerLost(_words(code, reply))
                answers.append(None if code in TAKEN else _answered(code, reply))
        except _BROKEN:
            if not any(answers):
                raise
            self._forget()
        return answers

    def _data(self, payload: Payload) -> Answer:
        """DATA, the body and the dot.

        A drop before the server asked for the body left nothing; after it, we cannot know.
        """
        host = self.host
        if host is None:
            raise RuntimeError("the envelope comes first")
        try:
            code, reply = host.docmd("DATA")
            if code == 421:
                raise _ServerLost(_words(code, reply))
        except _BROKEN as fault:
            return self._lost(Outcome.DEFERRED, "at DATA", fault)
        if code != 354:
            self._leave()
            return _answered(code, reply)
        try:
            _set_timeout(host, AFTER_DOT_SECONDS)
            host.send(payload.wire)
            code, reply = host.getreply()
            _set_timeout(host, COMMAND_SECONDS)
            if not 200 <= code < 600 or 300 <= code < 400:
                raise _ServerLost(_words(code, reply))
        except _BROKEN as fault:
            return self._lost(Outcome.UNKNOWN, "after the mail began to leave", fault)
        if code == 421:
            self._forget()
            return replace(_answered(code, reply), server_lost=True)
        return Answer(Outcome.ACCEPTED, _words(code, reply)) if code < 300 else _answered(code, reply)

    def _lost(self, outcome: Outcome, when: str, fault: Exception) -> Answer:
        reached = self.host is not None
        self._forget()
        return Answer(outcome, _fault_words(when, fault), server_lost=True, relay_away=not reached)

    def _reset(self) -> None:
        """Take the envelope back; the answer to this mail stands, whatever becomes of the line."""
        try:
            if self.host is not None:
                self.host.rset()
        except _BROKEN:
            self._forget()

    def _forget(self) -> None:
        """Drop a connection nothing more is expected of."""
        if self.host is not None:
            self.host.close()
        self.host = None

    def _leave(self) -> None:
        """Say goodbye; what goes wrong after the last 250 changes nothing."""
        try:
            if self.host is not None:
                _set_timeout(self.host, CONNECT_SECONDS)
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


def _needs_smtputf8(envelope: Sequence[str], payload: Payload) -> bool:
    """Whether an address, in the envelope or in a header, is more than ASCII (RFC 6531)."""
    return not (payload.ascii and all(address.isascii() for address in envelope))


def _unfit(host: smtplib.SMTP, envelope: Sequence[str], payload: Payload) -> str:
    """Why this relay cannot take this mail, in a sentence; empty when it can."""
    if _needs_smtputf8(envelope, payload) and not (host.has_extn("smtputf8") and host.has_extn("8bitmime")):
        return "the address needs SMTPUTF8, which the relay does not offer"
    most = host.esmtp_features.get("size", "").split(" ")[0]  # RFC 1870: 0 or nothing sets no limit
    if most.isascii() and most.isdecimal() and 0 < int(most) < payload.size:
        return f"the mail has {payload.size} octets, and the relay takes at most {int(most)}"
    return ""


def _answered(code: int, reply: bytes) -> Answer:
    # Only 5xx is a permanent no; an answer that is none (RFC 5321 section 4.2) must not end a letter.
    permanent = 500 <= code < 600 and code not in OUR_OWN
    outcome = Outcome.REFUSED if permanent else Outcome.DEFERRED
    return Answer(outcome, _words(code, reply))


def _words(code: int, reply: bytes | str) -> str:
    """The relay's answer on one line, without anything that cannot be printed."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    printable = "".join(c if c.isprintable() else " " for c in f"{code} {text}")
    return " ".join(printable.split())[:LONGEST_WORDS]


def _fault_words(when: str, fault: Exception) -> str:
    """What broke; in the relay's own words if it had any, as when it does not take our password."""
    if isinstance(fault, _ServerLost):
        return fault.words
    if isinstance(fault, smtplib.SMTPResponseException):
        return _words(fault.smtp_code, fault.smtp_error)
    told = isinstance(fault, OSError) and not isinstance(fault, smtplib.SMTPException) and fault.strerror
    return f"no answer {when} ({told or type(fault).__name__})"[:LONGEST_WORDS]


def _set_timeout(host: smtplib.SMTP, seconds: float) -> None:
    if host.sock is not None:
        host.sock.settimeout(seconds)
