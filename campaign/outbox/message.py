"""Building the bytes of a mail from its parts; the same parts always give the same bytes."""

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any

from campaign.core.errors import InvalidInput
from campaign.core.text import has_controls

ADDRESS_HEADERS = ("from", "to", "cc", "reply-to")
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
LINE_END = "\r\n"


class _Policy(EmailPolicy):
    """The standard policy, but address headers are folded here.

    CPython's refolding drops the quotes of a long quoted name (seen on 3.11 to 3.13): a comma in the name of
    an organisation would then end one address and begin another.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() not in ADDRESS_HEADERS:
            return super().fold_binary(name, value)
        folded = ",\r\n ".join(_address(a) for a in value.addresses)
        return f"{name}: {folded}\r\n".encode("ascii")


def _address(address: Address) -> str:
    """One address as RFC 5322 and RFC 2047 write it, folded at its spaces.

    The name is a plain phrase or a quoted string; one that is not ASCII becomes encoded words.
    """
    name = address.display_name
    if not name:
        return address.addr_spec
    if not name.isascii():
        return f"{Header(name, 'utf-8', maxlinelen=70).encode(linesep=LINE_END)} <{address.addr_spec}>"
    quoted = '"' + name.replace("\\", r"\\").replace('"', r"\"") + '"'
    phrase = name if _PLAIN_PHRASE.fullmatch(name) else quoted
    whole = f"{phrase} <{address.addr_spec}>"
    lines = textwrap.wrap(whole, 66, break_long_words=False, break_on_hyphens=False)
    return f"{LINE_END} ".join(lines)


POLICY = _Policy(linesep="\r\n", max_line_length=78)


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

    `automatic` marks machine mail (RFC 3834); letters to addressees never carry that mark.
    """

    subject: str
    text: str
    html: str
    to: Sequence[Mailbox]
    sender: Mailbox
    date: datetime
    cc: Sequence[Mailbox] = ()
    reply_to: Sequence[Mailbox] = ()
    attachments: Sequence[Attachment] = field(default_factory=tuple)
    automatic: bool = True


def compose(parts: Parts, message_id: str, seed: str) -> bytes:
    """The message with CRLF line ends. Raises InvalidInput for a header that holds control characters."""
    message = EmailMessage(policy=POLICY)
    message["Message-ID"] = f"<{message_id}>"
    message["Date"] = format_datetime(parts.date)
    message["From"] = _addresses([parts.sender])
    message["To"] = _addresses(parts.to)
    for name, boxes in (("Cc", parts.cc), ("Reply-To", parts.reply_to)):
        if boxes:
            message[name] = _addresses(boxes)
    message["Subject"] = _header(parts.subject)
    if parts.automatic:
        message["Auto-Submitted"] = "auto-generated"
    message.set_content(parts.text, cte="quoted-printable")
    # The line break before a boundary belongs to the boundary (RFC 2046 section 5.1.1), not to the text.
    message.set_payload(str(message.get_payload()).rstrip("\r\n"))
    message.add_alternative(parts.html, subtype="html", cte="quoted-printable")
    for attachment in parts.attachments:
        maintype, _, subtype = attachment.media_type.partition("/")
        message.add_attachment(
            attachment.content, maintype=maintype, subtype=subtype, filename=attachment.filename
        )
    _set_boundaries(message, seed)
    return message.as_bytes()


def _set_boundaries(message: EmailMessage, seed: str) -> None:
    for number, part in enumerate(p for p in message.walk() if p.is_multipart()):
        part.set_boundary(f"=_{seed}_{number}")


def _addresses(boxes: Sequence[Mailbox]) -> tuple[Address, ...]:
    return tuple(Address(display_name=_header(box.name), addr_spec=_header(box.address)) for box in boxes)


def _header(value: str) -> str:
    if has_controls(value):
        raise InvalidInput("a mail header cannot hold control characters")
    return value
