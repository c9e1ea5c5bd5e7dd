"""The mails the demo's mail server kept, read from their files; no web in here."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any, cast

from markupsafe import Markup, escape

PARSER = BytesParser(policy=default)
_ADDRESS = re.compile(r'\shref="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Summary:
    """A line of the mailbox. `recipients` are those of the envelope; `to` is what the mail itself says.

    `in_reply_to` is the Message-ID of the mail before, empty for the first of a thread.
    """

    number: int
    message_id: str
    in_reply_to: str
    recipients: tuple[str, ...]
    received_at: datetime
    to: str
    subject: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a mail."""

    name: str
    kind: str
    content: bytes

    @property
    def is_pdf(self) -> bool:
        return self.kind == "application/pdf"

    @property
    def sha256(self) -> str:
        """Its hash in hexadecimal, as /verify takes it."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Opened:
    """A whole mail. `headers` are (name, value) as people know them; `html` is empty when it has none.

    `mail_from` and `recipients` are the envelope's; `in_reply_to` is the Message-ID of the mail before.
    """

    mail_from: str
    recipients: tuple[str, ...]
    in_reply_to: str
    headers: tuple[tuple[str, str], ...]
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...]


def summaries(mailbox: Path) -> list[Summary]:
    """All kept mails, newest first."""
    files = sorted(mailbox.glob("[0-9]*.eml"), reverse=True)
    return [_summary(file) for file in files]


def opened(mailbox: Path, number: int) -> Opened | None:
    """One kept mail; None when there is none of that number."""
    file = mailbox / f"{number:06}.eml"
    if not file.is_file():
        return None
    message, envelope = _message(file, headers_only=False), _envelope(file)
    shown = ("From", "To", "Cc", "Reply-To", "Date")
    return Opened(
        mail_from=envelope["mail_from"],
        recipients=tuple(envelope["rcpt_tos"]),
        in_reply_to=_header(message, "In-Reply-To"),
        headers=tuple((name, header) for name in shown if (header := _header(message, name))),
        subject=_header(message, "Subject"),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        attachments=tuple(
            Attachment(
                part.get_filename() or f"part-{number}",
                part.get_content_type(),
                cast(bytes, part.get_payload(decode=True) or b""),
            )
            for number, part in enumerate(message.iter_attachments(), 1)
        ),
    )


def header_bytes(mailbox: Path, number: int) -> bytes:
    """The headers of a kept mail as they came, without the empty line after them."""
    return (mailbox / f"{number:06}.eml").read_bytes().partition(b"\r\n\r\n")[0] + b"\r\n"


def answered(mailbox: Path, mail: Opened) -> Summary | None:
    """The mail that this one goes on from, if it is here; of copies, the same reader's."""
    if not mail.in_reply_to:
        return None
    found = [other for other in summaries(mailbox) if other.message_id == mail.in_reply_to]
    same = [other for other in found if set(other.recipients) & set(mail.recipients)]
    return next(iter(same or found), None)


def linked(text: str, base: str) -> Markup:
    """A plain text as HTML in which addresses below `base` can be followed, and no others."""
    pieces = re.split(rf"({re.escape(base)}/[^\s<>\"']*)", text)
    return Markup("").join(
        Markup('<a href="{0}">{0}</a>').format(piece) if place % 2 else escape(piece)
        for place, piece in enumerate(pieces)
    )


def framed(html: str, base: str) -> str:
    """A mail's HTML for a frame: links below `base` open in the whole window, all others are taken out."""

    def kept(found: re.Match[str]) -> str:
        if found[1].startswith("#"):
            return f'{found[0]} target="_self"'
        return found[0] if found[1].startswith(f"{base}/") else ""

    return _ADDRESS.sub(kept, html).replace("<head>", '<head><base target="_top">', 1)


def _summary(file: Path) -> Summary:
    message = _message(file, headers_only=True)
    envelope = _envelope(file)
    return Summary(
        number=int(file.stem),
        message_id=_header(message, "Message-ID"),
        in_reply_to=_header(message, "In-Reply-To"),
        recipients=tuple(envelope["rcpt_tos"]),
        received_at=datetime.fromisoformat(envelope["received_at"]),
        to=_header(message, "To"),
        subject=_header(message, "Subject"),
    )


def _envelope(file: Path) -> dict[str, Any]:
    """What `sink.Mailbox` wrote beside a mail."""
    envelope: dict[str, Any] = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    return envelope


def _message(file: Path, headers_only: bool) -> EmailMessage:
    with file.open("rb") as content:
        return PARSER.parse(content, headersonly=headers_only)


def _header(message: EmailMessage, name: str) -> str:
    """A header as people read it; empty when there is none.

    Not `message[name]`: it keeps the blank between two encoded words, which RFC 2047 section 6.2 drops.
    """
    raw = next((value for header, value in message.raw_items() if header.lower() == name.lower()), "")
    return str(make_header(decode_header(re.sub(r"\r?\n", "", raw)))).strip()


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
