"""Building the bytes of a mail from its parts; the same parts always give the same bytes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from campaign.core.errors import InvalidInput
from campaign.core.text import has_controls

POLICY = SMTP.clone(max_line_length=78)


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
    """What a builder makes of a mail. `automatic` marks machine mail (RFC 3834); letters to addressees never carry that mark."""

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
