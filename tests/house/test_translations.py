"""The catalogues are whole, compiled and what the sources say; their sentences come out under a locale."""

from __future__ import annotations

import ast
import re

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from flask_babel import force_locale
from flask_babel import gettext as _

from campaign.core import locales
from campaign.signing import statements
from campaign.tally import wording
from campaign.tally.rules import Figures
from campaign.web.language import INTERFACE
from scripts import translations
from scripts.translations import Lean
from tests.house.source import name, python_files, tree

LANGUAGES = translations.languages()
SENTENCE, NUMBERED = "Read %(title)s.", ("%(num)d name", "%(num)d names")
FEW = ["%(num)d اسم", "اسم", "اسمان", "%(num)d أسماء", "%(num)d اسم", "%(num)d اسماً"]
# What is wrong with a file of the operator's is said on the command line only.
OF_OPERATORS = ("campaign/core/country_overrides.py", "campaign/sheets/lines.py")
COUNTRIES = {f"{first}{second}": 1 for first in "ABCDE" for second in "ABCDEFGHIJK"}


@pytest.fixture(scope="module")
def template() -> Catalog:
    """All sentences of the sources."""
    return translations.extracted()


def test_each_language_of_the_interface_but_english_has_a_catalogue() -> None:
    assert {"en", *LANGUAGES} == set(INTERFACE)


@pytest.mark.parametrize(
    "sentence",
    [
        "Sign this letter",
        "There is nothing here",
        "(optional)",
        "Page {page} of {pages}",
        "Please confirm your signature: %(title)s",
        "Accept",
        "Circulation",
        "Sign in",
        "a host needs a name",
        "The file is damaged or is not a sheet.",
    ],
)
def test_sentences_of_pages_mails_pdfs_desk_and_refusals_are_found(sentence: str, template: Catalog) -> None:
    assert template.get(sentence) is not None


def test_no_refusal_is_put_together_so_that_no_catalogue_can_know_it() -> None:
    """A sentence with its values in it, as an f-string has, is another one each time."""
    said = [
        f"{name(path)}:{call.lineno}: write the sentence whole, with %(value)s and value=…"
        for path in python_files("campaign")
        if not name(path).startswith((*translations.LEFT_OUT, *OF_OPERATORS))
        for call in ast.walk(tree(path))
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") in translations.REFUSALS
        and call.args
        and isinstance(call.args[0], (ast.JoinedStr, ast.BinOp, ast.IfExp))
    ]
    assert not said, "\n".join(said)


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


LETTERS = {"ar": re.compile(r"[\u0621-\u064a]"), "ru": re.compile("[а-яё]", re.IGNORECASE)}
MANY = 6  # words; shorter ones may well be the same in kindred languages


def _said(language: str) -> dict[str, str]:
    """Each sentence of a catalogue by its English; of plural forms all."""
    with (translations.folder_of(language) / "messages.po").open("rb") as file:
        return {
            str(m.id): " ".join([m.string] if isinstance(m.string, str) else m.string)
            for m in read_po(file)
            if m.id
        }


def test_no_catalogue_has_a_sentence_of_another_language() -> None:
    said = {language: _said(language) for language in LANGUAGES}
    borrowed = [
        sentence
        for sentence, text in said["fr"].items()
        if len(text.split()) >= MANY
        and text in {said[language][sentence] for language in {*LANGUAGES} - {"fr"}}
    ]
    foreign = [
        text
        for language, letters in LETTERS.items()
        for text in said[language].values()
        if len(text.split()) >= MANY and not letters.search(text)
    ]
    assert not borrowed + foreign


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
            ("pt", "Sign this letter", "Assinar esta carta"),
            ("de", "Sign this letter", "Sign this letter"),
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


def test_names_in_a_row_run_in_the_direction_of_their_sentence() -> None:
    """Set apart as a whole, a row of Latin names would run from left to right in an Arabic sentence."""
    rows = ("readers", "hosts", "bodies", "addressees", "names")
    said = _said("ar").values()
    assert not [text for text in said for row in rows if f"\u2068%({row})s" in text]
