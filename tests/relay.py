"""A scripted mail relay over real sockets: it can fail at every point at which a relay can."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.servers import HOST

DROP, SILENCE, LATE = "drop", "silence", "late"
PIPELINING = "250-relay.example.org\r\n250 PIPELINING"


@dataclass(frozen=True)
class Script:
    """What the relay says at each point: a line, or that it drops the connection, falls silent or is late."""

    banner: str = "220 relay.example.org"
    ehlo: str = "250 relay.example.org"
    helo: str = "502 EHLO, please"
    auth: str = "535 5.7.8 Not with this password"
    mail: str = "250 OK"
    rcpt: str = "250 OK"
    data: str = "354 Go on"
    body: str = ""  # before the dot was read
    dot: str = "250 2.0.0 Kept"
    rset: str = "250 OK"
    quit: str = "221 Bye"


PLAIN = Script()


@dataclass
class Relay:
    """A scripted relay.

    `heard` are the commands, `bodies` what came before the dot, with the dots undone, and `kept` those of
    them that were answered 250. With `once` it plays its script until it said something unusual, and then
    goes on as other relays do. With `together` it answers MAIL only when it has RCPT too. A `late` answer
    comes when `go_on` is set.
    """

    script: Script
    listener: socket.socket
    once: bool = False
    together: bool = False
    heard: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    kept: list[bytes] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    talks: list[threading.Thread] = field(default_factory=list)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.listener.getsockname()[1])

    def serve(self) -> None:
        """Take connections until the end, each on its own."""
        while not self.stop.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            talk = threading.Thread(target=self.greet, args=(connection,))
            talk.start()
            self.talks.append(talk)

    def greet(self, connection: socket.socket) -> None:
        """One connection from banner to end; a client that hangs up ends it too."""
        with connection, connection.makefile("rb") as lines:
            try:
                if self.say(connection, "banner"):
                    self.talk(connection, iter(lines.readline, b""))
            except OSError:
                return

    def talk(self, connection: socket.socket, lines: Iterator[bytes]) -> None:
        """Play the script until it says drop."""
        for line in lines:
            verb = self.hear(line)
            if verb == "mail":
                held = next(lines, b"") if self.together else b""
                if not self.say(connection, "mail") or not self.answer_rcpt(connection, held):
                    return
            elif verb == "data":
                if not self.take(connection, lines):
                    return
            elif not self.say(connection, verb):
                return

    def hear(self, line: bytes) -> str:
        """Note a command; its verb."""
        self.lines.append(line.decode().strip())
        verb = line.split()[0].lower().decode().removesuffix(":")
        self.heard.append(verb)
        return verb

    def answer_rcpt(self, connection: socket.socket, line: bytes) -> bool:
        """Answer a RCPT that was read together with its MAIL."""
        return not line or self.say(connection, self.hear(line))

    def take(self, connection: socket.socket, lines: Iterator[bytes]) -> bool:
        """DATA, the body and the dot."""
        asked = self.script.data.startswith("354")
        if not self.say(connection, "data"):
            return False
        if not asked:
            return True
        if self.script.body:
            return self.say(connection, "body")
        body = []
        for line in lines:
            if line == b".\r\n":
                self.bodies.append(b"".join(body))
                return self.say(connection, "dot")
            body.append(line[1:] if line.startswith(b".") else line)
        return False

    def say(self, connection: socket.socket, point: str) -> bool:
        """Answer. False when the line is left: told to, or after a 421 (RFC 5321 section 3.8)."""
        line: str = getattr(self.script, point)
        if self.once and point != "ehlo" and line != getattr(PLAIN, point):
            self.script = Script(ehlo=self.script.ehlo)
        if line == LATE:
            self.go_on.wait()
            line = getattr(PLAIN, point)
        if line == SILENCE:
            self.stop.wait(60)  # longer than the client waits; the end of the test ends it
            return False
        if line == DROP:
            return False
        if point == "dot" and line.startswith("250"):
            self.kept.append(self.bodies[-1])
        connection.sendall(line.encode("latin-1") + b"\r\n")
        return not line.startswith("421")


@contextmanager
def playing(
    once: bool = False, together: bool = False, port: int = 0, script: Script = PLAIN
) -> Iterator[Relay]:
    """A relay at that port, or at a free one."""
    relay = Relay(script, socket.create_server((HOST, port)), once, together)
    serving = threading.Thread(target=relay.serve)
    serving.start()
    try:
        yield relay
    finally:
        relay.stop.set()
        relay.go_on.set()
        relay.listener.shutdown(socket.SHUT_RDWR)
        relay.listener.close()
        for thread in (serving, *relay.talks):
            thread.join(5)
            assert not thread.is_alive()
