"""The form for a letter: what its files say, with a set of fields per language, host and addressee."""

import re
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    Field,
    FieldList,
    Form,
    FormField,
    SelectField,
    SelectMultipleField,
)
from wtforms.validators import DataRequired, Optional, ValidationError

from campaign.core import clock, locales
from campaign.core.errors import InvalidInput
from campaign.core.sealing import checked_key, is_private_key
from campaign.core.text import fold
from campaign.desk import words
from campaign.desk.fields import Country, Mailbox, Website, address, area, choices, line
from campaign.desk.frame import sentence_of
from campaign.desk.letter_countries import wordings_of
from campaign.desk.letter_promises import MOMENT_FORMATS, ChangeFields
from campaign.letters.drafts import LONGEST_TEXT, CopyDraft
from campaign.letters.rules import (
    LONGEST_SLUG,
    RELEASE_DELAYS,
    SLUG,
    Acceptance,
    Channel,
    Circulation,
    Order,
    Sees,
    Visibility,
)
from campaign.tally.wording import NOUNS

_CC = re.compile(r"(?:(?P<who>[^<>;]*)<(?P<named>[^<>]+)>|(?P<bare>[^\s<>;]+))")
_CC_WORDS: dict[str, Sees | None] = {"printed": None, "sees all": Sees.ALL, "sees public": Sees.PUBLIC}
NEEDED = _l("This is needed.")


class Language:
    """Refuses a tag that stands for no language."""

    def __call__(self, form: Form, field: Field) -> None:
        if field.data and not locales.is_known(field.data):
            raise ValidationError(_("This is no language tag we know. Examples: en, fr, ar, pt-BR."))


class Part(Form):
    """A set of fields that may stay blank, or be taken out; it is checked only when it says something."""

    TELLING: Sequence[str] = ()
    remove = BooleanField(_l("Take this out"))

    @property
    def blank(self) -> bool:
        """Whether nothing was typed that would make a part of the letter."""
        return bool(self.remove.data) or not any(self[name].data for name in self.TELLING)

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        return self.blank or bool(super().validate(*args, **kwargs))


class TextPart(Part):
    """The letter in one language."""

    TELLING = ("title", "text", "notice")
    language = line(_l("Language"), 20, DataRequired(NEEDED), Language())
    title = line(_l("Title"), 300, DataRequired(NEEDED))
    noun = SelectField(_l("Signatories are called"), default=NOUNS[0])
    notice = line(_l("A sentence that every page, mail and PDF carries"), 300)
    text = area(_l("Text"), LONGEST_TEXT)
    reviewed = BooleanField(_l("Somebody has read this text and it is right"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {"groups": _("groups"), "organisations": _("organisations"), "NGOs": _("NGOs")}
        own = [(self.noun.data, self.noun.data)] if self.noun.data and self.noun.data not in known else []
        self.noun.choices = [*known.items(), *own]


class HostPart(Part):
    """An organisation that publishes the letter."""

    TELLING = ("name",)
    name = line(_l("Name"), 200, DataRequired(NEEDED))
    website = line(_l("Website"), 300, Optional(), Website())
    country = line(_l("Country"), 200, Optional(), Country())
    contact = line(_l("Mail address for replies"), 254, Optional(), Mailbox())
    signed_by = line(_l("Signed by"), 120)
    signed_title = line(_l("Their title"), 120)


class AddresseePart(Part):
    """Somebody the letter is addressed to."""

    TELLING = ("name", "body", "email")
    name = line(_l("Name"), 200, DataRequired(NEEDED))
    honorific = line(_l("Honorific"), 120)
    title = line(_l("Office or position"), 200)
    body = line(_l("Body"), 200)
    language = line(_l("Language"), 20, Optional(), Language())
    channel = SelectField(_l("How it reaches them"), default=Channel.MAIL.value)
    email = line(_l("Mail address"), 254, Optional(), Mailbox())
    sees = SelectField(_l("Which names they see"), default=Sees.ALL.value)
    subject = line(_l("Subject"), 200)
    salutation = line(_l("Salutation"), 200)
    opening = area(_l("Their own opening paragraph"), 5_000)
    closing = line(_l("Closing"), 300)
    cc = area(_l("Copies (Cc)"), 5_000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channel.choices = choices(tuple(Channel), words.channel)
        self.sees.choices = [
            (Sees.ALL.value, _("all that addressees may see")),
            (Sees.PUBLIC.value, _("public names only")),
        ]

    def validate_cc(self, field: Field) -> None:
        copies_of(field.data)


def copies_of(typed: str | None) -> tuple[CopyDraft, ...]:
    """Cc from lines like "Name, title <mail>; printed; sees all"; only the mail is needed.

    Raises ValidationError.
    """
    lines = enumerate((typed or "").splitlines(), start=1)
    return tuple(_copy_of(text, number) for number, text in lines if text.strip())


def _copy_of(text: str, number: int) -> CopyDraft:
    who, *more = (part.strip() for part in text.split(";"))
    said = {" ".join(word.lower().split()) for word in more}
    sees = [kind for word in said if (kind := _CC_WORDS.get(word))]
    found = _CC.fullmatch(who)
    email = address((found["named"] or found["bare"]) if found else None)
    if found is None or email is None or not said <= set(_CC_WORDS) or len(sees) > 1:
        raise ValidationError(
            _("Line %(number)d: write it as Name, title <mail address>; printed; sees public", number=number)
        )
    name, _comma, title = (found["who"] or "").partition(",")
    return CopyDraft(
        email=email,
        name=name.strip()[:200] or None,
        title=title.strip()[:200] or None,
        printed="printed" in said,
        sees=sees[0] if sees else None,
    )


class LetterForm(ChangeFields, FlaskForm):
    """A whole letter."""

    slug = line(_l("Address"), LONGEST_SLUG)
    original_language = line(_l("Original language"), 20, DataRequired(NEEDED), Language())
    texts = FieldList(FormField(TextPart))
    hosts = FieldList(FormField(HostPart))
    addressees = FieldList(FormField(AddresseePart))
    date = DateField(_l("Date of the letter"), [Optional()])
    place = line(_l("Place"), 120)
    reference = line(_l("Reference"), 120)
    deadline = DateTimeLocalField(_l("Open for signature until"), [Optional()], format=MOMENT_FORMATS)
    time_zone = line(_l("Time zone"), 60, DataRequired(NEEDED))
    circulation = SelectField(_l("Circulation"), default=Circulation.PRIVATE.value)
    acceptance = SelectField(_l("Confirmed sign-ons"), default=Acceptance.MODERATED.value)
    order = SelectField(_l("Order of the list"), default=Order.COUNTRY.value)
    visibilities = SelectMultipleField(
        _l("Signatories may choose to be shown"), default=[v.value for v in Visibility]
    )
    release_delay = line(
        _l("Minutes in which a release can be taken back, where nobody else approves it (5 to 60)"),
        10,
    )
    country_names = area(_l("This letter’s own names of countries"), 20_000)
    sealed_to = line(_l("Seal contacts to this public key of age"), 100)
    at_risk = BooleanField(_l("Some signatories may be at risk: the least visible choice is made beforehand"))

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.circulation.choices = [
            (Circulation.PRIVATE.value, _("private: only by a link that you give away")),
            (Circulation.PUBLIC.value, _("public: anybody can find it once it is open")),
        ]
        self.acceptance.choices = [
            (Acceptance.MODERATED.value, _("wait for a coordinator’s decision")),
            (Acceptance.AUTOMATIC.value, _("count at once")),
        ]
        self.order.choices = [
            (Order.COUNTRY.value, _("by country")),
            (Order.NAME.value, _("by name")),
            (Order.SIGNED.value, _("in the order of signing")),
        ]
        self.visibilities.choices = choices(tuple(Visibility), words.visibility)

    def validate_slug(self, field: Field) -> None:
        if field.data and not SLUG.fullmatch(field.data):
            raise ValidationError(_("Small letters, digits and single hyphens only, such as bahrain-2020."))

    def validate_time_zone(self, field: Field) -> None:
        if field.data not in clock.zones():
            raise ValidationError(
                _("This time zone is not known. Examples: UTC, Europe/Zurich, Africa/Nairobi.")
            )

    def validate_acceptance(self, field: Field) -> None:
        if field.data == Acceptance.AUTOMATIC.value and self.at_risk.data:
            raise ValidationError(
                _(
                    "Where signatories may be at risk, a coordinator decides on each: else whoever signs in"
                    " an organisation’s name learns at once whether it stands there with a hidden name."
                )
            )

    def validate_release_delay(self, field: Field) -> None:
        if field.data and (not field.data.isdecimal() or int(field.data) not in RELEASE_DELAYS):
            raise ValidationError(_("Please give whole minutes, from 5 to 60."))

    def validate_visibilities(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(_("Offer at least one."))

    def validate_original_language(self, field: Field) -> None:
        titled = {
            part.form.language.data for part in self.texts if not part.form.blank and part.form.title.data
        }
        if field.data not in titled:
            raise ValidationError(_("There is no title in this language yet."))

    def validate_sealed_to(self, field: Field) -> None:
        """A private key that was given is never shown again."""
        try:
            field.data = checked_key(field.data) if field.data else ""
        except InvalidInput as fault:
            field.data = "" if is_private_key(field.data) else field.data
            raise ValidationError(sentence_of(fault)) from fault

    def validate_country_names(self, field: Field) -> None:
        wordings_of(field.data)

    def validate_texts(self, field: Field) -> None:
        _refuse_twice(
            [p.form.language for p in self.texts if not p.form.blank], _("This language is here twice.")
        )

    def validate_hosts(self, field: Field) -> None:
        _refuse_twice([p.form.name for p in self.hosts if not p.form.blank], _("This name is here twice."))

    def validate_addressees(self, field: Field) -> None:
        _refuse_twice(
            [p.form.name for p in self.addressees if not p.form.blank], _("This name is here twice.")
        )

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Also refuses a letter that nobody publishes."""
        good = bool(super().validate(*args, **kwargs))
        if all(part.form.blank for part in self.hosts):
            self.form_errors.append(_("A letter needs at least one host."))
            return False
        return good


def _refuse_twice(fields: Sequence[Field], sentence: str) -> None:
    """Marks each field whose text stands in an earlier one too; raises ValidationError when there is one."""
    seen: set[str] = set()
    for field in fields:
        if (folded := fold(field.data or "")) in seen:
            field.errors = [sentence]
            raise ValidationError(sentence)
        seen.add(folded)
