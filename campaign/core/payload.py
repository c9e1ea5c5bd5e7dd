"""A message as it goes over the line to the relay."""

import re
from dataclasses import dataclass
from typing import Self

_LINE_ENDS = re.compile(rb"\r\n|\r|\n")
END = b".\r\n"


@dataclass(frozen=True, slots=True)
class Payload:
    """A message as DATA wants it (RFC 5321 section 4.5.2): dots doubled at line starts, the end mark added.

    `wire` is that; `size` is in octets of the message itself (RFC 1870); `ascii` is whether it is 7-bit, as
    all of ours are but for an address that is not. Made once, it serves every recipient.
    """

    wire: bytes
    size: int
    ascii: bool

    @classmethod
    def of(cls, message: bytes) -> Self:
        """A whole message, or one without its first headers.

        Every line ends in CRLF, even if one did not: a lone LF before a dot is how a second mail is smuggled
        in behind the first.
        """
        if not message.count(b"\r\n") == message.count(b"\n") == message.count(b"\r"):
            message = _LINE_ENDS.sub(b"\r\n", message)
        if not message.endswith(b"\r\n"):
            message += b"\r\n"
        stuffed = message.replace(b"\r\n.", b"\r\n..")
        stuffed = b"." + stuffed if stuffed.startswith(b".") else stuffed
        return cls(stuffed + END, len(message), message.isascii())

    def under(self, headers: bytes) -> Self:
        """The same message with these headers (whole lines, none beginning with a dot) before its own."""
        return type(self)(headers + self.wire, len(headers) + self.size, self.ascii and headers.isascii())
