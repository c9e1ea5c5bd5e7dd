"""How a letter words countries its own way, as lines of the desk's form: "XK en: Kosovo"."""

import re

from flask_babel import gettext as _
from wtforms.validators import ValidationError

from campaign.core.countries import Names
from campaign.core.country_overrides import check_names
from campaign.core.errors import InvalidInput

_LINE = re.compile(r"(?P<code>[A-Za-z]{2})\s+(?P<tag>[A-Za-z0-9-]+)\s*:\s*(?P<words>\S.*)")


def country_lines(names: Names) -> str:
    """The wordings as they are typed, in the order of codes and languages."""
    return "\n".join(
        f"{code} {tag}: {words}"
        for code, by_tag in sorted(names.items())
        for tag, words in sorted(by_tag.items())
    )


def wordings_of(typed: str | None) -> dict[str, dict[str, str]]:
    """The wordings that lines like "XK en: Kosovo" give, by code and language. Raises ValidationError."""
    names: dict[str, dict[str, str]] = {}
    for number, text in enumerate((typed or "").splitlines(), start=1):
        if not text.strip():
            continue
        found = _LINE.fullmatch(text.strip())
        if found is None:
            raise ValidationError(_("Line %(number)d: write it as code language: name", number=number))
        code, tag, words = found["code"].upper(), found["tag"], found["words"].strip()
        _check(number, code, tag, words)
        if tag in names.setdefault(code, {}):
            raise ValidationError(
                _("Line %(number)d: this country has a name in this language.", number=number)
            )
        names[code][tag] = words
    return names


def _check(number: int, code: str, tag: str, words: str) -> None:
    try:
        check_names({code: {tag: words}})
    except InvalidInput as fault:
        raise ValidationError(
            _(
                "Line %(number)d: no such country or language, or a name of more than 120 characters.",
                number=number,
            )
        ) from fault
