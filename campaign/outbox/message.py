"""Building the bytes of a mail from its parts; the same parts always give the same bytes."""

import re
import textwrap
from binascii import b2a_base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from campaign.core.addresses import written
from campaign.core.errors import InvalidInput
from campaign.core.text import has_controls

LONGEST_LINE = 998  # octets, without CRLF (RFC 5322 section 2.1.1)
LONGEST_WORD = 60  # what is longer becomes encoded words, which fold anywhere
BASE64_LINE = 76  # characters (RFC 2045 section 6.8)
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_TOO_LONG = re.compile(rb"[^\n]{%d}" % (LONGEST_LINE + 2))
_FOLD = "\r\n "


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file on a mail; the name is ASCII, for some mail programs show nothing else well."""

    filename: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A name to show and an address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Parts:
    """What a builder makes of a mail.

    `automatic` marks machine mail (RFC 3834); letters to addressees never carry that mark. `in_reply_to` and
    `references` are Message-IDs without angle brackets, of the mails before it in the same thread. A notice
    leaves `to` empty: each of its mails is addressed when it is sent.
    """

    subject: str
    text: str
    html: str
    sender: Mailbox
    date: datetime
    to: Sequence[Mailbox] = ()
    cc: Sequence[Mailbox] = ()
    reply_to: Sequence[Mailbox] = ()
    attachments: Sequence[Attachment] = field(default_factory=tuple)
    automatic: bool = True
    in_reply_to: str | None = None
    references: Sequence[str] = ()


def compose(parts: Parts, message_id: str, seed: str) -> bytes:
    """The message with CRLF line ends, none longer than 998 octets; 7-bit unless an address is not.

    Raises InvalidInput for what a header cannot hold: control characters, or no mail address.
    """
    return heading(message_id, parts.to) + body(parts, seed)


def heading(message_id: str, to: Sequence[Mailbox]) -> bytes:
    """The headers that are a recipient's own. Raises InvalidInput."""
    return _lines((("Message-ID", _ids([message_id])), ("To", _addresses(to))))


def body(parts: Parts, seed: str) -> bytes:
    """All the rest: the other headers and the parts. `seed` makes the boundaries. Raises InvalidInput."""
    headers = _lines(
        (
            # A zone would say where the letter was written.
            ("Date", format_datetime(parts.date.astimezone(UTC))),
            ("From", _addresses([parts.sender])),
            ("Cc", _addresses(parts.cc)),
            ("Reply-To", _addresses(parts.reply_to)),
            ("Subject", _words(parts.subject)),
            ("In-Reply-To", _ids([parts.in_reply_to] if parts.in_reply_to else [])),
            ("References", _ids(parts.references)),
            ("Auto-Submitted", "auto-generated" if parts.automatic else ""),
        )
    )
    return headers + _content(parts, seed)


def _content(parts: Parts, seed: str) -> bytes:
    """Text, HTML and files, each in a transfer encoding of short ASCII lines (RFC 2045)."""
    message = EmailMessage(policy=SMTP)
    message.set_content(parts.text, cte="quoted-printable")
    # The line break before a boundary belongs to the boundary (RFC 2046 section 5.1.1), not to the text.
    message.set_payload(str(message.get_payload()).rstrip("\r\n"))
    message.add_alternative(parts.html, subtype="html", cte="quoted-printable")
    stands_for: dict[bytes, bytes] = {}
    for number, attachment in enumerate(parts.attachments):
        mark = _mark(seed, number) if attachment.content else b""
        stands_for |= {mark: attachment.content} if mark else {}
        maintype, _, subtype = attachment.media_type.partition("/")
        message.add_attachment(mark, maintype=maintype, subtype=subtype, filename=_plain(attachment.filename))
    for number, part in enumerate(p for p in message.walk() if p.is_multipart()):
        part.set_boundary(f"=_{seed}_{number}")
    return _with_files(message.as_bytes(), stands_for)


def _mark(seed: str, number: int) -> bytes:
    """What stands for a file while the parts are put together; it fits on one line of base64."""
    return sha256(f"{seed} {number}".encode()).digest()


def _with_files(message: bytes, stands_for: Mapping[bytes, bytes]) -> bytes:
    """The message with its files for their marks.

    The email package takes each line of base64 in hand several times, which is most of the time of a PDF.
    """
    pieces = []
    for mark, content in reversed(list(stands_for.items())):  # from the end, where no words of people are
        message, _, end = message.rpartition(b2a_base64(mark, newline=False))
        encoded = b2a_base64(content, newline=False)
        lines = (encoded[at : at + BASE64_LINE] for at in range(0, len(encoded), BASE64_LINE))
        pieces += [end, b"\r\n".join(lines)]
    return b"".join([message, *reversed(pieces)])


def _lines(headers: Sequence[tuple[str, str]]) -> bytes:
    """Header lines; an empty one is left out."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers if value).encode()
    if _TOO_LONG.search(lines):
        raise InvalidInput("a mail header holds a word that is too long")
    return lines


def _addresses(boxes: Sequence[Mailbox]) -> str:
    """An address list, one to a line, as RFC 5322 and RFC 2047 write it."""
    return f",{_FOLD}".join(_address(box) for box in boxes)


def _address(box: Mailbox) -> str:
    """One address, folded at its spaces: the name is a plain phrase, a quoted string or encoded words.

    CPython's own folding drops the quotes of a long quoted name (seen on 3.11 to 3.13): a comma in the name
    of an organisation would then end one address and begin another.
    """
    address, name = written(box.address), _plain(box.name)
    if not name:
        return address
    if not _folds(name):
        return f"{_encoded(name)} <{address}>"
    quoted = '"' + name.replace("\\", r"\\").replace('"', r"\"") + '"'
    return _folded(f"{name if _PLAIN_PHRASE.fullmatch(name) else quoted} <{address}>")


def _words(text: str) -> str:
    """Words of a header, folded as they are if that loses nothing, else encoded (RFC 2047)."""
    plain = _plain(text)
    return _folded(plain) if _folds(plain) and plain == " ".join(plain.split()) else _encoded(plain)


def _folds(text: str) -> bool:
    """Whether it can be written as it is: ASCII, in words that fit on a line, none that looks encoded."""
    return text.isascii() and "=?" not in text and max(map(len, text.split()), default=0) <= LONGEST_WORD


def _ids(ids: Sequence[str]) -> str:
    """Message-IDs, one to a line: nothing may stand inside one (RFC 5322 section 3.6.4)."""
    return _FOLD.join(f"<{_plain(message_id)}>" for message_id in ids)


def _encoded(text: str) -> str:
    return Header(text, "utf-8", maxlinelen=70).encode(linesep="\r\n")


def _folded(text: str) -> str:
    return _FOLD.join(textwrap.wrap(text, 66, break_long_words=False, break_on_hyphens=False))


def _plain(value: str) -> str:
    if has_controls(value):
        raise InvalidInput("a mail header cannot hold control characters")
    return value
