"""Fields that the desk's forms share: a country by its name, a mail address, a line within its limit."""

from collections.abc import Callable, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, Form, StringField, TextAreaField
from wtforms.validators import Length, Optional, ValidationError

from campaign.core import countries
from campaign.core.addresses import checked
from campaign.core.errors import InvalidInput
from campaign.web.forms import Printable, many_lines, one_line
from campaign.web.language import language


def line(label: Any, longest: int, *more: Callable[[Form, Field], Any]) -> StringField:
    """A field of one line. Without a further validator it may stay empty."""
    limit = Length(max=longest, message=_l("At most %(max)d characters fit here."))
    return StringField(label, [*(more or (Optional(),)), limit, Printable()], filters=[one_line])


def area(label: Any, longest: int, *more: Callable[[Form, Field], Any]) -> TextAreaField:
    """A field of several lines. Without a further validator it may stay empty."""
    limit = Length(max=longest, message=_l("At most %(max)d characters fit here."))
    return TextAreaField(
        label, [*(more or (Optional(),)), limit, Printable(lines=True)], filters=[many_lines]
    )


class Mailbox:
    """Refuses what cannot be a mail address. Nothing is looked up on the network."""

    def __call__(self, form: Form, field: Field) -> None:
        if field.data and address(field.data) is None:
            raise ValidationError(_("This is not a mail address."))


class Website:
    """Refuses what cannot be the address of a website."""

    def __call__(self, form: Form, field: Field) -> None:
        if field.data and not field.data.startswith(("http://", "https://")):
            raise ValidationError(_("A website begins with https:// or http://"))


class Country:
    """Refuses a text that names no country, or more than one."""

    def __call__(self, form: Form, field: Field) -> None:
        own: countries.Names = getattr(form, "country_names", countries.NO_OWN)
        if field.data and country_code(field.data, own) is None:
            raise ValidationError(_("We do not know this country. Please choose one of the suggestions."))


def address(typed: str | None) -> str | None:
    """A mail address as it is kept, or None when it cannot be one."""
    try:
        return checked(typed or "")
    except InvalidInput:
        return None


def country_code(typed: str | None, own: countries.Names) -> str | None:
    """The code for a country's code or name in any language; None for nothing, none and several.

    `own` is how the letter words countries.
    """
    typed = (typed or "").strip()
    if typed.upper() in countries.CODES:
        return typed.upper()
    return countries.read(typed, language(), own) if typed else None


def choices(kinds: Sequence[Any], word: Callable[[Any], str]) -> list[tuple[str, str]]:
    """The options of a select from members of an enum and a function that words them."""
    return [(kind.value, word(kind)) for kind in kinds]
