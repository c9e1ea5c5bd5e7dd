"""The operator's own table of countries: what it may say, what it changes, and what stops the start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import config
from campaign import create_app
from campaign.core import countries
from campaign.core.countries import NO_OWN, Reason, name, resolve
from campaign.core.country_overrides import LONGEST_NAME, Overrides, read
from campaign.core.errors import InvalidInput

GOOD = """
[names.XK]
en = "Kosovo (under UNSCR 1244)"
pt-BR = "Kosovo (Brasil)"

[names.EH]
fr = "République sahraouie"

[typed]
"Crimea" = "UA"
"Northern Cyprus" = "CY"
"Taiwan" = "?"
"Hong Kong" = "-"
"""


@pytest.fixture(autouse=True)
def _usual() -> Iterator[None]:
    yield
    countries.use(Overrides())


def written(folder: Path, text: str) -> Path:
    path = folder / "countries.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_names_and_meanings_are_the_operators(tmp_path: Path) -> None:
    countries.use(read(written(tmp_path, GOOD)))
    assert name("XK", "en", NO_OWN) == "Kosovo (under UNSCR 1244)"
    assert name("XK", "pt-BR", NO_OWN) == "Kosovo (Brasil)"
    assert name("XK", "fr", NO_OWN) == "Kosovo"
    assert dict(countries.choices("fr", NO_OWN))["EH"] == "République sahraouie"
    assert (resolve("crimea").code, resolve("Northern Cyprus").code) == ("UA", "CY")
    assert resolve("Taiwan").reason is Reason.AMBIGUOUS
    assert resolve("Hong Kong").reason is Reason.NONE
    assert resolve("Yalta, Crimea").code == "UA"
    assert resolve("République sahraouie").code == "EH"  # what is shown can be typed


def test_without_a_table_all_is_as_before(tmp_path: Path) -> None:
    countries.use(read(written(tmp_path, GOOD)))
    countries.use(Overrides())
    assert (name("XK", "en", NO_OWN), resolve("Taiwan").code) == ("Kosovo", "TW")
    assert resolve("Crimea").reason is Reason.AMBIGUOUS


def test_a_letter_s_wording_goes_before_the_operator_s(tmp_path: Path) -> None:
    countries.use(read(written(tmp_path, GOOD)))
    own = {"XK": {"en": "Kosova"}}
    assert name("XK", "en-GB", own) == "Kosova"
    assert name("XK", "pt-BR", own) == "Kosovo (Brasil)"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[names.XX]\nen = 'Nowhere'", "“XX” is no country code"),
        ("[names.XK]\nklingon-speak = 'x'", "no language CLDR knows"),
        ("[names.XK]\nen = '***'", "a name is one line with letters"),
        ("[names.XK]\nen = 'a\\u0007'".replace("'", '"'), "a name is one line"),
        (f"[names.XK]\nen = '{'x' * (LONGEST_NAME + 1)}'", "at most 120 characters"),
        ("[names.XK]\nen = 7", "a name is one line"),
        ("[names]\nXK = 'Kosovo'", "XK must give a name per language"),
        ("names = 1", "[names] must be a table"),
        ("[names.EH]\nen = 'Morocco'", "EH: 'Morocco' is a name of MA"),
        ("[typed]\nCrimea = 'Ukraine'", "must stand for a code"),
        ("[typed]\nCrimea = 3", "must stand for a code"),
        ("[typed]\n'--' = 'UA'", "has no letters"),
        ("[codes]\nCrimea = 'UA'", "unknown table: codes"),
        ("[names", "the file is not TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(written(tmp_path, text))
    assert fault in str(refused.value)


def test_the_start_stops_on_a_table_that_cannot_be_used(tmp_path: Path) -> None:
    environment = {"APP_ENV": "testing", "SECRET_KEY": "a testing secret of 32 characters"}
    for text, fault in (("[typed]\nCrimea = 'RUS'", "typed: 'Crimea' must stand"), (None, "cannot be read")):
        path = written(tmp_path, text) if text else tmp_path / "missing.toml"
        settings = config.read({**environment, "COUNTRY_NAMES": str(path)})
        with pytest.raises(config.UnsafeSettings, match=r"^COUNTRY_NAMES: ") as stopped:
            create_app(settings)
        assert fault in str(stopped.value)


def test_the_app_names_countries_by_the_setting(tmp_path: Path) -> None:
    settings = config.read(
        {
            "APP_ENV": "testing",
            "SECRET_KEY": "a testing secret of 32 characters",
            "COUNTRY_NAMES": str(written(tmp_path, GOOD)),
            "DATABASE_URL": f"sqlite:///{tmp_path}/x.db",
        }
    )
    create_app(settings)
    assert name("EH", "fr", NO_OWN) == "République sahraouie"
