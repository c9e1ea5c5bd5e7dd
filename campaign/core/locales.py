"""Facts about languages: direction, own names, dates, moments with their zone, numbers, order in lists.

Digits are Western ones (0-9) in every language, in dates and numbers alike; the clock has 24 hours.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from anyascii import anyascii
from babel import Locale, UnknownLocaleError, dates, numbers
from babel.lists import format_list

from campaign.core.errors import InvalidInput

INTERFACE = ("en", "fr", "es", "pt", "ru", "ar")  # what our own sentences are in

# Plain "en" means American dates to CLDR; this house writes British English.
_REGION = {"en": "en_GB"}
_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")

# Where CLDR's list of units is how names stand in a row: with commas, which the plain list of Arabic has not.
_ROWS = ("ar",)

# Letters of their own in a language and the letter they stand after (CLDR collation, main rules):
# "z" right after z, "zz" one further.
_LAST = "\U0010fffd"
_OWN_LETTERS = {
    "cs": {"č": "c", "ch": "h", "ř": "r", "š": "s", "ž": "z"},
    "da": {"æ": "z", "ø": "zz", "å": "zzz"},
    "es": {"ñ": "n"},
    "fi": {"å": "z", "ä": "zz", "ö": "zzz"},
    "hr": {"č": "c", "ć": "cc", "dž": "d", "đ": "dd", "š": "s", "ž": "z"},
    "pl": {"ą": "a", "ć": "c", "ę": "e", "ł": "l", "ń": "n", "ó": "o", "ś": "s", "ź": "z", "ż": "zz"},
    "sk": {"ä": "a", "č": "c", "ch": "h", "ô": "o", "š": "s", "ž": "z"},
    "tr": {"ç": "c", "ğ": "g", "ı": "h", "ö": "o", "ş": "s", "ü": "u"},
}
_OWN_LETTERS |= {
    "nb": _OWN_LETTERS["da"],
    "nn": _OWN_LETTERS["da"],
    "no": _OWN_LETTERS["da"],
    "sv": _OWN_LETTERS["fi"],
}
_BASE_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
    | {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ة": "ه", "ک": "ك", "ـ": None, "ё": "е"}
)


@lru_cache(maxsize=512)
def parse(tag: str) -> Locale:
    """The locale for a tag such as "ar", "pt-BR" or "zh_Hant"; raises InvalidInput for an unknown one."""
    if not _TAG.fullmatch(tag):
        raise InvalidInput("This is not a language tag.")
    try:
        return Locale.parse(tag.replace("-", "_"))
    except (UnknownLocaleError, ValueError) as error:
        raise InvalidInput("This language is not known.") from error


def is_known(tag: str) -> bool:
    """Whether CLDR knows the language of this tag."""
    try:
        parse(tag)
    except InvalidInput:
        return False
    return True


def direction(tag: str) -> str:
    """The writing direction for a `dir` attribute: "ltr" or "rtl"."""
    return "rtl" if parse(tag).text_direction == "rtl" else "ltr"


def spoken(tag: str) -> str:
    """The language of our sentences beside words in that one: it, or English where they are not in it.

    Days and figures in them are then English too, so that what is read aloud is of one language.
    """
    return tag if re.split("[-_]", tag)[0] in INTERFACE else "en"


def own_name(tag: str) -> str:
    """What the language calls itself, with a capital where its script has them: "Français", "العربية"."""
    name = parse(tag).get_display_name() or tag
    return name[:1].upper() + name[1:]


def comma(tag: str) -> str:
    """The comma of the script a language is written in, without a space."""
    return "،" if _is_arabic(tag) else ","


def format_date(day: date, tag: str) -> str:
    """A day in full: "2 February 2020", "2 février 2020"."""
    return dates.format_date(day, "long", locale=_formatting(tag))


def format_number(number: float, tag: str) -> str:
    """A number grouped and parted as the language does: "12,345", "12.345", "1,5"."""
    return numbers.format_decimal(number, locale=_formatting(tag), numbering_system="latn")


def format_moment(moment: datetime, zone: str, tag: str) -> str:
    """An aware moment at a place and in UTC: "2 February 2020, 18:00 (Zurich, CET; 17:00 UTC)".

    `zone` is an IANA name; its city comes from CLDR, its letters from IANA, or "UTC+3" where IANA has none.
    The day is repeated where it is another one in UTC. Raises InvalidInput for an unknown zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    local, utc = moment.astimezone(_zone(zone)), moment.astimezone(UTC)
    if zone in ("UTC", "Etc/UTC"):
        return f"{_day_and_time(utc, tag)} UTC"
    in_utc = _time(utc, tag) if utc.date() == local.date() else _day_and_time(utc, tag)
    semicolon = "؛" if _is_arabic(tag) else ";"
    city = dates.get_timezone_location(zone, locale=_formatting(tag), return_city=True)
    return f"{_day_and_time(local, tag)} ({city}{comma(tag)} {_abbreviation(local)}{semicolon} {in_utc} UTC)"


def format_appointment(moment: datetime, zone: str, tag: str, this_year: int) -> str:
    """An aware moment as people set an hour: "Monday 3 February, 09:00 Zurich (08:00 UTC)".

    `zone` is an IANA name; the year stands there unless it is `this_year`. Raises InvalidInput for an unknown
    zone.
    """
    local, utc = moment.astimezone(_zone(zone)), moment.astimezone(UTC)
    if zone in ("UTC", "Etc/UTC"):
        return f"{_weekday(utc, tag, this_year)} UTC"
    in_utc = _time(utc, tag) if utc.date() == local.date() else _weekday(utc, tag, this_year)
    city = dates.get_timezone_location(zone, locale=_formatting(tag), return_city=True)
    return f"{_weekday(local, tag, this_year)} {city} ({in_utc} UTC)"


def listing(names: Sequence[str], tag: str) -> str:
    """Names in a row as the language writes them: "A, B, C", "A, B et C"."""
    if not names:
        return ""
    unit = len(names) > 2 and re.split("[-_]", tag)[0] in _ROWS
    return format_list(list(names), "unit" if unit else "standard", _formatting(tag))


def sort_key(text: str, tag: str) -> tuple[int, str, str]:
    """A key for lists of names as readers of this language expect them; an approximation of CLDR's collation.

    Names in the language's own script come first. Accents, case, punctuation and a leading Arabic article
    do not count, except in letters of the language's own. Chinese is ordered by its Latin transcription.
    """
    language = re.split("[-_]", tag)[0]
    # The article goes before letters are folded: folded, the country of ألمانيا would begin with it too.
    letters = _folded(text.lstrip().removeprefix("ال"), language)
    if language == "zh":
        return 0, anyascii(letters).casefold(), text
    return int(_script(letters) != _script(own_name(tag))), letters, text


def _formatting(tag: str) -> Locale:
    return parse(_REGION.get(tag, tag))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidInput("This time zone is not known.") from error


def _time(moment: datetime, tag: str) -> str:
    return dates.format_skeleton("Hm", moment, tzinfo=moment.tzinfo, locale=_formatting(tag))


def _day_and_time(moment: datetime, tag: str) -> str:
    joined = dates.get_datetime_format("long", locale=_formatting(tag))
    return str(joined).replace("{1}", format_date(moment.date(), tag)).replace("{0}", _time(moment, tag))


def _weekday(moment: datetime, tag: str, this_year: int) -> str:
    day = dates.format_skeleton("MMMMd", moment, tzinfo=moment.tzinfo, locale=_formatting(tag))
    if moment.year != this_year:
        day = format_date(moment.date(), tag)
    weekday = dates.format_date(moment.date(), "EEEE", locale=_formatting(tag))
    comma = "،" if _script(own_name(tag)) == "ARABIC" else ","
    return f"{weekday} {day}{comma} {_time(moment, tag)}"


def _abbreviation(local: datetime) -> str:
    """The zone's letters, or its distance from UTC: many zones have only a number such as "+03"."""
    name = local.tzname() or ""
    if name.isalpha():
        return name
    minutes = int((local.utcoffset() or local - local).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


@lru_cache(maxsize=1024)
def _is_arabic(tag: str) -> bool:
    """Whether the language is written in Arabic letters: Persian and Urdu are too."""
    return _script(own_name(tag)) == "ARABIC"


def _script(text: str) -> str:
    """The script of the first letter, as Unicode names it: "LATIN", "ARABIC"; empty without a letter."""
    first = next((c for c in text if c.isalpha()), "")
    return unicodedata.name(first, "").split(" ")[0] if first else ""


def _folded(text: str, language: str) -> str:
    """Letters, digits, single spaces, in lower case; letters of the language's own put where they stand."""
    text = text.replace("I", "ı").replace("İ", "i") if language == "tr" else text
    text = unicodedata.normalize("NFC", text.casefold())
    for own, after in _OWN_LETTERS.get(language, {}).items():
        text = text.replace(own, after[0] + _LAST * len(after))
    if not text.isascii():
        text = "".join(_base(c) for c in text).translate(_BASE_LETTERS)
    kept = (c if c == _LAST or unicodedata.category(c)[0] in "LMN" else " " for c in text)
    return " ".join("".join(kept).split())


@lru_cache(maxsize=4096)
def _base(character: str) -> str:
    """A Latin, Greek or Arabic letter without its marks; letters of other scripts as they are."""
    name = unicodedata.name(character, "")
    if unicodedata.category(character) == "Mn" and name.startswith(("COMBINING", "ARABIC")):
        return ""
    if not name.startswith(("LATIN", "GREEK", "ARABIC")):
        return character
    return "".join(c for c in unicodedata.normalize("NFKD", character) if unicodedata.category(c) != "Mn")
