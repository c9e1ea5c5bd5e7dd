"""What is known about typed country names: how text is folded, and what each folded name stands for."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.core import get_global

from campaign.core.misspellings import Speller

DATA = Path(__file__).parent / "data"
# ISO 3166-1 alpha-2, and XK, the code in general use for Kosovo.
CODES = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW
    BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI
    FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN
    IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME
    MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF
    PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV
    SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK
    YE YT ZA ZM ZW
    """.split()
)

AMBIGUOUS = "?"
NOWHERE = "-"

# Languages whose names a misspelling may be corrected to, and which win over a clash further afield.
MAIN_LANGUAGES = ("ar", "de", "en", "es", "fr", "it", "nl", "pt", "ru")

_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ə": "e"}
    | {"ى": "ي", "ی": "ي", "ې": "ي", "ک": "ك", "ة": "ه", "ە": "ه", "ھ": "ه", "ـ": None, "ё": "е"}
)
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘`´ʼʻʹʿʾ′"))
_DROPPED_WORDS = frozenset(("and", "the", "of"))
_WORDS = {"saint": "st", "rep": "republic", "dem": "democratic", "is": "islands", "isl": "islands"}
# Written with a bare alef: in أ and آ ("ألمانيا", "آلمان") these letters belong to the name.
_ARABIC_ARTICLE = re.compile(r"(?<!\w)ال(?=\w{3})")


def _is_accent(character: str) -> bool:
    """Marks one may leave out: accents, Hebrew points, Arabic vowels; other scripts' signs are letters."""
    point = ord(character)
    return 0x300 <= point <= 0x36F or 0x591 <= point <= 0x5C7 or 0x64B <= point <= 0x65F or point == 0x670


def plain(text: str) -> str:
    """Text in lower case without accents, apostrophes and invisible marks (bidi controls among them)."""
    text = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES)
    text = unicodedata.normalize("NFKD", text.casefold())
    kept = (c for c in text if not _is_accent(c) and unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFC", "".join(kept)).translate(_LETTERS)


def words(text: str) -> list[str]:
    """The words that tell names apart, folded: no punctuation, no "the", "and", "of", no Arabic article."""
    text = plain(_ARABIC_ARTICLE.sub("", unicodedata.normalize("NFC", text)))
    spaced = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in text)
    return [_WORDS.get(word, word) for word in spaced.split() if word not in _DROPPED_WORDS]


def fold(text: str) -> str:
    """The key under which a name is looked up; spaces do not count, so that "Viet Nam" is "Vietnam"."""
    return "".join(words(text))


@dataclass(frozen=True)
class Index:
    """Folded names and what each stands for: a code, "?" (unclear) or "-" (no country).

    `names` holds all of them; `unclear` and `regions` are our own lists among them; `alpha3` has ISO's
    three-letter codes; `speller` corrects a close misspelling of a name in a main language.
    """

    names: Mapping[str, str]
    unclear: frozenset[str]
    regions: frozenset[str]
    alpha3: Mapping[str, str]
    speller: Speller


@cache
def index() -> Index:
    """The whole table, read once in a process; our own lists have the last word over CLDR's names."""
    names, main = _read_names(DATA / "country_names.tsv")
    ours = tomllib.loads((DATA / "country_aliases.toml").read_text(encoding="utf-8"))
    aliases = {fold(alias): code for code, listed in ours["aliases"].items() for alias in listed}
    regions, nowhere, unclear = (_folded(ours[part]["names"]) for part in ("regions", "nowhere", "unclear"))
    names |= aliases | dict.fromkeys(regions | nowhere, NOWHERE) | dict.fromkeys(unclear, AMBIGUOUS)
    targets = frozenset(name for name in main | aliases.keys() if names[name] in CODES)
    return Index(names, unclear, regions, _alpha3(), Speller(names, targets))


def _read_names(path: Path) -> tuple[dict[str, str], set[str]]:
    """The generated table: lines of code, names in main languages, in others; TAB between, `|` within."""
    names: dict[str, str] = {}
    main: set[str] = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            code, here, elsewhere = line.split("\t")
            main.update(here.split("|"))
            names.update(dict.fromkeys(here.split("|") + elsewhere.split("|"), code))
    names.pop("", None)
    return names, main - {""}


def _folded(listed: Iterable[str]) -> frozenset[str]:
    return frozenset(map(fold, listed))


def _alpha3() -> dict[str, str]:
    """ISO 3166-1 alpha-3 codes that stand for one present code, from CLDR's territory aliases."""
    found = get_global("territory_aliases").items()
    return {old: new[0] for old, new in found if len(old) == 3 and len(new) == 1 and new[0] in CODES}
