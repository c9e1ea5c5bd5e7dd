"""The catalogues are whole, compiled and what the sources say; their sentences come out under a locale."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Catalog
from flask_babel import force_locale
from flask_babel import gettext as _

from campaign.core import locales
from campaign.signing import statements
from campaign.tally import wording
from campaign.tally.rules import Figures
from campaign.web.language import INTERFACE
from scripts import translations
from scripts.translations import Lean

LANGUAGES = translations.languages()
SENTENCE, NUMBERED = "Read %(title)s.", ("%(num)d name", "%(num)d names")
FEW = ["%(num)d اسم", "اسم", "اسمان", "%(num)d أسماء", "%(num)d اسم", "%(num)d اسماً"]
COUNTRIES = {f"{first}{second}": 1 for first in "ABCDE" for second in "ABCDEFGHIJK"}


@pytest.fixture(scope="module")
def template() -> Catalog:
    """All sentences of the sources."""
    return translations.extracted()


def test_each_language_of_the_interface_but_english_has_a_catalogue() -> None:
    assert {"en", *LANGUAGES} == set(INTERFACE)


def test_the_sentences_of_pages_mails_and_pdfs_are_found_and_the_desks_are_not(template: Catalog) -> None:
    for sentence in ("Sign this letter", "There is nothing here", "(optional)", "Page {page} of {pages}"):
        assert template.get(sentence) is not None
    assert template.get("Please confirm your signature: %(title)s") is not None
    assert template.get("Accept the chosen") is None
    assert template.get("Sign in") is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_is_whole_and_compiled(language: str, template: Catalog) -> None:
    assert translations.faults(language, template) == []


@pytest.mark.parametrize(
    ("ids", "string", "flags", "complaint"),
    [
        (SENTENCE, "", (), "untranslated"),
        (SENTENCE, "اقرؤوا %(title)s.", ("fuzzy",), "fuzzy"),
        (SENTENCE, "اقرؤوا.", (), "placeholders"),
        (SENTENCE, "اقرؤوا %(titel)s.", (), "placeholders"),
        (SENTENCE, "اقرؤوا %(title)s 100%.", (), "placeholders"),
        ("Page {page}", "صفحة {pages}", (), "placeholders"),
        (NUMBERED, [*FEW[:5], ""], (), "untranslated"),
        (NUMBERED, FEW[:2], (), "untranslated"),
        (NUMBERED, [*FEW[:3], "أسماء", *FEW[4:]], (), "placeholders"),
        (NUMBERED, FEW, (), None),
        (SENTENCE, "اقرؤوا %(title)s.", (), None),
    ],
)
def test_the_check_sees(
    ids: str | tuple[str, str], string: str | list[str], flags: tuple[str, ...], complaint: str | None
) -> None:
    catalogue = Lean("ar", fuzzy=False)
    catalogue.add(ids, string, flags=flags)
    found = list(translations.complaints(catalogue))
    assert [re.split("[: ]", text)[0] for text in found] == ([complaint] if complaint else [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_compiling_twice_gives_the_same_bytes(language: str, template: Catalog) -> None:
    first, second = (translations.merged(language, template) for _again in range(2))
    assert translations.po_text(first) == translations.po_text(second)
    assert translations.mo_bytes(first) == translations.mo_bytes(second)


def test_french_spaces_do_not_break() -> None:
    """U+00A0 before a colon and inside quotation marks, U+202F before ; ! and ?; never a plain space."""
    said = (translations.folder_of("fr") / "messages.po").read_text(encoding="utf-8")
    texts = re.findall(r'^(?:msgstr(?:\[\d\])? )?"(.*)"$', said.split("\n\n", 1)[1], re.MULTILINE)
    french = [text for text in texts if not text.startswith("msgid")]
    assert [text for text in french if re.search(r" [:;!?»]|« ", text)] == []
    assert any("\u00a0:" in text for text in french)


@pytest.mark.usefixtures("app_sqlite")
class TestWords:
    """Sentences under a locale."""

    @pytest.mark.parametrize(
        ("language", "sentence", "expected"),
        [
            ("ar", "Sign this letter", "وقّعوا هذه الرسالة"),
            ("ar", "Open letter", "رسالة مفتوحة"),
            ("fr", "Sign this letter", "Signer cette lettre"),
            ("fr", "Is this letter genuine?", "Cette lettre est-elle authentique\u202f?"),
            ("pt", "Sign this letter", "Sign this letter"),
        ],
    )
    def test_a_sentence(self, language: str, sentence: str, expected: str) -> None:
        with force_locale(language):
            assert _(sentence) == expected

    @pytest.mark.parametrize(
        ("count", "groups", "countries"),
        [
            (0, "0 مجموعة", "0 بلد"),
            (1, "مجموعة واحدة", "بلد واحد"),
            (2, "مجموعتان", "بلدين"),
            (3, "3 مجموعات", "3 بلدان"),
            (11, "11 مجموعةً", "11 بلداً"),
            (100, "100 مجموعة", "100 بلد"),
        ],
    )
    def test_arabic_has_six_plurals(self, count: int, groups: str, countries: str) -> None:
        with force_locale("ar"):
            assert wording.groups(count, "groups") == groups
            assert wording.countries(count) == countries

    def test_the_headline_of_each_language(self) -> None:
        figures = Figures(137, COUNTRIES, regional=1, international=1, no_country=0, withheld_country=80)
        with force_locale("ar"):
            assert wording.headline(figures, "groups") == "137 مجموعةً من 55 بلداً"
        with force_locale("fr"):
            assert wording.headline(figures, "groups") == "137\u00a0groupes de 55\u00a0pays"

    @pytest.mark.parametrize(
        ("language", "attestation", "named"),
        [
            ("ar", "لديّ الصلاحية", "الجهات المذكورة في الرسالة"),
            ("fr", "J’ai qualité", "celles et ceux que nomme la lettre"),
        ],
    )
    def test_what_a_signatory_says_yes_to(self, language: str, attestation: str, named: str) -> None:
        with force_locale(language):
            assert statements.attestation().startswith(attestation)
            consent = statements.consent(["Harbour Watch", "Quay Watch"], [])
            three = locales.listing(["Harbour Watch", "Quay Watch", "Mole Watch"], language)
        assert locales.listing(["Harbour Watch", "Quay Watch"], language) in consent
        assert three.count("Quay Watch") == 1
        assert named in consent
        assert " I " not in consent
