"""What readers of each language see: direction, language names, dates with their zone, numbers, order."""

from datetime import UTC, date, datetime

import pytest
from babel import localedata
from hypothesis import given
from hypothesis import strategies as st

from campaign.core import locales
from campaign.core.errors import InvalidInput

DEADLINE = datetime(2020, 2, 2, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tag", "expected"), [("ar", "rtl"), ("he", "rtl"), ("fa", "rtl"), ("en", "ltr"), ("zh-Hant", "ltr")]
)
def test_direction(tag: str, expected: str) -> None:
    assert locales.direction(tag) == expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("ar", "العربية"),
        ("fr", "Français"),
        ("en", "English"),
        ("pt-BR", "Português (Brasil)"),
        ("ru", "Русский"),
    ],
)
def test_own_name(tag: str, expected: str) -> None:
    assert locales.own_name(tag) == expected


@pytest.mark.parametrize("tag", ["", "xx", "english", "../en", "en\n", "e", "en_" + "a" * 50, "tlh", "qqq"])
def test_unknown_languages_are_refused(tag: str) -> None:
    assert not locales.is_known(tag)
    with pytest.raises(InvalidInput):
        locales.parse(tag)


@given(st.text(max_size=20))
def test_any_tag_is_known_or_not(tag: str) -> None:
    assert locales.is_known(tag) in (True, False)


def test_dates_in_full() -> None:
    day = date(2020, 2, 3)
    assert locales.format_date(day, "en") == "3 February 2020"
    assert locales.format_date(day, "fr") == "3 février 2020"
    assert locales.format_date(day, "ar") == "3 فبراير 2020"


@pytest.mark.parametrize(
    ("tag", "zone", "expected"),
    [
        ("en", "Europe/Zurich", "2 February 2020, 18:00 (Zurich, CET; 17:00 UTC)"),
        ("en", "Asia/Bahrain", "2 February 2020, 20:00 (Bahrain, UTC+3; 17:00 UTC)"),
        ("en", "Asia/Kathmandu", "2 February 2020, 22:45 (Kathmandu, UTC+5:45; 17:00 UTC)"),
        ("en", "Asia/Tokyo", "3 February 2020, 02:00 (Tokyo, JST; 2 February 2020, 17:00 UTC)"),
        ("en", "America/Sao_Paulo", "2 February 2020, 14:00 (Sao Paulo, UTC-3; 17:00 UTC)"),
        ("en", "UTC", "2 February 2020, 17:00 UTC"),
        ("fr", "Europe/Zurich", "2 février 2020, 18:00 (Zurich, CET; 17:00 UTC)"),
        ("ar", "Asia/Bahrain", "2 فبراير 2020، 20:00 (البحرين، UTC+3؛ 17:00 UTC)"),
    ],
)
def test_a_moment_has_its_zone_and_utc(tag: str, zone: str, expected: str) -> None:
    assert locales.format_moment(DEADLINE, zone, tag) == expected


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "", "../etc/passwd", "Europe"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(InvalidInput):
        locales.format_moment(DEADLINE, zone, "en")


def test_a_moment_without_zone_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="time zone"):
        locales.format_moment(datetime(2020, 2, 2), "UTC", "en")  # noqa: DTZ001


def test_numbers_keep_western_digits() -> None:
    assert locales.format_number(12345, "en") == "12,345"
    assert locales.format_number(12345, "de") == "12.345"
    assert locales.format_number(137, "ar") == "137"
    assert locales.format_number(12345, "fa").translate(str.maketrans("", "", ",.٬")) == "12345"


@pytest.mark.parametrize(
    ("tag", "ordered"),
    [
        ("en", ["Åland", "“Alba” x", "Albania", "albatross", "Ångström", "Zoo", "Жук"]),
        ("es", ["Nube", "Ñandú", "Oso"]),
        ("sv", ["Zoo", "Åland", "Älg", "Öst"]),
        ("da", ["Zoo", "Æble", "Øst", "Århus"]),
        ("de", ["Ölfeld", "Olga", "Ost", "Österreich"]),
        ("tr", ["Ceylan", "Çad", "Isparta", "İzmir"]),
        ("ar", ["البحرين", "تونس", "الكويت", "المغرب", "Amnesty"]),
        ("ru", ["Беларусь", "Ёлка", "Жизнь", "Amnesty"]),
        ("zh", ["巴西", "中国"]),
    ],
)
def test_order_of_names(tag: str, ordered: list[str]) -> None:
    backwards = ordered[::-1]
    assert sorted(backwards, key=lambda name: locales.sort_key(name, tag)) == ordered


@given(st.lists(st.text(max_size=20), max_size=10), st.sampled_from(["en", "ar", "zh", "tr", "sv"]))
def test_any_names_can_be_ordered(names: list[str], tag: str) -> None:
    ordered = sorted(names, key=lambda name: locales.sort_key(name, tag))
    assert sorted(ordered) == sorted(names)
    backwards = names[::-1]
    assert ordered == sorted(backwards, key=lambda name: locales.sort_key(name, tag))


@pytest.mark.parametrize(
    ("tag", "three"),
    [
        ("en", "A, B and C"),
        ("fr", "A, B et C"),
        ("es", "A, B y C"),
        ("pt-BR", "A, B e C"),
        ("ru", "A, B и C"),
        ("ar", "A، وB، وC"),
        ("de", "A, B und C"),
        ("zh_Hant", "A、B和C"),
    ],
)
def test_names_in_a_row_are_told_apart(tag: str, three: str) -> None:
    assert locales.listing(["A", "B", "C"], tag) == three


@pytest.mark.parametrize("count", range(5))
def test_a_row_of_names_is_written_in_every_language_there_is(count: int) -> None:
    names = ["Ana", "Bo", "Cy", "Di"][:count]
    for tag in localedata.locale_identifiers():
        said = locales.listing(names, tag)
        assert [said.count(name) for name in names] == [1] * count, tag
