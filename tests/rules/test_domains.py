"""What is said of the sending domain, by what its zone publishes; a zone of paper, nobody is asked."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Thread

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest
import time_machine
from flask import Flask

from campaign.core import domains, resolver
from campaign.core.domains import Finding, Kind, Reason, Verdict, check
from campaign.core.resolver import NoAnswer
from campaign.web.domain_words import said

GOOD, WARN, BAD, NOT_CHECKED = Verdict
AT = "coalition.internal"
SENDER = f"letters@{AT}"
NOW = datetime(2026, 2, 2, 9, tzinfo=UTC)
SOUND = {
    AT: ["unrelated", "v=spf1 include:relay.internal -all"],
    f"s1._domainkey.{AT}": ["v=DKIM1; k=rsa; p=MIGf"],
    f"_dmarc.{AT}": ["v=DMARC1; p=reject; rua=mailto:reports@coalition.internal"],
}


class Zone:
    """Names and their texts; `silent` names bring no answer. `asked` are the questions that came."""

    def __init__(self, texts: dict[str, list[str]], silent: Sequence[str] = ()) -> None:
        self.published, self.silent = texts, silent
        self.asked: list[str] = []

    def __call__(self, name: str, seconds: float) -> list[str]:
        assert 0 < seconds <= domains.QUESTION_SECONDS
        self.asked.append(name)
        if name in self.silent:
            raise NoAnswer(name)
        return self.published.get(name, [])


def found(
    changes: dict[str, list[str]], kind: Kind, sender: str = SENDER, envelope: str = "", *selectors: str
) -> list[tuple[Verdict, Reason, str]]:
    """What is found of one kind where the sound zone is changed so."""
    findings = check(sender, envelope or sender, selectors or ("s1",), Zone({**SOUND, **changes}))
    return [(one.verdict, one.reason, one.detail) for one in findings if one.kind is kind]


def test_a_sound_domain_has_nothing_to_mend() -> None:
    assert check(SENDER, f"bounces+17@{AT}", ["s1"], Zone(SOUND)) == [
        Finding(Kind.SPF, GOOD, Reason.SPF_FOUND, AT),
        Finding(Kind.DKIM, GOOD, Reason.DKIM_FOUND, f"s1._domainkey.{AT}"),
        Finding(Kind.DMARC, GOOD, Reason.DMARC_REJECT, f"_dmarc.{AT}"),
    ]


@pytest.mark.parametrize(
    ("records", "verdict", "reason"),
    [
        ([], BAD, Reason.SPF_MISSING),
        (["v=spf10 -all", "spf2.0/pra -all"], BAD, Reason.SPF_MISSING),
        (["v=spf1 -all", "V=SPF1 ~all"], BAD, Reason.SPF_SEVERAL),
        (["v=spf1 +all"], BAD, Reason.SPF_ANYONE),
        (["v=spf1 mx all"], BAD, Reason.SPF_ANYONE),
        (["v=spf1"], WARN, Reason.SPF_UNDECIDED),
        (["v=spf1 mx ?all"], WARN, Reason.SPF_UNDECIDED),
        (["v=spf1 mx include:all.relay.internal"], WARN, Reason.SPF_UNDECIDED),
        (["v=spf1 redirect=_spf.relay.internal"], GOOD, Reason.SPF_FOUND),
        (["v=spf1 ip4:192.0.2.1 ~all"], GOOD, Reason.SPF_FOUND),
        (["v=spf1 " + "include:a.net " * 10 + "ip6:2001:db8::/32 -all"], GOOD, Reason.SPF_FOUND),
        (["v=spf1 " + "include:a.net " * 11 + "-all"], WARN, Reason.SPF_LOOKUPS),
        (
            ["v=spf1 " + "a a:b.net a/24 mx ?mx:c.net ptr exists:%{i}.d.net " * 2 + "-all"],
            WARN,
            Reason.SPF_LOOKUPS,
        ),
    ],
)
def test_spf(records: list[str], verdict: Verdict, reason: Reason) -> None:
    assert found({AT: records}, Kind.SPF) == [(verdict, reason, AT)]


def test_spf_is_that_of_the_domain_bounces_go_to() -> None:
    assert found({"relay.internal": ["v=spf1 +all"]}, Kind.SPF, SENDER, "b@relay.internal") == [
        (BAD, Reason.SPF_ANYONE, "relay.internal")
    ]


@pytest.mark.parametrize(
    ("records", "verdict", "reason"),
    [
        ([], BAD, Reason.DKIM_MISSING),
        (["something else"], BAD, Reason.DKIM_MISSING),
        (["v=DKIM2; p=MIGf"], BAD, Reason.DKIM_MISSING),
        (["v=DKIM1; p="], BAD, Reason.DKIM_REVOKED),
        (["v=DKIM1; t=s:y; p=MIGf"], WARN, Reason.DKIM_TESTED),
        (["v=DKIM1; t=s; p=MIGf"], GOOD, Reason.DKIM_FOUND),
        (["k=ed25519; p=11qY"], GOOD, Reason.DKIM_FOUND),
    ],
)
def test_dkim(records: list[str], verdict: Verdict, reason: Reason) -> None:
    name = f"s1._domainkey.{AT}"
    assert found({name: records}, Kind.DKIM) == [(verdict, reason, name)]


def test_each_selector_is_looked_for() -> None:
    assert found({}, Kind.DKIM, SENDER, SENDER, "s1", "s2") == [
        (GOOD, Reason.DKIM_FOUND, f"s1._domainkey.{AT}"),
        (BAD, Reason.DKIM_MISSING, f"s2._domainkey.{AT}"),
    ]


def test_without_a_selector_dkim_is_not_checked() -> None:
    findings = check(SENDER, SENDER, (), Zone(SOUND))
    assert Finding(Kind.DKIM, NOT_CHECKED, Reason.NO_SELECTOR, AT) in findings


@pytest.mark.parametrize(
    ("records", "verdict", "reason"),
    [
        (["v=DMARC1; p=reject"], GOOD, Reason.DMARC_REJECT),
        (["other", "v = DMARC1;p = Quarantine;"], GOOD, Reason.DMARC_QUARANTINE),
        (["v=DMARC1; p=none; sp=reject"], WARN, Reason.DMARC_WATCHES),
        (["v=DMARC1"], WARN, Reason.DMARC_UNREADABLE),
        (["v=DMARC1; p=strict"], WARN, Reason.DMARC_UNREADABLE),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], WARN, Reason.DMARC_SEVERAL),
        (["v=DMARC10; p=reject"], WARN, Reason.DMARC_MISSING),
        ([], WARN, Reason.DMARC_MISSING),
    ],
)
def test_dmarc(records: list[str], verdict: Verdict, reason: Reason) -> None:
    assert found({f"_dmarc.{AT}": records}, Kind.DMARC) == [(verdict, reason, f"_dmarc.{AT}")]


@pytest.mark.parametrize(
    ("record", "verdict", "reason"),
    [
        ("v=DMARC1; p=reject", GOOD, Reason.DMARC_REJECT),
        ("v=DMARC1; p=reject; sp=none", WARN, Reason.DMARC_WATCHES),
    ],
)
def test_a_domain_above_speaks_for_those_below(record: str, verdict: Verdict, reason: Reason) -> None:
    sender = f"letters@post.mail.{AT}"
    assert found({f"_dmarc.{AT}": [record]}, Kind.DMARC, sender) == [(verdict, reason, f"_dmarc.{AT}")]


def test_the_walk_goes_up_to_two_labels_and_takes_few_steps() -> None:
    zone = Zone({})
    check("a@a.b.c.d.e.f.g.h.i.ngo", SENDER, (), zone)
    walked = [name for name in zone.asked if name.startswith("_dmarc")]
    assert walked[:2] == ["_dmarc.a.b.c.d.e.f.g.h.i.ngo", "_dmarc.d.e.f.g.h.i.ngo"]
    assert walked[-1] == "_dmarc.i.ngo"
    assert len(walked) == 7


@pytest.mark.parametrize(
    ("envelope", "policy", "aligned"),
    [
        (AT, "v=DMARC1; p=reject", True),
        (f"bounces.{AT}", "v=DMARC1; p=reject", True),
        (f"bounces.{AT}", "v=DMARC1; p=reject; aspf=s", False),
        (AT, "v=DMARC1; p=reject; aspf=s", True),
        ("relay.internal", "v=DMARC1; p=reject", False),
        (f"not{AT}", "v=DMARC1; p=reject", False),
        (f"bounces.{AT}", "", True),
        ("relay.internal", "", False),
    ],
)
def test_alignment_is_told_apart(envelope: str, policy: str, aligned: bool) -> None:
    seen = found({f"_dmarc.{AT}": [policy]}, Kind.DMARC, SENDER, f"b@{envelope}")
    assert ((GOOD, Reason.NOT_ALIGNED, envelope) not in seen) == aligned


@pytest.mark.parametrize(
    ("envelope", "aligned"), [(AT, True), (f"bounces.{AT}", True), ("relay.internal", False)]
)
def test_a_subdomain_that_sends_is_aligned_with_what_its_domain_owns(envelope: str, aligned: bool) -> None:
    seen = found({}, Kind.DMARC, f"letters@post.{AT}", f"b@{envelope}", "s1")
    assert (Reason.NOT_ALIGNED not in {reason for _verdict, reason, _name in seen}) == aligned


@pytest.mark.parametrize(
    ("selectors", "verdict"), [(("s1",), GOOD), (("s1", "s2"), GOOD), (("s2",), BAD), ((), WARN)]
)
def test_without_alignment_all_rests_on_dkim(selectors: tuple[str, ...], verdict: Verdict) -> None:
    last = check(SENDER, "b@relay.internal", selectors, Zone(SOUND))[-1]
    assert last == Finding(Kind.DMARC, verdict, Reason.NOT_ALIGNED, "relay.internal")


@pytest.mark.parametrize(
    "domain",
    "example.org EXAMPLE.COM. a.example.net b.example sink.test none.invalid printer.local localhost".split(),
)
def test_nobody_is_asked_about_names_for_examples(domain: str) -> None:
    zone = Zone({})
    findings = check(f"a@{domain}", f"b@{domain}", ("s1",), zone)
    assert {(one.verdict, one.reason) for one in findings} == {(NOT_CHECKED, Reason.RESERVED)}
    assert [one.kind for one in findings] == list(Kind)
    assert zone.asked == []


def test_a_name_that_merely_looks_like_an_example_is_asked_about() -> None:
    zone = Zone({})
    check("a@myexample.org", "a@contest.ngo", (), zone)
    assert zone.asked == ["contest.ngo", "_dmarc.myexample.org"]


def test_after_one_silence_nobody_else_is_asked_and_what_was_learnt_stays() -> None:
    zone = Zone(SOUND, silent=[f"s1._domainkey.{AT}"])
    findings = check(SENDER, SENDER, ("s1", "s2"), zone)
    assert [(one.kind, one.verdict) for one in findings] == [
        (Kind.SPF, GOOD),
        (Kind.DKIM, NOT_CHECKED),
        (Kind.DKIM, NOT_CHECKED),
        (Kind.DMARC, NOT_CHECKED),
    ]
    assert zone.asked == [AT, f"s1._domainkey.{AT}"]


def test_offline_nothing_is_checked_and_one_question_is_enough_to_know() -> None:
    zone = Zone({}, silent=[AT])
    findings = check(SENDER, SENDER, ("s1",), zone)
    assert [(one.kind, one.verdict, one.reason) for one in findings] == [
        (kind, NOT_CHECKED, Reason.NO_ANSWER) for kind in Kind
    ]
    assert zone.asked == [AT]


def test_slow_answers_end_the_check_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = count(0.0, 1.4)
    monkeypatch.setattr(time, "monotonic", lambda: next(seconds))
    zone = Zone(SOUND)
    findings = check(SENDER, SENDER, ("s1", "s2", "s3"), zone)
    assert [one.verdict for one in findings] == [GOOD, GOOD, NOT_CHECKED, NOT_CHECKED, NOT_CHECKED]
    assert len(zone.asked) == 2


def test_what_was_found_is_kept_for_ten_minutes() -> None:
    zone = Zone(SOUND)
    with time_machine.travel(NOW, tick=False) as clock:
        first = check(SENDER, SENDER, ("s1",), zone)
        asked = len(zone.asked)
        zone.published = {}
        clock.shift(timedelta(minutes=9, seconds=59))
        assert check(SENDER, SENDER, ("s1",), zone) == first
        assert len(zone.asked) == asked
        clock.shift(timedelta(seconds=1))
        assert BAD in {one.verdict for one in check(SENDER, SENDER, ("s1",), zone)}


def test_another_selector_is_another_question() -> None:
    zone = Zone(SOUND)
    check(SENDER, SENDER, ("s1",), zone)
    check(SENDER, SENDER, ("s2",), zone)
    assert f"s2._domainkey.{AT}" in zone.asked


# The app and its resolver --------------------------------------------------------------------------


def test_in_tests_nobody_is_asked(app_sqlite: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", lambda *_: pytest.fail("a socket was opened"))
    assert {one.verdict for one in check(SENDER, SENDER, ("s1",))} == {NOT_CHECKED}


def test_a_test_can_put_its_own_zone_into_the_app(app_sqlite: Flask) -> None:
    app_sqlite.extensions["resolver"] = Zone(SOUND)
    assert {one.verdict for one in check(SENDER, SENDER, ("s1",))} == {GOOD}


@pytest.mark.parametrize(("testing", "asks"), [(True, None), (False, resolver.texts)])
def test_only_an_app_under_test_asks_nobody(testing: bool, asks: object) -> None:
    app = Flask(__name__)
    app.testing = testing
    resolver.init_app(app)
    assert app.extensions["resolver"] is asks


@contextmanager
def name_server(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[dns.message.Message], None]
) -> Iterator[None]:
    """A name server on this machine that dnspython takes for the system's; `answer` fills in its replies."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(("127.0.0.1", 0))

        def serve() -> None:
            while (asked := door.recvfrom(4096))[0]:
                reply = dns.message.make_response(dns.message.from_wire(asked[0]))
                answer(reply)
                door.sendto(reply.to_wire(), asked[1])

        system = dns.resolver.Resolver(configure=False)
        system.nameservers, system.port = ["127.0.0.1"], door.getsockname()[1]
        monkeypatch.setattr(dns.resolver, "Resolver", lambda: system)
        thread = Thread(target=serve)
        thread.start()
        yield
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", door.getsockname())
        thread.join()


def test_a_text_in_several_strings_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(reply: dns.message.Message) -> None:
        name = reply.question[0].name
        reply.answer = [dns.rrset.from_text(name, 60, "IN", "TXT", '"v=spf1 " "-all"', '"caf\\195\\169"')]

    with name_server(monkeypatch, answer):
        assert sorted(resolver.texts(AT, 5)) == ["café", "v=spf1 -all"]


@pytest.mark.parametrize("code", [dns.rcode.NXDOMAIN, dns.rcode.NOERROR])
def test_a_name_without_texts_has_none(monkeypatch: pytest.MonkeyPatch, code: dns.rcode.Rcode) -> None:
    with name_server(monkeypatch, lambda reply: reply.set_rcode(code)):
        assert resolver.texts(AT, 5) == []


def test_a_server_that_fails_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        name_server(monkeypatch, lambda reply: reply.set_rcode(dns.rcode.SERVFAIL)),
        pytest.raises(NoAnswer),
    ):
        resolver.texts(AT, 0.3)


def test_a_machine_without_name_servers_gives_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def unconfigured() -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.resolver, "Resolver", unconfigured)
    with pytest.raises(NoAnswer):
        resolver.texts(AT, 5)


@pytest.mark.parametrize("name", ["a..b", "x" * 64 + ".ngo", ".".join(["label"] * 60)])
def test_a_name_that_cannot_be_has_no_texts(name: str) -> None:
    assert resolver.texts(name, 5) == []


# Sentences -----------------------------------------------------------------------------------------


def findings_of_every_reason() -> list[Finding]:
    """One finding of each reason, under the kind it comes with."""
    anywhere = {Reason.NO_ANSWER: Kind.SPF, Reason.RESERVED: Kind.DMARC, Reason.NO_SELECTOR: Kind.DKIM}
    anywhere[Reason.NOT_ALIGNED] = Kind.DMARC
    return [
        Finding(anywhere.get(reason) or Kind[reason.name.split("_")[0]], WARN, reason, AT)
        for reason in Reason
    ]


def test_every_finding_can_be_said(app_sqlite: Flask) -> None:
    sentences = {one.reason: said(one) for one in findings_of_every_reason()}
    assert len(set(sentences.values())) == len(Reason)
    assert all(AT in text for reason, text in sentences.items() if reason is not Reason.NO_SELECTOR)
    assert sentences[Reason.NO_ANSWER].startswith("SPF is not checked:")
    assert "no selector is configured" in sentences[Reason.NO_SELECTOR]


def test_it_is_said_what_rests_on_dkim(app_sqlite: Flask) -> None:
    last = check(SENDER, "b@relay.internal", ("s1",), Zone(SOUND))[-1]
    assert "bounces go to relay.internal" in said(last)
    assert "everything rests on DKIM" in said(last)
