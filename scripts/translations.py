"""Brings the catalogues of campaign/translations up to date with what people read on pages, mails and PDFs.

`python -m scripts.translations` merges new and changed sentences into each messages.po and compiles
messages.mo; with `--check` it writes nothing, prints what is missing or wrong, and exits 1 if anything is.
Public pages, the desk, error pages, mails and PDFs are extracted, and what rooms say when they refuse; the
command line and the JSON of the API speak English.
"""

import re
import sys
from collections.abc import Iterator
from gettext import c2py
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
CATALOGUES = ROOT / "campaign" / "translations"
SOURCES = (
    ("campaign", "*.py", "python"),
    ("templates", "*.html", "jinja2.ext:babel_extract"),
    ("templates", "*.txt", "jinja2.ext:babel_extract"),
)
LEFT_OUT = (
    "campaign/api/letters.py",
    "campaign/cli/",
    "campaign/core/backup_format.py",
    "campaign/core/backups.py",
    "campaign/core/plain_tables.py",
    "campaign/letters/files.py",
)
REFUSALS = ("InvalidInput", "NotFound", "Conflict", "NotAllowed", "Gone", "Sentence")
KEYWORDS = (
    DEFAULT_KEYWORDS | {"_l": None, "lazy_gettext": None, "lazy_ngettext": (1, 2)} | dict.fromkeys(REFUSALS)
)
# A template that cannot be read stops us; left alone, the extractor would skip its sentences in silence.
OPTIONS = {"silent": "false"}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
HEADING = "# {language} for Undersigned. Translate here, then run python -m scripts.translations"
# Numbers enough to meet every plural form of every language (Arabic turns over at 100, French at 2).
NUMBERS = range(201)


class Lean(Catalog):
    """A catalogue whose header holds what gettext needs, and neither dates nor people."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """The header's lines."""
        return [
            ("Language", str(self.locale)),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", self.plural_forms),
        ]


def extracted() -> Catalog:
    """All sentences that somebody reads outside the command line, in a fixed order."""
    found = Catalog()
    for folder, pattern, method in SOURCES:
        for path in sorted((ROOT / folder).rglob(pattern)):
            if path.relative_to(ROOT).as_posix().startswith(LEFT_OUT):
                continue
            for _line, ids, _notes, context in extract_from_file(method, path, KEYWORDS, options=OPTIONS):
                found.add(ids, context=context)
    return found


def languages() -> list[str]:
    """The languages there are catalogues for."""
    return sorted(path.parent.parent.name for path in CATALOGUES.glob("*/LC_MESSAGES/messages.po"))


def folder_of(language: str) -> Path:
    """Where a language's two files lie."""
    return CATALOGUES / language / "LC_MESSAGES"


def merged(language: str, template: Catalog) -> Lean:
    """The language's catalogue with exactly the sentences of the template.

    A sentence that is like an old one takes over its translation, fuzzy until somebody has looked at it.
    """
    with (folder_of(language) / "messages.po").open("rb") as file:
        old = read_po(file, language)
    catalogue = Lean(language, header_comment=HEADING.format(language=old.locale.english_name), fuzzy=False)
    for message in old:
        if message.id:
            catalogue.add(message.id, message.string, flags=message.flags, context=message.context)
    catalogue.update(template)
    return catalogue


def po_text(catalogue: Lean) -> bytes:
    """The .po file."""
    file = BytesIO()
    write_po(file, catalogue, width=110, no_location=True, sort_output=True, ignore_obsolete=True)
    return file.getvalue()


def mo_bytes(catalogue: Lean) -> bytes:
    """The .mo file: the same bytes for the same sentences."""
    file = BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def complaints(catalogue: Lean) -> Iterator[str]:
    """What a translator has still to do, a line each."""
    for message in catalogue:
        if not message.id:
            continue
        forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
        if message.fuzzy:
            yield f"fuzzy: {message.id!r}"
        elif len(forms) != (catalogue.num_plurals if message.pluralizable else 1) or not all(forms):
            yield f"untranslated: {message.id!r}"
        else:
            yield from _wrong_placeholders(catalogue, message, forms)


def _wrong_placeholders(catalogue: Lean, message: Message, forms: list[str]) -> Iterator[str]:
    """Each form has the placeholders of the English.

    A plural form for one number only may leave that number out ("the host"), and so may the form for 1 where
    the English does.
    """
    singular, *plural = (message.id,) if isinstance(message.id, str) else message.id
    needed = _placeholders(plural[0] if plural else singular)
    index = c2py(catalogue.plural_expr)
    for at, form in enumerate(forms):
        numbers = [n for n in NUMBERS if plural and index(n) == at]
        optional = {"%(num)d"} if len(numbers) == 1 else set()
        optional |= needed - _placeholders(singular) if 1 in numbers else set()
        if not needed - optional <= _placeholders(form) <= needed or "%" in PLACEHOLDER.sub("", form):
            yield f"placeholders differ: {message.id!r}, {form!r}"


def _placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text))


def faults(language: str, template: Catalog) -> list[str]:
    """All that is wrong with one language's two files."""
    catalogue, folder = merged(language, template), folder_of(language)
    found = list(complaints(catalogue))
    if (folder / "messages.po").read_bytes() != po_text(catalogue):
        found.append("messages.po is not what the sources and python -m scripts.translations make of it")
    compiled = folder / "messages.mo"
    if not compiled.exists() or compiled.read_bytes() != mo_bytes(catalogue):
        found.append("messages.mo is not what messages.po gives")
    return [f"{language}: {fault}" for fault in found]


def write(language: str, template: Catalog) -> None:
    """Bring both files up to date; what is fuzzy or empty is not compiled and stays English."""
    catalogue, folder = merged(language, template), folder_of(language)
    (folder / "messages.po").write_bytes(po_text(catalogue))
    (folder / "messages.mo").write_bytes(mo_bytes(catalogue))


if __name__ == "__main__":
    sentences = extracted()
    if "--check" in sys.argv[1:]:
        lines = [line for language in languages() for line in faults(language, sentences)]
        sys.exit("\n".join(lines) or 0)
    for each in languages():
        write(each, sentences)
