"""What a message that came back says: a bounce, a notice of delay, or nothing of the kind."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from campaign.core.text import clean
from campaign.outbox.incoming import Part, fields, normal, opened

LONGEST_WORDS = 300
LONGEST_LINE = 1000
MOST_BLOCKS = 100
MOST_TEXT = 8000  # characters of the part for people; what a server says of a failure stands at the top


class Meaning(StrEnum):
    """What a message means for the mail it may be about."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"  # or relayed, or expanded: good news, which proves too little to be kept
    AUTOMATIC = "automatic"  # out of office, a request to prove that a person wrote, a list's greeting
    COMPLAINT = "complaint"  # RFC 5965
    RECEIPT = "receipt"  # RFC 8098
    OTHER = "other"  # a person's answer, or anything at all


@dataclass(frozen=True, slots=True)
class Report:
    """What was understood.

    `status` is RFC 3463's, where one was given; `words` are the server's, one line of at most 300 characters
    without control characters; `addressed_to` holds the headers that may name our envelope sender; `digest`
    is the same for the same report, whatever servers on its way wrote above it.
    """

    meaning: Meaning
    status: str | None
    words: str
    addressed_to: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class _Finding:
    meaning: Meaning
    status: str | None = None
    words: str = ""


_M = Meaning
_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?!\.?\d)", re.ASCII)  # RFC 3463 section 2
_PERMANENT = re.compile(r"(?<![\d.])(?:5\d\d[ :\-]|5\.\d{1,3}\.\d{1,3}(?!\.?\d))", re.ASCII)
_ACTIONS = {
    "fail": _M.FAILED,
    "dela": _M.DELAYED,
    "deli": _M.DELIVERED,
    "rela": _M.DELIVERED,
    "expa": _M.DELIVERED,
}
_CLASSES = {"5": _M.FAILED, "4": _M.DELAYED, "2": _M.DELIVERED}
_WORST = (_M.FAILED, _M.DELAYED, _M.DELIVERED)
_BAD_NEWS = _WORST[:2]
_ADDRESSED = ("delivered-to", "x-original-to", "envelope-to", "to")
_OF_RECIPIENTS = {"final-recipient", "original-recipient", "action", "status"}
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")  # RFC 3464, RFC 6533
_SIGNS = [
    re.compile(rf"^{name}:", re.MULTILINE | re.IGNORECASE) for name in ("Reporting-MTA", "Final-Recipient")
]
_OTHER_REPORTS = {
    "feedback-report": _M.COMPLAINT,
    "disposition-notification": _M.RECEIPT,
}
_QMAIL = re.compile(r"\s*Hi\. This is the .{0,200}program at", re.IGNORECASE)  # QSBMF's first line
_QMAIL_RECIPIENT = re.compile(r"\n\n<[^>\n]{1,320}>:\n((?:[^\n]+(?:\n|\Z)){1,20})")
_SERVERS = re.compile(
    r"mailer[-_. ]?daemon|postmaster|mail ?delivery|microsoftexchange[0-9a-f]{32}", re.IGNORECASE
)
_LATER = re.compile(
    r"\bdelayed\b|\bnot yet been delivered|\bstill (?:being )?(?:trying|retried)"
    r"|\b(?:will|to) (?:keep|continue) (?:to )?(?:try|retry|attempt)"
    r"|\bdo not need to (?:resend|do anything)|\bwarning message only",
    re.IGNORECASE,
)
_NEVER = re.compile(r"\bgiv(?:e|ing|en) up\b|\bno further attempts|\bnot (?:try|be retried)", re.IGNORECASE)
_FAILURE = re.compile(
    r"undeliver(?:able|ed)|deliver(?:y|ed|ing)?\b.{0,40}\bfail|fail.{0,40}\bdeliver"
    r"|unable to deliver|returned (?:mail|to sender)|(?:could|can|did|was) ?not (?:be delivered|reach)"
    r"|rejected|does not exist|no such (?:user|mailbox)|user unknown|unknown (?:user|recipient)"
    r"|mailbox (?:is )?full",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[a-zA-Z/!][^<>]{0,500}>")
_HELD = re.compile(r"quarantin|held for|awaiting (?:approval|review)|moderator", re.IGNORECASE)


def understand(raw: bytes) -> Report:
    """What a raw message says of the mail it answers. Never raises; looks at the first MiB only.

    What is written for machines comes before what is written for people, and a header that says "automatic
    reply" before neither: Exim puts it on its bounces.
    """
    raw = normal(raw)
    top, *parts = opened(raw)
    leaves = [part for part in parts if not part.media_type.startswith("multipart/")] or [top]
    found = _by_fields(leaves) or _by_label(top, leaves) or _by_words(top, leaves)
    addressed = tuple(value for name in _ADDRESSED for value in top.every(name))
    words = found.words or (_telling(_for_people(leaves)) if found.meaning in _BAD_NEWS else "")
    # Headers that servers add on the way differ when one report is handed in twice; these do not.
    stable = "\n".join((top.first("message-id"), top.first("date"))).encode() + b"\n" + top.body
    return Report(found.meaning, found.status, words, addressed, hashlib.sha256(stable).hexdigest())


def _by_fields(leaves: Sequence[Part]) -> _Finding | None:
    """RFC 3464: the worst news of any recipient.

    Each of our mails goes to one mailbox: several recipients are what its server made of that one, and a
    coordinator must learn that one of them got nothing.
    """
    found: list[_Finding] = []
    for part in leaves:
        blocks = re.split(r"\n[ \t]*\n", _machine_text(part), maxsplit=MOST_BLOCKS)
        read = [fields(block) for block in blocks[:MOST_BLOCKS]]
        found += [news for block in read if _OF_RECIPIENTS & block.keys() and (news := _recipient(block))]
    return min(found, key=lambda news: _WORST.index(news.meaning), default=None)


def _machine_text(part: Part) -> str:
    """The fields of a status part, whatever it is labelled; empty for all other parts."""
    labelled = part.media_type in _STATUS_TYPES
    if not labelled and part.media_type not in ("text/plain", "application/octet-stream"):
        return ""
    text = part.text().replace("\r\n", "\n").replace("\0", "").strip("\n")
    return text if labelled or all(sign.search(text) for sign in _SIGNS) else ""


def _recipient(block: Mapping[str, str]) -> _Finding | None:
    """What one recipient's fields say; None when they were cut off before they said it."""
    said = block.get("diagnostic-code", "")
    words = said.partition(";")[2] if re.match(r"[\w\-]{1,40}\s*;", said) else said
    status = _status(block.get("status", ""))
    if status is None or status.endswith(".0.0"):
        status = _status(words) or status  # many give 5.0.0 here and the real one in their words
    meaning = _ACTIONS.get(block.get("action", "").lower()[:4]) or _CLASSES.get((status or " ")[0])
    return _Finding(meaning, status, _line(words)) if meaning else None


def _by_label(top: Part, leaves: Sequence[Part]) -> _Finding | None:
    """Other kinds of report, and what older servers write instead of RFC 3464."""
    types = {part.media_type.removeprefix("message/") for part in leaves}
    for name, meaning in _OTHER_REPORTS.items():
        if name in types or top.parameters.get("report-type", "").lower() == name:
            return _Finding(meaning)
    text = _for_people(leaves)
    if top.first("x-failed-recipients"):
        return _sentences(top, text)
    if _QMAIL.match(text) and (recipients := _QMAIL_RECIPIENT.findall(text)):
        said = " ".join(recipients)
        return _Finding(_M.FAILED, _status(said), _line(said))
    return None


def _by_words(top: Part, leaves: Sequence[Part]) -> _Finding:
    """A mail server's own sentences; nobody else's count, for an out-of-office reply may say anything."""
    if _comes_from_a_server(top):
        text = _for_people(leaves)
        whole = f"{top.first('subject')}\n{text}"
        news = _sentences(top, text)
        failed = (_FAILURE.search(whole) or _PERMANENT.search(text)) and not _HELD.search(whole)
        if failed or news.meaning is _M.DELAYED:
            return news
    return _Finding(_M.AUTOMATIC if _is_automatic(top) else _M.OTHER)


def _sentences(top: Part, text: str) -> _Finding:
    """Bad news in sentences: a delay when they promise another try, else a failure."""
    whole = f"{top.first('subject')}\n{text}"
    later = _LATER.search(whole) and not _NEVER.search(whole)
    return _Finding(_M.DELAYED if later else _M.FAILED, _status(text), _telling(whole))


def _comes_from_a_server(top: Part) -> bool:
    report = top.parameters.get("report-type", "").lower() == "delivery-status"
    return report or bool(_SERVERS.search(top.first("from") or top.first("sender")))


def _is_automatic(top: Part) -> bool:
    """RFC 3834, and the headers from before it."""
    if top.first("auto-submitted").lower().partition(";")[0].strip() not in ("", "no"):
        return True
    if top.first("precedence").lower() in ("bulk", "junk", "list", "auto_reply"):
        return True
    named = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-response-suppress", "x-vacation")
    return any(top.every(name) for name in named) or top.first("return-path") == "<>"


def _for_people(leaves: Sequence[Part]) -> str:
    """The beginning of the first part written for people, plain where there is a choice."""
    plain = (part.text() for part in leaves if part.media_type == "text/plain")
    other = (_TAG.sub(" ", part.text()[: 4 * MOST_TEXT]) for part in leaves[:1])
    return (next(plain, None) or next(other, ""))[:MOST_TEXT].replace("\r\n", "\n").replace("\0", "")


def _status(text: str) -> str | None:
    found = _STATUS.search(text[:MOST_TEXT])
    return found[0] if found else None


def _telling(text: str) -> str:
    """The line that says most: one with a code, else one with a failure, else the first."""
    lines = [line for line in text.splitlines() if line.strip()]
    for sign in (_PERMANENT, _STATUS, _FAILURE, _LATER):
        for line in lines:
            if sign.search(line[:LONGEST_LINE]):
                return _line(line)
    return _line(lines[0]) if lines else ""


def _line(text: str) -> str:
    """As it may be kept and shown: one line, no control characters, at most 300 characters."""
    kept = "".join(c if unicodedata.category(c) not in ("Cc", "Cs") else " " for c in text[:MOST_TEXT])
    return clean(kept)[:LONGEST_WORDS]
