"""What is known about typed country names: how text is folded, and what each folded name stands for."""

import re
import tomllib
import unicodedata
from collections import defaultdict
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
    if text.isascii():
        return text.lower().replace("'", "").replace("`", "")
    text = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES)
    text = unicodedata.normalize("NFKD", text.casefold())
    kept = (c for c in text if not _is_accent(c) and unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFC", "".join(kept)).translate(_LETTERS)


def words(text: str) -> list[str]:
    """The words that tell names apart, folded: no punctuation, no "the", "and", "of", no Arabic article."""
    text = plain(_ARABIC_ARTICLE.sub("", unicodedata.normalize("NFC", text)))
    spaced = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in text)
    found = [word for word in spaced.split() if word not in _DROPPED_WORDS]
    # As a first word "is" is the Maltese article: "is-Sudan".
    return [word if (at, word) == (0, "is") else _WORDS.get(word, word) for at, word in enumerate(found)]


def fold(text: str) -> str:
    """The key under which a name is looked up; spaces do not count, so that "Viet Nam" is "Vietnam"."""
    return "".join(words(text))


@dataclass(frozen=True)
class Index:
    """Folded names and what each stands for: a code, "?" (unclear) or "-" (no country).

    `names` holds all of them; `unclear` and `regions` are our own lists among them; `alpha3` has ISO's
    three-letter codes; `places` are cities and the like with the countries they lie in; `remarks` are words
    that say nothing about which country; `speller` corrects a close misspelling of a name in a main language.
    """

    names: Mapping[str, str]
    unclear: frozenset[str]
    regions: frozenset[str]
    alpha3: Mapping[str, str]
    places: Mapping[str, frozenset[str]]
    remarks: frozenset[str]
    speller: Speller


# What the operator says a text stands for, folded; see `country_overrides`.
_typed: dict[str, str] = {}


def set_typed(meanings: Mapping[str, str]) -> None:
    """From here on these texts stand for these codes, "?" or "-", whatever our own lists say."""
    _typed.clear()
    _typed.update({fold(text): meaning for text, meaning in meanings.items()})
    index.cache_clear()


@cache
def index() -> Index:
    """The whole table, read once in a process; our own lists have the last word over CLDR's names.

    The operator's have it over ours.
    """
    names, main = _read_names(DATA / "country_names.tsv")
    ours = tomllib.loads((DATA / "country_aliases.toml").read_text(encoding="utf-8"))
    aliases = {fold(alias): code for code, listed in ours["aliases"].items() for alias in listed}
    lists = {part: _folded(listed["names"]) for part, listed in ours.items() if "names" in listed}
    unclear, nowhere = lists["unclear"] - _typed.keys(), lists["nowhere"]
    # "Pakistani" is Pakistan in Swahili.
    shown = tomllib.loads((DATA / "country_display.toml").read_text(encoding="utf-8"))
    names = {fold(words): code for code, by_tag in shown.items() for words in by_tag.values()} | names
    names = dict.fromkeys(lists["peoples"], NOWHERE) | names
    names |= (
        aliases
        | dict.fromkeys(lists["regions"] | nowhere, NOWHERE)
        | dict.fromkeys(unclear, AMBIGUOUS)
        | _typed
    )
    places, languages = _read_places(DATA / "country_places.tsv", ours["cities"])
    targets = frozenset(name for name in main | aliases.keys() if names[name] in CODES)
    speller = Speller(names, targets, languages | places.keys() | lists["remarks"])
    return Index(names, unclear, lists["regions"], _alpha3(), places, lists["remarks"], speller)


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


def _read_places(
    path: Path, ours: Mapping[str, Iterable[str]]
) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """Cities with the countries they lie in, and the names of languages, which the table lists under "-"."""
    found: dict[str, set[str]] = defaultdict(set)
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            code, listed = line.split("\t")
            for place in listed.split("|"):
                found[place].add(code)
    for code, names in ours.items():
        for name in names:
            found[fold(name)].add(code)
    languages = frozenset(name for name, codes in found.items() if NOWHERE in codes)
    return {name: frozenset(codes) for name, codes in found.items() if NOWHERE not in codes}, languages


def _folded(listed: Iterable[str]) -> frozenset[str]:
    return frozenset(map(fold, listed))


def _alpha3() -> dict[str, str]:
    """ISO 3166-1 alpha-3 codes that stand for one present code, from CLDR's territory aliases."""
    found = get_global("territory_aliases").items()
    known = ((old, new[0]) for old, new in found if len(old) == 3 and old.isalpha() and len(new) == 1)
    return {old: new for old, new in known if new in CODES}
