"""What is left of a word when what inflection adds is taken away, in whichever script it is written."""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

from campaign.core.confusables import script

# Scripts whose words are known by their transcription too; those of others would be taken for other words.
_TRANSCRIBED = ("", "LATIN", "CYRILLIC", "GREEK", "GEORGIAN", "ARMENIAN", "CJK")
_CYRILLIC_ENDINGS = (
    "ский ская ска ско ски ское ские ского ской ськии цький цька зький зька ыми ими ого его ому ему ами ями "
    "ського ської ська ські ах ях ов ев їв ів ей ий ый ой ая яя ое ее ые ие ую юю ам ям ом ем ію ія ії "
    "ию ия ии ті а я о е ы и у ю ь й і ї є"
).split()
_GREEK_ENDINGS = "ματος ματα ους ων ος ης ας ες εις α η ο ι ου ον".split()
_ARABIC_LETTERS = str.maketrans("أإآٱىیةؤئکھ", "اااايي" + "هويكه", "ـًٌٍَُِّْٰ")
_ARABIC_BEFORE = ("وال", "بال", "كال", "فال", "لل", "ال")
_ARABIC_AFTER = ("يات", "يه", "ات", "ين", "ون", "ه")


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A word without its endings, in Latin letters where those tell words apart; never empty for a word."""
    letters = unicodedata.normalize("NFKC", word).casefold()
    written = next((s for s in map(script, letters) if s), "")
    if written == "ARABIC":
        return _stem_arabic(letters)
    if written not in _TRANSCRIBED:
        return "".join(c for c in letters if c not in "\u200c\u200d")
    if written == "CYRILLIC":
        letters = _without(letters, _CYRILLIC_ENDINGS, 4)
    elif written == "GREEK":
        bare = "".join(c for c in unicodedata.normalize("NFD", letters) if unicodedata.category(c) != "Mn")
        letters = _without(bare, _GREEK_ENDINGS, 4)
    plain = re.sub(r"[^a-z0-9]", "", anyascii(letters).lower())
    return _stem_latin(plain) or letters


def spoken(word: str) -> str:
    """A word as it sounds alone: an Arabic one without its article."""
    if not word.isascii() and any(script(c) == "ARABIC" for c in word):
        letters = word.translate(_ARABIC_LETTERS)
        before = next((b for b in _ARABIC_BEFORE if letters.startswith(b) and len(letters) - len(b) > 2), "")
        return letters.removeprefix(before)
    return word


def _without(word: str, endings: list[str], shortest: int) -> str:
    for ending in endings:
        if word.endswith(ending) and len(word) - len(ending) >= shortest:
            return word.removesuffix(ending)
    return word


def _stem_latin(word: str) -> str:
    word = without_umlauts(word).replace("iz", "is").replace("ph", "f")
    word = re.sub(r"([a-z])\1", r"\1", word)
    word = re.sub(r"(?<=isch)e[rsnm]$", "", word)
    if len(word) > 4:
        word = re.sub(r"ies$", "y", word)
        word = re.sub(r"[sx]$", "", word)
    if len(word) > 4:
        word = re.sub(r"our$", "or", word)
        word = re.sub(r"e$", "", word)
    return re.sub(r"[aio]$", "", word) if len(word) > 5 else word


def without_umlauts(word: str) -> str:
    """A word with "ä", which is spelt "ae" too, and its like as plain letters; all in ASCII."""
    return word.replace("ae", "a").replace("oe", "o").replace("ue", "u")


def _stem_arabic(word: str) -> str:
    word = word.translate(_ARABIC_LETTERS)
    for before in _ARABIC_BEFORE:
        if word.startswith(before) and len(word) - len(before) >= 3:
            word = word.removeprefix(before)
            break
    for after in _ARABIC_AFTER:
        if word.endswith(after) and len(word) - len(after) >= 3:
            return word.removesuffix(after)
    return word
