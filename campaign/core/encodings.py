"""In which encoding a text file was saved: marks first, then UTF-8, then the old code page that makes words.

Code pages cannot be told apart for certain, so the guess is always shown and can be changed.
"""

import codecs
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

from campaign.core.errors import InvalidInput

# What a person may choose, in the order in which a guess prefers them; the names are Python's codecs.
CODE_PAGES = (
    "cp1252",
    "cp1250",
    "cp1254",
    "cp1251",
    "cp1256",
    "cp1253",
    "mac-roman",
    "cp932",
)
NAMED: Mapping[str, str] = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 (little-endian)",
    "utf-16-be": "UTF-16 (big-endian)",
    "utf-8+cp1252": "UTF-8, mixed with Windows Western",
    "cp1252": "Windows Western (1252)",
    "cp1250": "Windows Central European (1250)",
    "cp1254": "Windows Turkish (1254)",
    "cp1251": "Windows Cyrillic (1251)",
    "cp1256": "Windows Arabic (1256)",
    "cp1253": "Windows Greek (1253)",
    "mac-roman": "Mac Roman",
    "cp932": "Japanese (Shift-JIS)",
    "cp1255": "Windows Hebrew (1255)",
    "cp1257": "Windows Baltic (1257)",
    "cp1258": "Windows Vietnamese (1258)",
    "cp874": "Thai (874)",
    "koi8-r": "Cyrillic (KOI8-R)",
    "gb18030": "Chinese (GB 18030)",
    "big5": "Chinese (Big5)",
    "euc-kr": "Korean (EUC-KR)",
}
_MIXED = "utf-8+cp1252"
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ANY_LANGUAGE = "áéíóúàèùâêîôûäëïöüçñ"
# The letters beyond ASCII that one language needs. A word is one of that language when it has no others.
_ALPHABETS: Mapping[str, Sequence[str]] = {
    "cp1252": (
        "àâäæçèéêëîïôœùûüÿ",  # French
        "áéíóúüñºª",  # Spanish, Galician
        "àáâãçéêíóôõúüºª",  # Portuguese
        "äöüßé",  # German
        "àèéìíîòóùú",  # Italian
        "àáçèéíïòóúü·",  # Catalan
        "åäöæøé",  # Danish, Norwegian, Swedish, Finnish
        "áéíóúýðþæö",  # Icelandic
        "áàâéèêëïíóöúü",  # Dutch
    ),
    "cp1250": (
        "ąćęłńóśźż",  # Polish
        "áčďéěíňóřšťúůýž",  # Czech
        "áäčďéíĺľňóôŕšťúýž",  # Slovak
        "áéíóöőúüű",  # Hungarian
        "ăâîşţ",  # Romanian, as that code page has it
        "čćđšž",  # Bosnian, Croatian, Serbian, Slovene
        "çë",  # Albanian
    ),
    "cp1254": ("çğıöşüâîûi̇",),
    "cp1251": (
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
        "абвгдеёжзійклмнопрстуўфхцчшыьэюя",
        "абвгдежзийклмнопрстуфхцчшщъьюя",
        "абвгдђежзијклљмнњопрстћуфхцчџш",
        "абвгдѓежзѕијклљмнњопрстќуфхцчџш",
    ),
    "cp1256": ("ءآأؤإئابةتثجحخدذرزسشصضطظعغـفقكلمنهوىيًٌٍَُِّْپچژگ",),
    "cp1253": ("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",),
    "mac-roman": (),
    "cp932": (),
}
_WORDS = re.compile(r"[^\s,;|\t\"'’‘“”«»()\[\]./:&!?@+\-–—…•·0-9]+")
_MOST_WORDS = 5_000
# Mac Roman's own place for the letters of Western Europe, whose alphabets it shares.
_WESTERN = ("cp1252", "mac-roman")


def guessed(content: bytes) -> str:
    """The encoding that a file is most likely in, by a name of NAMED. Never fails."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    if unmarked := _unmarked_utf16(content[:200]):
        return unmarked
    if _decodes(content, "utf-8"):
        return "utf-8"
    if _mostly_utf8(content):
        return _MIXED
    return _likeliest(content)


def decoded(content: bytes, encoding: str | None = None) -> str:
    """The text of a file in that encoding, or in the guessed one; a mark at its start is left out.

    Raises InvalidInput for what is no text, or not in that encoding.
    """
    encoding = encoding or guessed(content)
    if encoding not in NAMED:
        raise InvalidInput("There is no such encoding.", "encoding")
    try:
        text = _mixed(content) if encoding == _MIXED else content.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            "The file is not text in %(encoding)s; please choose another, or save it as UTF-8.",
            "encoding",
            encoding=NAMED[encoding],
        ) from error
    if "\0" in text:
        raise InvalidInput("This is not a text file; only CSV, XLSX and ODS files can be read.")
    return text.removeprefix("\ufeff")


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _unmarked_utf16(head: bytes) -> str | None:
    """UTF-16 without a mark: commas, spaces and line ends put a NUL into every second byte, and hardly ever
    into the others; other texts have none.
    """
    first, second = head[::2].count(0), head[1::2].count(0)
    if max(first, second) * 20 < len(head) or max(first, second) < 4 * min(first, second) or not head:
        return None
    return "utf-16-be" if first > second else "utf-16-le"


def _mostly_utf8(content: bytes) -> bool:
    """Whether nine in ten of the letters beyond ASCII are UTF-8: two files were put together, one of them so.

    By chance two such bytes in a row are UTF-8 once in ten times, and three words in a row hardly ever.
    """
    text = content.decode("utf-8", "surrogateescape")
    wrong = sum("\udc80" <= letter <= "\udcff" for letter in text)
    right = sum(letter > "\x7f" for letter in text) - wrong
    return right > 9 * wrong


def _mixed(content: bytes) -> str:
    """UTF-8 whose stray bytes are Windows Western; what is neither stays a mark of replacement."""
    text = content.decode("utf-8", "surrogateescape")
    return re.sub(
        "[\udc80-\udcff]", lambda stray: bytes([ord(stray[0]) - 0xDC00]).decode("cp1252", "replace"), text
    )


def _likeliest(content: bytes) -> str:
    """The code page in which most words beyond ASCII are words of one of its languages."""
    sample = _sample(content)
    scores = {page: _score(sample, page) for page in CODE_PAGES if _decodes(content, page)}
    if not scores:
        return CODE_PAGES[0]
    return max(scores, key=lambda page: scores[page])  # of equals the first: the order of CODE_PAGES


def _sample(content: bytes) -> bytes:
    """The lines that hold more than ASCII, as far as they are needed to judge."""
    lines = [line for line in content.splitlines(keepends=True) if not line.isascii()]
    return b"".join(lines[:_MOST_WORDS])


def _score(sample: bytes, page: str) -> int:
    """How many words with letters beyond ASCII are plausible, less those that are not."""
    words = [w for w in _WORDS.findall(sample.decode(page, "replace")) if not w.isascii()][:_MOST_WORDS]
    return sum(1 if _plausible(word, page) else -1 for word in words)


@lru_cache(maxsize=20_000)
def _plausible(word: str, page: str) -> bool:
    """Whether all letters of a word beyond ASCII belong to one language, and its capitals come first."""
    if page == "cp932":
        return all(_japanese(letter) for letter in word)
    if not all(unicodedata.category(letter)[0] in "LM" for letter in word) or not _capitals(word):
        return False
    letters = set(word.lower())
    special = {letter for letter in letters if not letter.isascii()}
    own_script = page in ("cp1251", "cp1256", "cp1253")
    if own_script and special != letters:
        return False
    alphabets = _ALPHABETS["cp1252" if page in _WESTERN else page]
    return any(special <= set(alphabet) for alphabet in alphabets)


def _capitals(word: str) -> bool:
    """Whether the word is in small letters, in capitals, or begins with one: "pÈre" is a misreading."""
    rest = word[1:]
    return (
        word.isupper()
        or not any(letter.isupper() and not letter.isascii() for letter in rest)
        or (word.upper() == word)
    )


def _japanese(letter: str) -> bool:
    """Kana, kanji and full-width forms; not the half-width kana, which every single byte can be."""
    return "\u3000" <= letter <= "\u30ff" or "\u4e00" <= letter <= "\u9fff" or "\uff01" <= letter <= "\uff5e"
