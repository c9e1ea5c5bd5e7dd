"""Which column of a sheet holds what: the headings that forms and tables of many makers and languages use.

Pure: headings and a few cells below them go in, a guess comes out. A person sees it and may change it.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from campaign.core.text import fold
from campaign.letters.rules import Visibility
from campaign.organisations.rules import Scope
from campaign.sheets.column_words import (
    AGREED,
    NO,
    NOT_USED,
    OTHER_LANGUAGE,
    OTHER_NAME,
    PUBLISH,
    SCOPES,
    SYSTEM,
    WORDS,
    YES,
)

FIELDS = (
    "organisation",
    "organisation_other",
    "country",
    "scope",
    "website",
    "representative",
    "first_name",
    "last_name",
    "role",
    "email",
    "visibility",
    "publish",
)
_ORGANISATION, _OTHER, _PERSON = "organisation", "organisation_other", "representative"
_PUBLISH = "publish"
_NAME, _NAME_OTHER = "name", "name_other"  # nobody says whose
# A heading is looked up in this order: "website of your organisation" is a website, "your role in the
# organisation" a role, and only what asks for nothing else asks for the organisation itself.
_ORDER = (
    "email",
    "website",
    "visibility",
    "country",
    "scope",
    "first_name",
    "last_name",
    "role",
    _PERSON,
    _ORGANISATION,
    _NAME,
)
_PREFIX = re.compile(r"^(?:can2[_ ](?:user[_ ])?|custom[_ ]|user[_ ]|action[_ ])")
_NEGATED = re.compile(r"n['’]t\b")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ARTICLE = re.compile(r"\bال(?=\w{2})")
Samples = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A column that may hold a field; the lower `rank`, the likelier."""

    field: str
    column: str
    rank: tuple[int, int, int]


def guess(headings: Sequence[str], samples: Samples) -> dict[str, str]:
    """Field → column, no column twice; fields nobody asked for are left out.

    `samples` are some cells of each column: one called "Email" without a single @ asks for something else.
    """
    system = sum(_plain(heading) in SYSTEM for heading in headings) > 1
    found: dict[str, list[_Candidate]] = {}
    for at, heading in enumerate(headings):
        if candidate := _candidate(heading, at, samples.get(heading, ()), system):
            found.setdefault(candidate.field, []).append(candidate)
    mapping = {field: min(those, key=lambda c: c.rank).column for field, those in found.items()}
    _settle_names(mapping)
    _by_content(mapping, headings, samples)
    return {field: mapping[field] for field in FIELDS if field in mapping}


def _candidate(heading: str, at: int, cells: Sequence[str], system: bool) -> _Candidate | None:
    plain = _plain(heading)
    field, exact = _field_of(plain, cells)
    if field is None or not _fits(field, cells):
        return None
    # The account with which a form of Microsoft's was filled in stands in "Email" and "Name", before the
    # questions; what was typed as an answer is better. So is a column with something in it.
    behind = (system and plain in ("email", "name")) + 2 * (bool(cells) and not any(cells))
    return _Candidate(field, heading, (behind, 0 if exact else len(plain.split()), at))


def _field_of(plain: str, cells: Sequence[str]) -> tuple[str | None, bool]:
    """What a heading asks for, and whether it asks in just these words."""
    for field in _ORDER:
        if plain in _exact(field):
            return field, True
    not_used = _asks(NOT_USED)(plain)
    asked = not_used or plain == _PUBLISH or any(agrees(cell) is not None for cell in cells)
    if asked and _asks(PUBLISH)(plain):
        return _PUBLISH, plain == _PUBLISH
    if not_used:
        return None, False
    for field in _ORDER:
        if _asks(WORDS[field])(plain):
            if field == "role" and _asks(WORDS[_NAME])(plain):
                return _PERSON, False  # "Name and title of the signatory's representative"
            if field == _ORGANISATION and _asks(OTHER_NAME)(plain):
                return _OTHER, False
            if field == _NAME and _asks(OTHER_LANGUAGE)(plain):
                return _NAME_OTHER, False
            return field, False
    return None, False


def _fits(field: str, cells: Sequence[str]) -> bool:
    """Whether what stands in a column can be what its heading says. An empty column may be anything."""
    filled = [cell for cell in cells if cell]
    if field == "email":
        return not filled or any("@" in cell for cell in filled)
    if field == "scope":
        return all(scope_of(cell) for cell in filled)
    if field == "visibility":
        return all(visibility_of(cell) for cell in filled)
    return True


def _settle_names(mapping: dict[str, str]) -> None:
    """What a bare "Name" is depends on what else there is."""
    bare, bare_other = mapping.pop(_NAME, None), mapping.pop(_NAME_OTHER, None)
    if bare_other is not None:  # "Name", "Name in Arabic": people's are not asked for twice
        if _ORGANISATION not in mapping and bare is not None:
            mapping[_ORGANISATION], bare = bare, None
        mapping.setdefault(_OTHER, bare_other)
    if _ORGANISATION not in mapping and _OTHER in mapping:
        mapping[_ORGANISATION] = mapping.pop(_OTHER)
    if bare is not None:
        if _ORGANISATION not in mapping:
            mapping[_ORGANISATION] = bare
        elif "first_name" in mapping and "last_name" not in mapping:
            mapping["last_name"] = bare  # "Nom" beside "Prénom"
        elif "last_name" in mapping and "first_name" not in mapping:
            mapping["first_name"] = bare  # "Nombre" beside "Apellidos"
        elif _PERSON not in mapping and "first_name" not in mapping:
            mapping[_PERSON] = bare
    if _PERSON in mapping and "first_name" in mapping and "last_name" in mapping:
        del mapping["first_name"], mapping["last_name"]  # a whole name needs no parts


def _by_content(mapping: dict[str, str], headings: Sequence[str], samples: Samples) -> None:
    """Columns whose headings say nothing, but whose cells do."""
    tests: tuple[tuple[str, Callable[[str], bool]], ...] = (
        ("email", lambda cell: "@" in cell and " " not in cell),
        ("website", lambda cell: cell.startswith(("http://", "https://", "www."))),
        ("scope", lambda cell: scope_of(cell) is not None),
    )
    for field, fits in tests:
        for heading in headings:
            filled = [cell for cell in samples.get(heading, ()) if cell]
            free = heading not in mapping.values() and not _asks(NOT_USED)(_plain(heading))
            if field not in mapping and free and filled and all(map(fits, filled)):
                mapping[field] = heading


def scope_of(text: str) -> Scope | None:
    """The scope that a cell names, in the languages of the table; None for what names none."""
    return SCOPES.get(_plain(text)) if text else Scope.NATIONAL


def visibility_of(text: str) -> Visibility | None:
    """The visibility that a cell names."""
    try:
        return Visibility(fold(text))
    except ValueError:
        return None


def agrees(text: str) -> bool | None:
    """Whether an answer is a yes to being published; None where it says neither."""
    words = _plain(_NEGATED.sub(" not", text)).split()
    if not NO.isdisjoint(words):
        return False
    return True if words and (words[0] in YES or not AGREED.isdisjoint(words)) else None


def whole_name(first: str, last: str) -> str:
    """A person's name from its two parts, either of which may be empty."""
    return " ".join(part for part in (first, last) if part)


def _plain(text: str) -> str:
    """A heading to compare by: folded, without accents, Arabic articles and makers' prefixes."""
    text = fold(_PREFIX.sub("", _HUMP.sub(" ", text.strip())))
    text = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    return _ARTICLE.sub("", text).replace("أ", "ا").replace("إ", "ا").replace("ى", "ي").replace("ة", "ه")


@cache
def _exact(field: str) -> frozenset[str]:
    return frozenset(_plain(word.rstrip("*")) for word in (field, *WORDS[field]))


@cache
def _asks(phrases: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a plain heading holds one of the phrases as whole words; a star stands for any ending."""
    parts = (
        re.escape(_plain(phrase.rstrip("*"))) + (r"\w*" if phrase.endswith("*") else "") for phrase in phrases
    )
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)")
    return lambda plain: pattern.search(plain) is not None
