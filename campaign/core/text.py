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
# Most of what is compared by the thousand is ASCII, which no Unicode form changes.
_ASCII_WORDS = "".join(chr(point) if chr(point).isalnum() else " " for point in range(128))


def clean(text: str) -> str:
    """One line as it should be kept.

    NFC, bidi controls and invisible marks removed, white space folded, trimmed.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).translate(_BIDI).translate(_INVISIBLE)
    return _spaced(text)


def _spaced(text: str) -> str:
    return " ".join(text.split())


def clean_lines(text: str) -> str:
    """Several lines as they should be kept: NFC, LF line ends, no bidi controls; inner white space stays."""
    text = unicodedata.normalize("NFC", text).translate(_BIDI).replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def has_controls(text: str, lines: bool = False) -> bool:
    """Whether the text holds control characters (Cc) or lone surrogates.

    With `lines`, line ends and tabs are fine.
    """
    if text.isprintable():
        return False
    allowed = "\n\r\t" if lines else ""
    return any(unicodedata.category(c) in ("Cc", "Cs") and c not in allowed for c in text)


def fold(name: str) -> str:
    """A name to compare by: NFKC, case folded, punctuation and symbols as spaces, spaces folded.

    May be empty.
    """
    if name.isascii():
        text = name.lower()
        return _spaced(text.translate(_ASCII_WORDS)) or _spaced(text)
    text = unicodedata.normalize("NFKC", name).casefold().translate(_BIDI).translate(_INVISIBLE)
    text = unicodedata.normalize("NFKC", text)
    kept = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in text)
    return _spaced(kept) or _spaced(text)


def respells(old: str, new: str) -> bool:
    """Whether two names have the same letters and digits in the same order.

    Case, accents, punctuation and spaces may differ. Many small steps lead nowhere: what is the same as the
    first is the same as the last.
    """
    return _letters(old) == _letters(new)


def _letters(name: str) -> str:
    """What is left of a name without case, accents, punctuation and spaces; vowel signs are no accents."""
    apart = unicodedata.normalize("NFD", fold(name))
    return "".join(c for c in apart if not unicodedata.combining(c) and not c.isspace())


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
