"""Typed country text becomes the right code or none: never another country's."""

import subprocess
import sys
from pathlib import Path

import pytest
from babel import Locale
from hypothesis import example, given
from hypothesis import strategies as st

from campaign.core.countries import CODES, NO_OWN, Reason, choices, name, resolve
from campaign.core.country_index import fold, index
from campaign.core.misspellings import distance

ROOT = Path(__file__).parents[2]
DATA = Path(__file__).parent / "data"
NOT_COUNTRIES = set("AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ".split())
PRINTED = {Reason.AMBIGUOUS: "?", Reason.SEVERAL: "?", Reason.NONE: "-", Reason.BLANK: "-"}


def labelled(file: str) -> list[tuple[str, str]]:
    lines = (DATA / file).read_text(encoding="utf-8").splitlines()
    pairs = (line.rpartition("\t") for line in lines if not line.startswith("#"))
    return [(text, expected) for text, _, expected in pairs]


def printed(text: str) -> str:
    found = resolve(text)
    return found.code or PRINTED[found.reason]


@pytest.mark.parametrize(("file", "least"), [("countries.tsv", 490), ("countries_adversarial.tsv", 1270)])
def test_labelled_texts_are_right_and_none_is_wrong(file: str, least: int) -> None:
    answers = [(text, expected, printed(text)) for text, expected in labelled(file)]
    assert len({text for text, _, _ in answers}) == len(answers) >= least
    wrong = [answer for answer in answers if answer[2] in CODES and answer[2] != answer[1]]
    missed = [answer for answer in answers if answer[2] != answer[1]]
    assert not wrong
    assert len(missed) <= 0.005 * len(answers), missed


def test_codes_are_the_countries_cldr_knows() -> None:
    known = {code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha()}
    assert known - NOT_COUNTRIES == CODES
    assert len(CODES) == 250
    assert "XK" in CODES
    assert set(index().alpha3.values()) >= CODES - {"XK"}


def test_table_of_names_is_up_to_date() -> None:
    # In a process of its own: reading CLDR raw leaves Babel's cache unfit for other use.
    command = [sys.executable, "-m", "scripts.make_country_names", "--check"]
    outcome = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stderr or "run python -m scripts.make_country_names"


def test_aliases_name_known_codes_once() -> None:
    known = index()
    assert set(known.names.values()) <= CODES | {"?", "-"}
    assert not known.unclear & known.regions


@pytest.mark.parametrize(
    "locale", ["ar", "de", "en", "es", "fr", "id", "ja", "pl", "pt", "ru", "sv", "sw", "tr", "uk", "zh"]
)
def test_every_name_we_show_resolves_to_its_own_code(locale: str) -> None:
    wrong = {
        shown: found
        for code, shown in choices(locale, NO_OWN)
        if (found := printed(shown)) not in (code, "?")
    }
    assert not wrong
    unclear = [shown for _, shown in choices(locale, NO_OWN) if printed(shown) == "?"]
    assert len(unclear) <= 3, unclear


def test_the_reason_says_why_there_is_no_code() -> None:
    assert resolve("  \u200f ").reason is Reason.BLANK
    assert resolve("").reason is Reason.BLANK
    assert resolve("Korea").reason is Reason.AMBIGUOUS
    assert resolve("France and Spain").reason is Reason.SEVERAL
    assert resolve("Atlantis").reason is Reason.NONE
    assert resolve("Kenya" * 100).reason is Reason.NONE


def test_the_language_of_the_form_decides_between_languages_only() -> None:
    assert resolve("Nigēra").code is None
    assert resolve("Nigēra", "lv").code == "NE"
    assert resolve("Congo", "es").code is None


@pytest.mark.parametrize(
    "text", ["Austrlia", "Slovania", "Holand", "Nigera", "Iralnd", "Gunea", "Atlantys", "Domenica", "Zamba"]
)
def test_a_misspelling_near_two_meanings_is_left_to_a_person(text: str) -> None:
    assert resolve(text).code is None


@pytest.mark.parametrize(
    ("text", "code"), [("Colomba", "CO"), ("Zimbabvwe", "ZW"), ("Bangaldesh", "BD"), ("Pakistna", "PK")]
)
def test_a_close_misspelling_of_one_country_is_corrected(text: str, code: str) -> None:
    assert resolve(text).code == code


@given(st.text(alphabet="abcde", max_size=6), st.text(alphabet="abcde", max_size=6))
def test_distance_agrees_with_the_plain_definition(one: str, other: str) -> None:
    assert distance(one, other) == min(_osa(one, other), 3)


def _osa(one: str, other: str) -> int:
    if not one or not other:
        return len(one) + len(other)
    best = min(
        _osa(one[1:], other) + 1,
        _osa(one, other[1:]) + 1,
        _osa(one[1:], other[1:]) + (one[0] != other[0]),
    )
    if len(one) > 1 and len(other) > 1 and one[0] == other[1] and one[1] == other[0]:
        best = min(best, _osa(one[2:], other[2:]) + 1)
    return best


def test_no_city_people_or_language_becomes_another_country() -> None:
    known = index()
    elsewhere = {
        place: printed(place) for place, codes in known.places.items() if printed(place) in CODES - codes
    }
    # Written without vowel signs, Amman is Oman; Beni is a town of Congo and Benin's name in some languages.
    assert elsewhere == {"عمان": "OM", "beni": "BJ"}
    for word in ("Kenyan", "Russian", "Libyan", "French", "Kiswahili", "Siberia", "Manama", "Status"):
        assert printed(word) == "-", word


# How China's own statistics and the United Nations word these three.
AS_ONE = {frozenset(("CN", part)): (part,) for part in ("HK", "MO", "TW")}
NAMES = st.sampled_from(
    [name(code, tag, NO_OWN) for code in sorted(CODES) for tag in ("en", "fr", "ar", "ru", "zh")]
)
LINKS = st.sampled_from([", ", " / ", "\n", " - ", " (", ")", " and ", " و", "&", ".", "🇰🇪", "\u200f", " "])


@given(st.lists(NAMES | LINKS | st.text(max_size=3), max_size=12).map("".join))
def test_whatever_is_pieced_together_has_an_answer_and_no_third_country(text: str) -> None:
    found = resolve(text)
    assert (found.code in CODES) == (found.reason is Reason.FOUND)


@given(NAMES, NAMES, st.sampled_from([", ", "/", "; ", " & ", " and ", " | "]))
@example("جزر كوكوس (كيلينغ)", "Andorra", ", ")
def test_two_countries_are_never_one(one: str, other: str, link: str) -> None:
    codes = {resolve(one).code, resolve(other).code}
    found = resolve(f"{one}{link}{other}").code
    assert found is None or codes == {found} or found in AS_ONE.get(frozenset(codes), ())


@pytest.mark.parametrize("text", ["a" * 10_000, "Kenya, " * 2_000, "(" * 5_000, "🇰🇪" * 3_000, "\0" * 400])
def test_a_text_that_is_too_long_is_no_country(text: str) -> None:
    assert resolve(text).code is None


@given(st.text(max_size=300))
def test_any_text_has_an_answer(text: str) -> None:
    found = resolve(text)
    assert (found.code in CODES) == (found.reason is Reason.FOUND)


@given(
    st.sampled_from(sorted(CODES)),
    st.sampled_from(["{}", " {} ", "{}.", "\u200f{}\u200f", "\u2067{}\u2069", "{}\u00a0"]),
)
def test_marks_and_spaces_around_a_name_do_not_matter(code: str, frame: str) -> None:
    assert resolve(frame.format(name(code, "en", NO_OWN))) == resolve(name(code, "en", NO_OWN))


def test_folding_drops_what_people_leave_out() -> None:
    assert fold("CÔTE D’IVOIRE") == fold("Cote d'Ivoire") == fold("cote-d ivoire")
    assert fold("Viet Nam") == fold("Vietnam")
    assert fold("البحرين") == fold("بحرين")


def test_names_follow_our_wording_then_cldr_then_english() -> None:
    assert name("PS", "en", NO_OWN) == "Palestine"
    assert name("PS", "pt-BR", NO_OWN) == "Palestina"
    assert name("HK", "en", NO_OWN) == "Hong Kong"
    assert name("BH", "ar", NO_OWN) == "البحرين"
    assert name("DE", "fr", NO_OWN) == "Allemagne"
    with pytest.raises(KeyError):
        name("ZZZ", "en", NO_OWN)


@pytest.mark.parametrize("locale", ["ar", "en", "fr", "sv"])
def test_choices_hold_every_code_once(locale: str) -> None:
    assert {code for code, _ in choices(locale, NO_OWN)} == CODES
    assert len(choices(locale, NO_OWN)) == len(CODES)


def test_choices_are_in_the_reader_s_order() -> None:
    english = [shown for _, shown in choices("en", NO_OWN)]
    assert english[:3] == ["Afghanistan", "Åland Islands", "Albania"]
    arabic = [code for code, _ in choices("ar", NO_OWN)]
    assert arabic.index("BH") < arabic.index("BR") < arabic.index("JP")
    assert [code for code, _ in choices("sv", NO_OWN)][-4:] == ["ZW", "AX", "AT", "TL"]
