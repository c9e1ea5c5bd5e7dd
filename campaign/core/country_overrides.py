"""The operator's own table of countries: what one is called, and what a typed text stands for."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from campaign.core.country_index import AMBIGUOUS, CODES, NOWHERE, fold, index
from campaign.core.errors import InvalidInput
from campaign.core.locales import is_known
from campaign.core.text import has_controls

LONGEST_NAME = 120
# Code, then language, then words.
Names = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Overrides:
    """`names` are shown instead of ours; `typed` says what a text stands for: a code, "?" or "-"."""

    names: Names = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)


def read(path: Path) -> Overrides:
    """The table in a file. Raises InvalidInput with one clear line naming what is wrong."""
    try:
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise InvalidInput("the file cannot be read") from fault
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise InvalidInput(f"the file is not TOML: {fault}") from fault
    if strangers := sorted(set(facts) - {"names", "typed"}):
        raise InvalidInput(f"unknown table: {', '.join(strangers)}")
    names, typed = _table(facts, "names"), _table(facts, "typed")
    check_names(names)
    _check_typed(typed)
    _check_clashes(names)
    return Overrides(names, typed)


def check_names(names: Mapping[str, Any]) -> None:
    """Raises InvalidInput for what is not words of a country by code and language."""
    for code, by_language in names.items():
        if code not in CODES:
            raise InvalidInput(
                "“%(code)s” is no country code (ISO 3166-1 alpha-2, or XK)", "country_names", code=code
            )
        if not isinstance(by_language, Mapping):
            raise InvalidInput("%(code)s must give a name per language", "country_names", code=code)
        for tag, words in by_language.items():
            if not is_known(tag):
                raise InvalidInput(
                    "%(code)s: “%(tag)s” is no language CLDR knows",
                    "country_names",
                    code=code,
                    tag=tag,
                )
            if (
                not isinstance(words, str)
                or not fold(words)
                or has_controls(words)
                or len(words) > LONGEST_NAME
            ):
                raise InvalidInput(
                    "%(code)s: a name is one line with letters, of at most %(longest)d characters",
                    "country_names",
                    code=code,
                    longest=LONGEST_NAME,
                )


def _check_typed(typed: Mapping[str, Any]) -> None:
    for text, meaning in typed.items():
        if not fold(text):
            raise InvalidInput(f"typed: {text!r} has no letters")
        if meaning not in CODES | {AMBIGUOUS, NOWHERE}:
            raise InvalidInput(f'typed: {text!r} must stand for a code, "?" (a person decides) or "-" (none)')


def _check_clashes(names: Names) -> None:
    """A name that is another country's would count its signatories there when it is typed or imported."""
    for code, by_language in names.items():
        for words in by_language.values():
            if (meant := index().names.get(fold(words))) in CODES - {code}:
                raise InvalidInput(f"{code}: {words!r} is a name of {meant}")


def _table(facts: Mapping[str, Any], key: str) -> dict[str, Any]:
    table = facts.get(key, {})
    if not isinstance(table, dict):
        raise InvalidInput(f"[{key}] must be a table")
    return table
