"""Typed text made clean and comparable.

What people write, kept as they wrote it, and folded forms to compare by.
"""

import re
import unicodedata

from anyascii import anyascii

# Bidirectional controls reorder what stands around them on a page; names are isolated by markup instead.
BIDI_CONTROLS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_BIDI = dict.fromkeys(map(ord, BIDI_CONTROLS))
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u2060\u00ad"))
_SPACES = re.compile(r"\s+")


def clean(text: str) -> str:
    """One line as it should be kept.

    NFC, bidi controls and invisible marks removed, white space folded, trimmed.
    """
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text).translate(_BIDI).translate(_INVISIBLE)).strip()


def clean_lines(text: str) -> str:
    """Several lines as they should be kept: NFC, LF line ends, no bidi controls; inner white space stays."""
    text = unicodedata.normalize("NFC", text).translate(_BIDI).replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def has_controls(text: str, lines: bool = False) -> bool:
    """Whether the text holds control characters (Cc) or lone surrogates.

    With `lines`, line ends and tabs are fine.
    """
    allowed = "\n\r\t" if lines else ""
    return any(unicodedata.category(c) in ("Cc", "Cs") and c not in allowed for c in text)


def fold(name: str) -> str:
    """A name to compare by: NFKC, case folded, punctuation and symbols as spaces, spaces folded.

    May be empty.
    """
    text = unicodedata.normalize("NFKC", name).casefold().translate(_BIDI).translate(_INVISIBLE)
    text = unicodedata.normalize("NFKC", text)
    kept = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in text)
    return _SPACES.sub(" ", kept).strip() or _SPACES.sub(" ", text).strip()


def ascii_name(text: str, longest: int = 60) -> str:
    """A file name part in ASCII letters, digits and hyphens; never empty."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", anyascii(text)).strip("-")
    return plain[:longest].strip("-") or "letter"


def mailbox(address: str) -> str:
    """A mail address to compare by: lower case, +tag removed, and dots for Gmail only, which ignores them."""
    local, _, domain = address.strip().lower().rpartition("@")
    local = local.split("+", 1)[0]
    if domain in ("gmail.com", "googlemail.com"):
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"
