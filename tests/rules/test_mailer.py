"""What is known after a try, for every point at which a relay or the network can fail, over real sockets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import flask_mail
import pytest
from flask import Flask

from campaign.core import mailer
from campaign.core.mailer import Answer, Outcome, mail
from campaign.core.payload import Payload
from tests.relay import DROP, LATE, PIPELINING, SILENCE, Relay, Script, playing
from tests.servers import Sink

pytestmark = pytest.mark.usefixtures("app_sqlite")
SENDER, RECIPIENT = "letters@example.org", "minister@example.org"
BODY = b"Subject: One\r\n\r\nA line.\r\n.a dot at the start\r\n..\r\nthe end\r\n"
ACCEPTED, REFUSED, DEFERRED, UNKNOWN = Outcome
ALONE = "250 relay.example.org"


@pytest.fixture
def relay(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Relay]]:
    """`relay(rcpt="550 No")`: the app's relay from now on; the client is out of patience after 0.3 s."""
    for name in ("CONNECT_SECONDS", "COMMAND_SECONDS", "AFTER_DOT_SECONDS"):
        monkeypatch.setattr(mailer, name, 0.3)
    with ExitStack() as ended:

        def start(once: bool = False, together: bool = False, **script: str) -> Relay:
            relay = ended.enter_context(playing(once, together, script=Script(**script)))
            app.extensions["mail"].port = relay.port
            return relay

        yield start


def send(
    before: Callable[[], bool] | None = None, recipient: str = RECIPIENT, body: bytes = BODY
) -> tuple[Answer, int]:
    """One mail, over a connection of its own; the answer, and how often `before_data` was asked."""
    asked = []

    def before_data() -> bool:
        asked.append(True)
        return before() if before else True

    with mail.connect() as connection:
        answer = connection.send_bytes(SENDER, recipient, Payload.of(body), before_data)
    return answer, len(asked)


def hand_over(connection: mailer.Connection) -> Answer:
    """One more mail over a connection that is there."""
    return connection.send_bytes(SENDER, RECIPIENT, Payload.of(BODY), lambda: True)


# Where it goes wrong, what is known then, whether the body had begun to leave, whether the line is lost.
FAULTS: list[tuple[dict[str, str], Outcome, bool, bool]] = [
    ({"banner": "554 No service"}, DEFERRED, False, True),
    ({"banner": "421 Too many"}, DEFERRED, False, True),
    ({"ehlo": "550 Who?"}, DEFERRED, False, True),
    ({"banner": "no SMTP at all"}, DEFERRED, False, True),
    ({"banner": DROP}, DEFERRED, False, True),
    ({"banner": SILENCE}, DEFERRED, False, True),
    ({"mail": "451 Later"}, DEFERRED, False, False),
    ({"mail": "550 Not you"}, REFUSED, False, False),
    ({"mail": "530 5.7.0 Must issue a STARTTLS command first"}, DEFERRED, False, False),
    ({"mail": "421 Closing"}, DEFERRED, False, True),
    ({"mail": DROP}, DEFERRED, False, True),
    ({"rcpt": "450 Greylisted"}, DEFERRED, False, False),
    ({"rcpt": "550 No such user"}, REFUSED, False, False),
    ({"rcpt": "550 No such user", "rset": DROP}, REFUSED, False, False),
    ({"rcpt": SILENCE}, DEFERRED, False, True),
    ({"rcpt": "421 Closing"}, DEFERRED, False, True),
    ({"rcpt": "what?"}, DEFERRED, False, True),
    ({"data": "421 Closing"}, DEFERRED, True, True),
    ({"data": "451 Later"}, DEFERRED, True, False),
    ({"data": "554 No"}, REFUSED, True, False),
    ({"data": "what?"}, DEFERRED, True, False),
    ({"data": DROP}, DEFERRED, True, True),
    ({"body": DROP}, UNKNOWN, True, True),
    ({"dot": "452 Full"}, DEFERRED, True, False),
    ({"dot": "421 Closing"}, DEFERRED, True, True),
    ({"dot": "554 Spam"}, REFUSED, True, False),
    ({"dot": "354 More?"}, UNKNOWN, True, True),
    ({"dot": "what?"}, UNKNOWN, True, True),
    ({"dot": DROP}, UNKNOWN, True, True),
    ({"dot": SILENCE}, UNKNOWN, True, True),
    ({"quit": DROP}, ACCEPTED, True, False),
    ({"quit": "500 What?"}, ACCEPTED, True, False),
    ({"rcpt": "251 Will forward"}, ACCEPTED, True, False),
    ({}, ACCEPTED, True, False),
]


@pytest.mark.parametrize("ehlo", [ALONE, PIPELINING], ids=["one by one", "pipelining"])
@pytest.mark.parametrize(("script", "outcome", "leaving", "lost"), FAULTS)
def test_every_point_of_failure(
    relay: Callable[..., Relay],
    script: dict[str, str],
    outcome: Outcome,
    leaving: bool,
    lost: bool,
    ehlo: str,
) -> None:
    relay(**{"ehlo": ehlo, **script})
    answer, asked = send()
    assert (answer.outcome, asked, answer.server_lost) == (outcome, int(leaving), lost)
    assert answer.words
    assert "\n" not in answer.words


def test_nobody_listens(dead_port: int) -> None:
    answer, asked = send()
    assert (answer.outcome, asked, answer.server_lost) == (DEFERRED, 0, True)


def test_sender_and_recipient_go_in_one_write_to_a_relay_that_likes_that(
    relay: Callable[..., Relay],
) -> None:
    relay(together=True, ehlo=PIPELINING)
    assert send()[0].outcome is ACCEPTED
    relay(together=True)
    assert send()[0].outcome is DEFERRED, "this relay did not say that it likes it"


def test_each_of_two_answers_is_read_when_the_first_was_a_no(relay: Callable[..., Relay]) -> None:
    scripted = relay(together=True, ehlo=PIPELINING, mail="550 Not you", rcpt="503 MAIL first")
    with mail.connect() as connection:
        assert hand_over(connection).words == "550 Not you"
        scripted.script = Script()
        assert hand_over(connection).outcome is ACCEPTED
    assert scripted.heard.count("ehlo") == 1


def test_a_no_to_the_sender_stands_when_the_line_breaks_behind_it(relay: Callable[..., Relay]) -> None:
    relay(together=True, ehlo=PIPELINING, mail="550 Not you", rcpt=DROP)
    answer, asked = send()
    assert (answer.outcome, answer.words, asked) == (REFUSED, "550 Not you", 0)


def test_a_relay_that_takes_only_so_many_mails_a_line_gets_a_new_one(relay: Callable[..., Relay]) -> None:
    scripted = relay(once=True)
    with mail.connect() as connection:
        assert hand_over(connection).outcome is ACCEPTED
        scripted.script = Script(mail="421 4.7.0 Too many mails on this line")
        assert hand_over(connection).outcome is ACCEPTED
    assert scripted.heard.count("ehlo") == 2


def test_the_relay_is_away_when_it_cannot_be_reached_or_breaks_twice(relay: Callable[..., Relay]) -> None:
    scripted = relay(data=DROP)
    with mail.connect() as connection:
        assert [hand_over(connection).relay_away for _ in range(3)] == [False, True, True]
        scripted.script = Script()
        assert not hand_over(connection).relay_away
        scripted.script = Script(data=DROP)
        assert not hand_over(connection).relay_away
    relay(banner=DROP)
    assert send()[0].relay_away


@pytest.mark.parametrize(
    "address", ["x", "a b@example.org", "a@b>,<c@example.org", "a@example.org\r\nDATA", "x@" + "d" * 300]
)
def test_what_is_no_address_goes_nowhere(address: str) -> None:
    answer, asked = send(recipient=address)
    assert (answer.outcome, answer.words, asked) == (REFUSED, "this is not a mail address", 0)


def test_a_domain_in_another_script_is_written_in_ascii(relay: Callable[..., Relay]) -> None:
    scripted = relay()
    assert send(recipient="x@exämple.org")[0].outcome is ACCEPTED
    assert "RCPT TO:<x@xn--exmple-cua.org>" in scripted.lines
    answer, _ = send(recipient="x@-é-.org")
    assert (answer.outcome, answer.words) == (REFUSED, "this mail address has a domain that cannot exist")


@pytest.mark.parametrize("recipient", ["jürgen@example.org", RECIPIENT])
def test_an_address_that_needs_smtputf8_is_refused_unless_the_relay_offers_it(
    relay: Callable[..., Relay], recipient: str
) -> None:
    international = "To: jürgen@example.org\r\n".encode() + BODY
    scripted = relay()
    answer, asked = send(recipient=recipient, body=international)
    assert (answer.outcome, asked) == (REFUSED, 0)
    assert answer.words == "the address needs SMTPUTF8, which the relay does not offer"
    assert "mail" not in scripted.heard
    scripted = relay(ehlo="250-relay.example.org\r\n250-8BITMIME\r\n250 SMTPUTF8")
    assert send(recipient=recipient, body=international)[0].outcome is ACCEPTED
    assert f"MAIL FROM:<{SENDER}> BODY=8BITMIME SMTPUTF8" in scripted.lines
    assert f"RCPT TO:<{recipient}>" in scripted.lines
    assert scripted.bodies == [international]


@pytest.mark.parametrize(
    ("size", "outcome"), [("10", REFUSED), ("0", ACCEPTED), ("", ACCEPTED), ("1000", ACCEPTED)]
)
def test_a_mail_that_is_too_large_is_refused_before_it_leaves(
    relay: Callable[..., Relay], size: str, outcome: Outcome
) -> None:
    scripted = relay(ehlo=f"250-relay.example.org\r\n250 SIZE {size}".rstrip())
    answer, asked = send()
    assert (answer.outcome, asked) == (outcome, int(outcome is ACCEPTED))
    if outcome is REFUSED:
        assert answer.words == f"the mail has {len(BODY)} octets, and the relay takes at most 10"
    else:
        assert f"MAIL FROM:<{SENDER}> SIZE={len(BODY)}" in scripted.lines


def test_the_relays_words_are_kept(relay: Callable[..., Relay]) -> None:
    relay(rcpt="550-5.1.1 No such\r\n550 user" + "x" * 400)
    answer, _ = send()
    assert answer.words.startswith("550 5.1.1 No such user")
    assert len(answer.words) == 300


def test_what_cannot_be_printed_is_left_out_of_the_relays_words(relay: Callable[..., Relay]) -> None:
    relay(rcpt="550 Bo\u00eete\x00 \x1b[31m\tpleine\x7f")
    answer, _ = send()
    assert re.fullmatch(r"550 Bo\ufffdte \[31m pleine", answer.words)


def test_nothing_leaves_once_another_worker_has_the_mail(relay: Callable[..., Relay]) -> None:
    heard = relay()
    answer, asked = send(before=lambda: False)
    assert (answer.outcome, asked) == (DEFERRED, 1)
    assert "data" not in heard.heard
    assert heard.heard[-2:] == ["rset", "quit"]
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
        first = hand_over(connection)
        scripted.script = Script(rcpt="550 No")
        second = hand_over(connection)
        scripted.script = Script()
        third = hand_over(connection)
    assert [first.outcome, second.outcome, third.outcome] == [ACCEPTED, REFUSED, ACCEPTED]
    assert scripted.heard.count("ehlo") == 1
    assert scripted.heard.count("quit") == 1


def test_a_lost_connection_is_opened_again(relay: Callable[..., Relay]) -> None:
    scripted = relay(dot=DROP)
    with mail.connect() as connection:
        assert hand_over(connection).outcome is UNKNOWN
        scripted.script = Script()
        assert hand_over(connection).outcome is ACCEPTED
    assert scripted.heard.count("ehlo") == 2


def test_encryption_that_was_asked_for_is_never_left_out(app: Flask, relay: Callable[..., Relay]) -> None:
    app.extensions["mail"].use_tls = True
    scripted = relay()
    answer, asked = send()
    assert (answer.outcome, asked) == (DEFERRED, 0)
    assert "mail" not in scripted.heard


def test_credentials_the_relay_does_not_take_lose_no_mail(app: Flask, relay: Callable[..., Relay]) -> None:
    app.extensions["mail"].username, app.extensions["mail"].password = "user", "not the password"
    relay(ehlo="250-relay.example.org\r\n250 AUTH PLAIN")
    answer, asked = send()
    assert (answer.outcome, asked, answer.relay_away) == (DEFERRED, 0, True)
    assert answer.words == "535 5.7.8 Not with this password"
    relay()
    assert send()[0].outcome is DEFERRED, "a relay that knows no passwords"


def test_no_host_name_is_told(relay: Callable[..., Relay]) -> None:
    scripted = relay()
    send()
    assert scripted.lines[0] == "ehlo [127.0.0.1]"


def test_a_late_answer_is_waited_for_longer_than_others(
    relay: Callable[..., Relay], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailer, "AFTER_DOT_SECONDS", 30)
    scripted = relay(dot=LATE)
    waited: list[float] = []

    def before() -> bool:
        waited.append(mailer.COMMAND_SECONDS)
        scripted.go_on.set()
        return True

    assert send(before)[0].outcome is ACCEPTED
    assert waited == [0.3]


@pytest.mark.parametrize(
    ("message", "wire"),
    [
        (b"A: b\r\n\r\n.\r\n", b"A: b\r\n\r\n..\r\n.\r\n"),
        (b".one\r\n.two", b"..one\r\n..two\r\n.\r\n"),
        (b"a\n.\nMAIL FROM:<x@example.org>\r.\r\n", b"a\r\n..\r\nMAIL FROM:<x@example.org>\r\n..\r\n.\r\n"),
    ],
)
def test_nothing_in_a_mail_can_end_it(message: bytes, wire: bytes) -> None:
    payload = Payload.of(message)
    assert payload.wire == wire
    assert payload.under(b"To: x\r\n").wire == b"To: x\r\n" + wire
    assert payload.under(b"To: x\r\n").size == payload.size + 7
    assert not payload.under("To: é\r\n".encode()).ascii


def test_the_body_needs_an_envelope(app: Flask) -> None:
    with mail.connect() as connection, pytest.raises(RuntimeError):
        connection._data(Payload.of(BODY))
