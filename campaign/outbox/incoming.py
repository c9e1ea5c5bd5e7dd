"""A message from outside taken apart: bounded in size, depth and time, and never an error.

The standard library's parser is not used: it recurses at each level of nesting, so that two thousand levels
end in a RecursionError, and anybody on the Internet can write to the address that is read here.
"""

import binascii
import quopri
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

LARGEST = 1 << 20  # octets of a message that are looked at; a report says what it has to say far earlier
LONGEST_HEADERS, LONGEST_HEADER, MOST_HEADERS = 1 << 16, 2000, 500
DEEPEST, MOST_PARTS = 8, 64
_HEADER = re.compile(rb"([!-9;-~]+)[ \t]*:[ \t]*(.*)")
_FOLD = re.compile(rb"\n(?=[ \t])")
_PARAMETER = re.compile(r';\s*([\w-]+)\*?\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))')
_FIRST_BOUNDARY = re.compile(rb"^--(\S[^\n]{0,200})$", re.MULTILINE)
# Codecs whose time grows with the size of the text and no faster; others, such as punycode, are not for mail.
_CHARSET = re.compile(
    r"utf-?8|us-ascii|iso-8859-\d+|windows-\d+|koi8-\w|gb\w+|big5|euc-\w+|shift_jis|iso-2022-\w+", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Part:
    """A message or one of its parts; names of headers, the media type and parameters are in lower case."""

    headers: tuple[tuple[str, str], ...]
    media_type: str
    body: bytes = field(repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict)

    def every(self, name: str) -> tuple[str, ...]:
        """All values of a header, from the top."""
        return tuple(value for key, value in self.headers if key == name)

    def first(self, name: str) -> str:
        """The topmost value of a header, or an empty string."""
        return next(iter(self.every(name)), "")

    def text(self) -> str:
        """The body decoded as its headers say, as far as that goes; what cannot be read is replaced."""
        body = _plain(self.body, self.first("content-transfer-encoding").strip().lower())
        charset = self.parameters.get("charset", "").lower()
        try:
            return body.decode(charset if _CHARSET.fullmatch(charset) else "utf-8", "replace")
        except LookupError:
            return body.decode("utf-8", "replace")


def normal(raw: bytes) -> bytes:
    """What is looked at of a message: its first MiB, lines ended by LF, without an mbox's From line."""
    raw = raw[:LARGEST].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return raw.partition(b"\n")[2] if raw.startswith(b"From ") else raw


def opened(raw: bytes) -> list[Part]:
    """The message itself, then its parts in order; messages inside it (such as a returned one) stay shut.

    Takes what `normal` returned.
    """
    return list(_walk(raw, "text/plain"))


def fields(block: str) -> dict[str, str]:
    """One block of `Name: value` lines by lower-case name; of a name that comes twice the first counts."""
    found: dict[str, str] = {}
    for name, value in _headers(block.encode("utf-8", "replace")):
        found.setdefault(name, value)
    return found


def _walk(raw: bytes, default: str) -> Iterator[Part]:
    # A list of what is still to be opened instead of recursion: depth and number are looked at in one place.
    waiting, count = [(raw, default, 0)], 0
    while waiting and count < MOST_PARTS:
        piece, media_type, depth = waiting.pop()
        part = _part(piece, media_type)
        count += 1
        yield part
        if part.media_type.startswith("multipart/") and depth < DEEPEST:
            inner = "message/rfc822" if part.media_type == "multipart/digest" else "text/plain"
            pieces = [(p, inner, depth + 1) for p in _pieces(part)]
            waiting.extend(reversed(pieces))


def _part(raw: bytes, default: str) -> Part:
    head, _, body = (b"", b"", raw[1:]) if raw.startswith(b"\n") else raw.partition(b"\n\n")
    headers = _headers(head)
    label = next((value for name, value in headers if name == "content-type"), default)
    media_type = label.partition(";")[0].strip().lower() or default
    parameters = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(label[:500])}
    return Part(headers, media_type, body, parameters)


def _headers(head: bytes) -> tuple[tuple[str, str], ...]:
    lines = _FOLD.sub(b"", head[:LONGEST_HEADERS]).split(b"\n", MOST_HEADERS)[:MOST_HEADERS]
    matches = (_HEADER.fullmatch(line[:LONGEST_HEADER]) for line in lines)
    return tuple(
        (m[1].decode("ascii").lower(), m[2].decode("utf-8", "replace").strip()) for m in matches if m
    )


def _pieces(part: Part) -> Iterator[bytes]:
    """What stands between boundaries.

    Where the label names none that occurs, the first line that looks like one is taken.
    """
    marks = _marks(part.body, part.parameters.get("boundary", "").encode("utf-8", "replace"))
    if not marks and (guess := _FIRST_BOUNDARY.search(part.body)):
        marks = _marks(part.body, guess[1].rstrip())
    ends = [mark.start() for mark in marks[1:]] + [len(part.body)]
    for mark, end in zip(marks, ends, strict=False):  # without a mark there is an end, and nothing before it
        if mark[1]:
            return
        # The line end before a boundary belongs to the boundary (RFC 2046 section 5.1.1).
        yield part.body[mark.end() + 1 : max(end - 1, mark.end() + 1) if end < len(part.body) else end]


def _marks(body: bytes, boundary: bytes) -> list[re.Match[bytes]]:
    if not boundary:
        return []
    line = re.compile(rb"^--" + re.escape(boundary) + rb"(--)?[ \t]*$", re.MULTILINE)
    return [mark for mark, _ in zip(line.finditer(body), range(MOST_PARTS), strict=False)]


def _plain(body: bytes, encoding: str) -> bytes:
    if encoding == "quoted-printable":
        return quopri.decodestring(body)
    if encoding != "base64":
        return body
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
    letters = letters[:-1] if len(letters) % 4 == 1 else letters
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
