"""What comes back is understood as its server meant it; nothing that anybody sends is an error or slow."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.core.text import has_controls
from campaign.outbox.incoming import LARGEST, MOST_PARTS, normal, opened
from campaign.outbox.reports import LONGEST_WORDS, Meaning, Report, understand
from tests.bounces import SAMPLES, WRITTEN_TO, Sample

BAD_NEWS = (Meaning.FAILED, Meaning.DELAYED)
SECONDS = 2.0


def status_report(fields: str, **changes: str) -> bytes:
    """The smallest report; `changes` are its media type and status type."""
    outer = changes.get("outer", "multipart/report; report-type=delivery-status")
    inner = changes.get("inner", "message/delivery-status")
    return (
        f"From: MAILER-DAEMON@mx.example.org\nContent-Type: {outer}; boundary=b\n\n"
        f"--b\n\nIt failed.\n--b\nContent-Type: {inner}\n\n{fields}\n--b--\n"
    ).encode()


def one(fields: str) -> Report:
    """What a report on one recipient says."""
    return understand(
        status_report(f"Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; a@b\n{fields}\n")
    )


def test_there_are_enough_samples_of_each_sort() -> None:
    sorts = Counter(sample.meaning for sample in SAMPLES)
    assert len(SAMPLES) >= 40
    assert sorts[Meaning.FAILED] >= 20
    assert sorts[Meaning.DELAYED] >= 5
    assert sum(count for meaning, count in sorts.items() if meaning not in BAD_NEWS) >= 10


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_is_understood(sample: Sample) -> None:
    report = understand(sample.raw)
    assert (report.meaning, report.status) == (sample.meaning, sample.status)
    assert any(WRITTEN_TO.decode() in text.lower() for text in report.addressed_to)
    if sample.meaning in BAD_NEWS:
        assert report.words
        assert not has_controls(report.words)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_line_ends_and_an_mbox_line_change_nothing(sample: Sample) -> None:
    crlf = sample.raw.replace(b"\n", b"\r\n")
    assert understand(crlf) == understand(sample.raw)
    assert understand(b"From somebody Mon Feb  3 12:00:00 2020\n" + sample.raw) == understand(sample.raw)


def test_the_servers_words_are_kept_and_where_there_are_none_the_sentence_that_says_most() -> None:
    words = {sample.name: understand(sample.raw).words for sample in SAMPLES}
    assert words["exim-report"] == "550 5.1.1 Mailbox unknown here"
    assert words["opensmtpd"] == "minister@ministry.example.org: 550 Invalid recipient"
    assert words["global-status"] == "550 5.1.6 La boîte a déménagé"
    assert words["exim-delay-old"].startswith("Warning: message")
    assert words["exchange-french"].startswith("Échec de la remise.")


@pytest.mark.parametrize(
    ("fields", "meaning", "status"),
    [
        ("Action: failed\nStatus: 5.1.1", Meaning.FAILED, "5.1.1"),
        ("action: FAILED\nstatus: 5.1.1", Meaning.FAILED, "5.1.1"),
        ("Action: failure\nStatus: 550", Meaning.FAILED, None),
        ("Action: failed\nStatus: 4.4.7", Meaning.FAILED, "4.4.7"),
        ("Action: failed (permanent)\nStatus: 5.1.1 (nobody)", Meaning.FAILED, "5.1.1"),
        ("Action: delayed\nStatus: 5.1.1", Meaning.DELAYED, "5.1.1"),
        ("Action: relayed\nStatus: 2.0.0", Meaning.DELIVERED, "2.0.0"),
        ("Action: expanded\nStatus: 2.1.5", Meaning.DELIVERED, "2.1.5"),
        ("Action: vanished\nStatus: 4.2.0", Meaning.DELAYED, "4.2.0"),
        ("Diagnostic-Code: smtp; 550 5.1.1 no", Meaning.FAILED, "5.1.1"),
        ("X-Note: no more than that", Meaning.OTHER, None),
        ("Status: 5.2.2", Meaning.FAILED, "5.2.2"),
        ("Status: 2.0.0", Meaning.DELIVERED, "2.0.0"),
        ("Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.7.1 no", Meaning.FAILED, "5.7.1"),
        ("Action: failed\nDiagnostic-Code: smtp; from 5.1.1.4 no", Meaning.FAILED, None),
        ("Action: failed\nStatus: 5.1.1\nStatus: 4.0.0", Meaning.FAILED, "5.1.1"),
    ],
)
def test_fields_as_servers_write_them(fields: str, meaning: Meaning, status: str | None) -> None:
    report = one(fields)
    assert (report.meaning, report.status) == (meaning, status)


def test_fields_count_under_a_wrong_label_but_not_in_a_message_inside() -> None:
    fields = "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@b\nAction: delayed\nStatus: 4.0.0"
    for inner in ("text/plain", "application/octet-stream", "message/delivery-status; charset=punycode"):
        report = understand(status_report(fields, outer="multipart/mixed", inner=inner))
        assert report.meaning is Meaning.DELAYED
    inside = status_report(f"Subject: x\n\n{fields}", outer="multipart/mixed", inner="message/rfc822")
    assert understand(inside).meaning is not Meaning.DELAYED


def test_a_header_that_comes_on_the_way_makes_no_other_report() -> None:
    sample = SAMPLES[0].raw
    again = understand(b"Received: from there\nDelivered-To: x@example.org\n" + sample)
    assert again.digest == understand(sample).digest
    assert len({understand(each.raw).digest for each in SAMPLES}) == len(SAMPLES)


def test_a_promise_of_another_try_is_no_failure_even_where_a_header_says_so() -> None:
    cut_off = next(sample for sample in SAMPLES if sample.name == "gmail-delay").raw.partition(
        b"Reporting-MTA"
    )[0]
    assert b"X-Failed-Recipients" in cut_off
    assert understand(cut_off).meaning is Meaning.DELAYED


def test_sentences_in_html_alone() -> None:
    html = (
        b"From: postmaster@x.example.org\nContent-Type: text/html\n\n<p>The mailbox is full.</p><b>550 no</b>"
    )
    report = understand(html)
    assert (report.meaning, report.words) == (Meaning.FAILED, "The mailbox is full. 550 no")


def test_long_words_are_cut_and_controls_left_out() -> None:
    report = one("Action: failed\nDiagnostic-Code: smtp; " + "ab\x07\x1b[31m\u202e " * 400)
    assert len(report.words) <= LONGEST_WORDS
    assert not has_controls(report.words)
    assert "\u202e" not in report.words


DEEP = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(20_000))
BOUNDARY = b"Content-Type: multipart/report; boundary=b\n\n"
HOSTILE = {
    "nothing": b"",
    "only line ends": b"\n" * LARGEST,
    "NUL": b"\0" * LARGEST,
    "deep": DEEP,
    "many parts": BOUNDARY + b"--b\n\nx\n" * 150_000,
    "many hyphens": BOUNDARY + b"-" * LARGEST,
    "many first boundaries": b"Content-Type: multipart/report\n\n"
    + (b"--" + b" " * 500 + b"x" * 500 + b"\n") * 1000,
    "spaces after a boundary": BOUNDARY + (b"--b" + b" " * 5000 + b"x\n") * 200,
    "one long header": b"Content-Type: " + b';"' * (LARGEST // 2),
    "quotes without end": b'Content-Type: a/b; c="' + b'\\";d="' * (LARGEST // 6),
    "many headers": b"To: " + b"a,b c;" * 300 + b"\n" + b"To: a@b, c@d\n" * 80_000,
    "many folds": b"Subject: x\n" + b" \n" * (LARGEST // 2),
    "many signs": status_report("Reporting-MTA: x\n" * 60_000, inner="text/plain"),
    "many recipients": status_report("Final-Recipient: a\nAction: failed\n\n" * 30_000),
    "one long line": b"From: mailer-daemon\n\n" + b"delivery " * 100_000,
    "qmail without end": b"\nHi. This is the program at\n\n" + b"<a@b>:\nx\n\n" * 90_000,
    "tags without end": b"From: postmaster\nContent-Type: text/html\n\n" + b"<a" * 400_000,
    "base64": b"Content-Transfer-Encoding: base64\n\n" + b"A" * LARGEST,
    "quoted": b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=3D=\n" * 200_000,
    "odd charset": b"Content-Type: text/plain; charset=iso-8859-999\nFrom: postmaster\n\nx\xff",
    "punycode": b"Content-Type: text/plain; charset=punycode\nFrom: postmaster\n\n" + b"a-b" * 300_000,
    "twenty megabytes": b"From: postmaster\n\n" + b"x " * 10_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_that_is_sent_is_slow(name: str) -> None:
    began = time.perf_counter()
    report = understand(HOSTILE[name])
    assert time.perf_counter() - began < SECONDS
    assert len(report.words) <= LONGEST_WORDS
    assert len(opened(normal(HOSTILE[name]))) <= MOST_PARTS


PIECES = (
    b"Content-Type: |multipart/report|; boundary=b|--b|--b--|\n|\n\n|message/delivery-status|Action: |failed|"
    b'delayed|Status: |5.1.1|Final-Recipient: a@b|From: MAILER-DAEMON|Subject: |\t| |\0|\xff|=?|"|;|charset=|'
    b"utf-7|Content-Transfer-Encoding: |base64|quoted-printable|=|<|>:|Hi. This is the program at"
).split(b"|")


@given(st.one_of(st.binary(max_size=2000), st.lists(st.sampled_from(PIECES), max_size=80).map(b"".join)))
def test_any_bytes_get_an_answer(raw: bytes) -> None:
    report = understand(raw)
    assert report.meaning in Meaning
    assert not has_controls(report.words)
    assert len(report.words) <= LONGEST_WORDS
    assert len(report.status or "") <= 20
    assert len(report.digest) == 64
    assert understand(raw) == report


@given(st.sampled_from(SAMPLES), st.integers(0, 10_000))
def test_a_sample_cut_off_anywhere_gets_an_answer_and_no_better_news(sample: Sample, length: int) -> None:
    report = understand(sample.raw[:length])
    assert report.words == "" or report.meaning in BAD_NEWS
    if sample.meaning in (Meaning.AUTOMATIC, Meaning.RECEIPT, Meaning.COMPLAINT):
        assert report.meaning not in BAD_NEWS
