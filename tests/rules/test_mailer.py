"""What is known after a try, for every point at which a relay or the network can fail, over real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import flask_mail
import pytest
from flask import Flask

from campaign.core import mailer
from campaign.core.mailer import Answer, Outcome, mail
from tests.servers import HOST, Sink

pytestmark = pytest.mark.usefixtures("app_sqlite")
SENDER, RECIPIENT = "letters@example.org", "minister@example.org"
BODY = b"Subject: One\r\n\r\nA line.\r\n.a dot at the start\r\n..\r\nthe end\r\n"
DROP, SILENCE = "drop", "silence"
ACCEPTED, REFUSED, DEFERRED, UNKNOWN = Outcome


@dataclass
class Script:
    """What the relay says at each point: a line, or that it drops the connection or falls silent."""

    banner: str = "220 relay.example.org"
    ehlo: str = "250 relay.example.org"
    mail: str = "250 OK"
    rcpt: str = "250 OK"
    data: str = "354 Go on"
    body: str = ""  # before the dot was read
    dot: str = "250 2.0.0 Kept"
    rset: str = "250 OK"
    quit: str = "221 Bye"


@dataclass
class Relay:
    """A scripted relay; `heard` are the commands, `bodies` what came before the dot, with the dots undone."""

    script: Script
    port: int
    listener: socket.socket
    heard: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def serve(self) -> None:
        """Take one connection after the other."""
        while not self.stop.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as lines:
                self.talk(connection, iter(lines.readline, b""))

    def talk(self, connection: socket.socket, lines: Iterator[bytes]) -> None:
        """Play the script until it says drop."""
        if not self.say(connection, self.script.banner):
            return
        for line in lines:
            verb = line.split()[0].lower().decode().removesuffix(":")
            self.heard.append(verb)
            if not self.say(connection, getattr(self.script, verb)):
                return
            if verb == "data" and self.script.data.startswith("354"):
                if self.script.body or not self.take_body(lines):
                    self.say(connection, self.script.body)
                    return
                if not self.say(connection, self.script.dot):
                    return

    def take_body(self, lines: Iterator[bytes]) -> bool:
        """Read up to the dot."""
        body = []
        for line in lines:
            if line == b".\r\n":
                self.bodies.append(b"".join(body))
                return True
            body.append(line[1:] if line.startswith(b".") else line)
        return False

    def say(self, connection: socket.socket, line: str) -> bool:
        """Answer. False when the script says to leave the line."""
        if line == SILENCE:
            self.stop.wait(5)  # longer than the client waits; the fixture ends it
            return False
        if line == DROP:
            return False
        connection.sendall(line.encode() + b"\r\n")
        return True


@pytest.fixture
def relay(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Relay]]:
    """`relay(rcpt="550 No")`: the app's relay from now on; the client is out of patience after 0.2 s."""
    for name in ("CONNECT_SECONDS", "COMMAND_SECONDS", "AFTER_DOT_SECONDS"):
        monkeypatch.setattr(mailer, name, 0.2)
    made: list[tuple[Relay, threading.Thread]] = []

    def start(**script: str) -> Relay:
        listener = socket.create_server((HOST, 0))
        relay = Relay(Script(**script), listener.getsockname()[1], listener)
        serving = threading.Thread(target=relay.serve)
        serving.start()
        made.append((relay, serving))
        app.extensions["mail"].port = relay.port
        return relay

    yield start
    for relay, serving in made:
        relay.stop.set()
        relay.listener.shutdown(socket.SHUT_RDWR)
        relay.listener.close()
        serving.join(5)
        assert not serving.is_alive()


def send(before: Callable[[], bool] | None = None, recipient: str = RECIPIENT) -> tuple[Answer, int]:
    """One mail, over a connection of its own; the answer, and how often `before_data` was asked."""
    asked = []

    def before_data() -> bool:
        asked.append(True)
        return before() if before else True

    with mail.connect() as connection:
        answer = connection.send_bytes(SENDER, recipient, BODY, before_data)
    return answer, len(asked)


# Where it goes wrong, what is known then, whether the body had begun to leave, whether the line is lost.
FAULTS: list[tuple[dict[str, str], Outcome, bool, bool]] = [
    ({"banner": "554 No service"}, DEFERRED, False, True),
    ({"banner": "no SMTP at all"}, DEFERRED, False, True),
    ({"banner": DROP}, DEFERRED, False, True),
    ({"banner": SILENCE}, DEFERRED, False, True),
    ({"mail": "451 Later"}, DEFERRED, False, False),
    ({"mail": "550 Not you"}, REFUSED, False, False),
    ({"mail": "421 Closing"}, DEFERRED, False, True),
    ({"mail": DROP}, DEFERRED, False, True),
    ({"rcpt": "450 Greylisted"}, DEFERRED, False, False),
    ({"rcpt": "550 No such user"}, REFUSED, False, False),
    ({"rcpt": "550 No such user", "rset": DROP}, REFUSED, False, False),
    ({"rcpt": SILENCE}, DEFERRED, False, True),
    ({"data": "451 Later"}, DEFERRED, True, False),
    ({"data": "554 No"}, REFUSED, True, False),
    ({"data": "what?"}, DEFERRED, True, False),
    ({"data": DROP}, DEFERRED, True, True),
    ({"body": DROP}, UNKNOWN, True, True),
    ({"dot": "452 Full"}, DEFERRED, True, False),
    ({"dot": "554 Spam"}, REFUSED, True, False),
    ({"dot": "what?"}, UNKNOWN, True, True),
    ({"dot": DROP}, UNKNOWN, True, True),
    ({"dot": SILENCE}, UNKNOWN, True, True),
    ({"quit": DROP}, ACCEPTED, True, False),
    ({"quit": "500 What?"}, ACCEPTED, True, False),
    ({"rcpt": "251 Will forward"}, ACCEPTED, True, False),
    ({}, ACCEPTED, True, False),
]


@pytest.mark.parametrize(("script", "outcome", "leaving", "lost"), FAULTS)
def test_every_point_of_failure(
    relay: Callable[..., Relay], script: dict[str, str], outcome: Outcome, leaving: bool, lost: bool
) -> None:
    relay(**script)
    answer, asked = send()
    assert (answer.outcome, asked, answer.server_lost) == (outcome, int(leaving), lost)
    assert answer.words
    assert "\n" not in answer.words


def test_nobody_listens(dead_port: int) -> None:
    answer, asked = send()
    assert (answer.outcome, asked, answer.server_lost) == (DEFERRED, 0, True)


@pytest.mark.parametrize("address", ["jürgen@example.org", "x@exämple.org"])
def test_an_address_that_needs_smtputf8_is_refused_without_a_connection(address: str) -> None:
    answer, asked = send(recipient=address)
    assert (answer.outcome, asked, answer.server_lost) == (REFUSED, 0, False)


def test_the_relays_words_are_kept(relay: Callable[..., Relay]) -> None:
    relay(rcpt="550-5.1.1 No such\r\n550 user" + "x" * 400)
    answer, _ = send()
    assert answer.words.startswith("550 5.1.1 No such user")
    assert len(answer.words) == 300


def test_nothing_leaves_once_another_worker_has_the_mail(relay: Callable[..., Relay]) -> None:
    heard = relay()
    answer, asked = send(before=lambda: False)
    assert (answer.outcome, asked) == (DEFERRED, 1)
    assert "data" not in heard.heard
    assert heard.bodies == []


def test_the_body_arrives_as_it_left(relay: Callable[..., Relay]) -> None:
    scripted = relay()
    assert send()[0].outcome is ACCEPTED
    assert scripted.bodies == [BODY]


def test_a_real_server_takes_it_and_flask_mail_is_told(app: Flask, sink: Sink) -> None:
    told: list[object] = []

    def listen(sender: object, **rest: object) -> None:
        told.append(sender)

    with flask_mail.email_dispatched.connected_to(listen):
        answer, _ = send()
    assert answer.words == "250 2.0.0 kept as 1"
    assert (sink.mails[0].mail_from, sink.mails[0].rcpt_tos) == (SENDER, [RECIPIENT])
    assert sink.mails[0].content == BODY
    assert told == [app]


def test_a_batch_shares_one_connection_and_goes_on_after_a_refusal(relay: Callable[..., Relay]) -> None:
    scripted = relay()
    with mail.connect() as connection:
        first = connection.send_bytes(SENDER, RECIPIENT, BODY, lambda: True)
        scripted.script.rcpt = "550 No"
        second = connection.send_bytes(SENDER, RECIPIENT, BODY, lambda: True)
        scripted.script.rcpt = "250 OK"
        third = connection.send_bytes(SENDER, RECIPIENT, BODY, lambda: True)
    assert [first.outcome, second.outcome, third.outcome] == [ACCEPTED, REFUSED, ACCEPTED]
    assert scripted.heard.count("ehlo") == 1
    assert scripted.heard.count("quit") == 1


def test_a_lost_connection_is_opened_again(relay: Callable[..., Relay]) -> None:
    scripted = relay(dot=DROP)
    with mail.connect() as connection:
        assert connection.send_bytes(SENDER, RECIPIENT, BODY, lambda: True).outcome is UNKNOWN
        scripted.script.dot = "250 OK"
        assert connection.send_bytes(SENDER, RECIPIENT, BODY, lambda: True).outcome is ACCEPTED
    assert scripted.heard.count("ehlo") == 2


def test_encryption_that_was_asked_for_is_never_left_out(app: Flask, relay: Callable[..., Relay]) -> None:
    app.extensions["mail"].use_tls = True
    scripted = relay()
    answer, asked = send()
    assert (answer.outcome, asked) == (DEFERRED, 0)
    assert "mail" not in scripted.heard


def test_credentials_the_relay_does_not_take(app: Flask, relay: Callable[..., Relay]) -> None:
    app.extensions["mail"].username, app.extensions["mail"].password = "user", "not the password"
    relay()
    answer, asked = send()
    assert (answer.outcome, asked, answer.server_lost) == (DEFERRED, 0, True)


def test_the_body_needs_an_envelope(app: Flask) -> None:
    with mail.connect() as connection, pytest.raises(RuntimeError):
        connection._body(BODY)
