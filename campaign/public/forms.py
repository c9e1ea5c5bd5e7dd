"""The public forms: signing, confirming, checking a file. Each speaks to people and hands on a command."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from flask_babel import get_locale
from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField
from markupsafe import Markup
from wtforms import BooleanField, Field, StringField
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from campaign.core import countries
from campaign.core.addresses import checked
from campaign.core.errors import InvalidInput
from campaign.core.text import has_controls
from campaign.letters.models import Letter
from campaign.letters.queries import choices
from campaign.letters.revising import promises_of
from campaign.letters.rules import Visibility, default_visibility, strictest
from campaign.organisations.rules import LONGEST_NAME, Scope
from campaign.public.places import Place
from campaign.public.readers import readers_named, recipients_named
from campaign.signing import statements
from campaign.signing.deciding import LONGEST_ASKER, Decider, leads_away
from campaign.signing.models import Signature
from campaign.signing.operations import Person, SignCommand
from campaign.signing.rules import LONGEST_PERSON, LONGEST_WEBSITE, Listing, Purpose
from campaign.web.callers import caller
from campaign.web.forms import Printable, PublicForm, one_line

LONGEST_HASH = 200
_NO_ADDRESS = _(
    "This stands in the mail to whoever decides, so it may hold no web or mail address but their own. Please"
    " leave the address out."
)


def tick(label: str, required: str = "") -> BooleanField:
    """A checkbox; any value that is not empty means ticked."""
    return BooleanField(label, [DataRequired(required)] if required else [], false_values=(False, ""))


def line(label: str, longest: int, required: str = "") -> StringField:
    """One line of text; `required` is the sentence for an empty one."""
    too_long = Length(max=longest, message=_("This is too long: at most %(max)d characters fit."))
    needed = [DataRequired(required)] if required else []
    return StringField(label, [Printable(), *needed, too_long], filters=[one_line])


def _address(label: str) -> StringField:
    """A mail address, which must be given."""
    needed = DataRequired(_("Please give an e-mail address."))
    return StringField(label, [needed, _complete_address], filters=[one_line])


def _complete_address(form: PublicForm, field: Field) -> None:
    """An address that mail can be sent to; whether it exists, the mail will show."""
    try:
        field.data = checked(field.data, ascii_only=True)
    except InvalidInput as fault:
        raise ValidationError(
            _("This is not a complete e-mail address. An example: name@example.org")
        ) from fault


class SignForm(PublicForm):
    """The sign form of a letter; its fields, in their order, are part of surface.md."""

    organisation = line(
        _("Name of the organisation, exactly as it should appear"),
        LONGEST_NAME,
        _("Please give the organisation’s name."),
    )
    organisation_other = line(_("Its name in another script"), LONGEST_NAME)
    country = StringField(_("Country"))
    scope = StringField(_("Country or network"), default=Scope.NATIONAL.value)
    website = line(_("Website"), LONGEST_WEBSITE)
    representative = line(_("Your name"), LONGEST_PERSON, _("Please give your name."))
    role = line(
        _("Your role in the organisation"),
        LONGEST_PERSON,
        _("Please say what you are in the organisation, such as “Director” or “Secretary”."),
    )
    email = _address(_("Your e-mail address"))
    decider = line(_("Name of the person who decides"), LONGEST_PERSON)
    decider_email = StringField(
        _("Their e-mail address"), [Optional(), _complete_address], filters=[one_line]
    )
    visibility = StringField(_("How the organisation is shown"))
    authorised = tick(_("Authority"), _("Please tick this: only somebody authorised can sign."))
    consent = tick(
        _("Consent"), _("Please tick this: without your agreement we may not publish the signature.")
    )
    updates = tick(_("News"))
    # Programs fill in every field. Its name is one they like, and none that browsers fill in by themselves.
    message = StringField(_("Please leave this field empty"))

    def __init__(self, place: Place, known: Signature | None = None) -> None:
        """`known` is another signature of whoever signs, from which the form is filled in."""
        letter = place.letter
        self.wordings, self.readers = wordings(letter), readers_named(letter)
        self.later_changes = statements.later_changes(promises_of(letter))
        self.sealed = statements.sealed() if letter.sealed_to else None
        said = [*self.wordings.values(), *self.readers, *self.later_changes, *filter(None, [self.sealed])]
        filled_in = _filled_in(known) if known else {}
        super().__init__(f"sign:{letter.id}", letter.text_version_id, said, data=filled_in)
        self.place = place
        self.offered = choices(letter)
        self.visibility.data = self.visibility.data or self._default(known).value
        self.scope.data = self.scope.data or Scope.NATIONAL.value
        for field, purpose in ((self.authorised, Purpose.ATTESTATION), (self.consent, Purpose.CONSENT)):
            field.label.text = self.wordings[purpose]
        self.updates.label.text = self.wordings[Purpose.UPDATES]
        if self.decider_email.data:
            self.authorised.validators = []  # it is who decides that says so, when they confirm

    def _default(self, known: Signature | None) -> Visibility:
        """What is chosen beforehand: never more than was chosen for the other letter."""
        usual = default_visibility(self.offered, self.place.letter.at_risk)
        before = {known.visibility} if known else set()
        return strictest((usual, *before.intersection(self.offered)))

    def validate_country(self, field: Field) -> None:
        """A country of the list; none for a network."""
        if not field.data and self.scope.data in (Scope.REGIONAL.value, Scope.INTERNATIONAL.value):
            return
        if not field.data:
            raise ValidationError(_("Please choose a country, or say below that you are a network."))
        if field.data not in countries.CODES:
            raise ValidationError(_("Please choose a country from the list."))

    def validate_scope(self, field: Field) -> None:
        """One of the three."""
        if field.data not in list(Scope):
            raise ValidationError(_("Please choose one of these."))

    def validate_visibility(self, field: Field) -> None:
        """One that the form offers."""
        if field.data not in list(self.offered):
            raise ValidationError(_("Please choose one of these."))

    def validate_decider(self, field: Field) -> None:
        """A name alone reaches nobody."""
        if field.data and not self.decider_email.data:
            raise ValidationError(_("Please give their e-mail address too, or leave both empty."))

    def validate_website(self, field: Field) -> None:
        """An address on the web."""
        complete_website(field)

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Also refuses what a mail to somebody else should not say in our name."""
        good = bool(super().validate(*args, **kwargs))
        return self._fit_for_another() and good

    def _fit_for_another(self) -> bool:
        if not self.decider_email.data:
            return True
        wrong = False
        for field in (self.organisation, self.organisation_other, self.representative, self.role):
            if leads_away(field.data or "", self.decider_email.data):
                field.errors = [*field.errors, _NO_ADDRESS]
                wrong = True
            elif field in (self.representative, self.role) and len(field.data or "") > LONGEST_ASKER:
                field.errors = [
                    *field.errors,
                    _(
                        "At most %(max)d characters fit here, as this stands in the mail to whoever decides.",
                        max=LONGEST_ASKER,
                    ),
                ]
                wrong = True
        return not wrong

    def to_command(self) -> SignCommand:
        """What signing.operations.sign takes; call it after validate()."""
        scope = Scope(self.scope.data)
        said_yes = {Purpose.ATTESTATION: self.authorised, Purpose.CONSENT: self.consent}
        if self.sealed is None:  # nobody can be written to whose address is sealed
            said_yes[Purpose.UPDATES] = self.updates
        return SignCommand(
            listing=Listing(
                organisation=self.organisation.data,
                organisation_other=self.organisation_other.data or None,
                country_code=self.country.data if scope is Scope.NATIONAL else None,
                scope=scope,
                website=self.website.data or None,
                visibility=Visibility(self.visibility.data),
            ),
            person=Person(self.representative.data, self.role.data, self.email.data),
            language=self.place.language,
            wordings={purpose: self.wordings[purpose] for purpose, field in said_yes.items() if field.data},
            nonce=self.facts.nonce,
            text_version_id=self.facts.text_version_id,
            host_id=self.place.host.id if self.place.host else None,
            shown_at=datetime.fromtimestamp(self.facts.shown_at, UTC),
            readers=tuple(self.readers),
            caller=caller(),
            trapped=bool(self.message.data),
            decider=Decider(self.decider.data or "", self.decider_email.data)
            if self.decider_email.data
            else None,
            said_in=str(get_locale()),
        )

    def country_options(self) -> Markup:
        """The options of the country list in the page's language, with the chosen one selected."""
        own = self.place.letter.country_names
        options = _listed(self.place.language, own) if own else _country_options(self.place.language)
        code = self.country.data
        if code in countries.CODES:
            options = options.replace(f"={code}>", f"={code} selected>", 1)
        return Markup(options)  # noqa: S704  # nosec B704: names, escaped below


class LinksForm(PublicForm):
    """The address to which the links of its signatures are to be sent."""

    email = _address(_("Your e-mail address"))


class VerifyForm(PublicForm):
    """A file, or the hash printed on it."""

    file = FileField(_("A PDF you received"))
    hash = line(_("Or the hash, or the short reference at the foot of each page"), LONGEST_HASH)


def _filled_in(known: Signature) -> dict[str, str | None]:
    """What the sign form asks for, as another signature has it."""
    person = known.representative
    return {
        "organisation": known.name,
        "organisation_other": known.name_other,
        "country": known.country_code,
        "scope": known.scope.value,
        "website": known.website,
        "representative": person.name if person else None,
        "role": person.role if person else None,
        "email": person.email if person else None,
    }


def wordings(letter: Letter) -> dict[Purpose, str]:
    """The sentences of the three ticks for this letter, in the page's language."""
    hosts = [host.name for host in letter.hosts]
    return {
        Purpose.ATTESTATION: statements.attestation(),
        Purpose.CONSENT: statements.consent(
            hosts, recipients_named(letter), letter.further_bodies, letter.sealed_to is not None
        ),
        Purpose.UPDATES: statements.updates(),
    }


def blame(form: PublicForm, field: str | None) -> None:
    """Put a room's refusal beside the field it belongs to, in words for people."""
    sentence = str(_("This cannot be printed on a list as it is. Please type it again."))
    named = form[field] if field and field in form else form.csrf_token
    named.errors = [*named.errors, sentence]


def typed(form: PublicForm) -> Mapping[str, str]:
    """What was typed, by label, so that it can be shown and copied when the form cannot be used any more."""
    return {str(f.label.text): f.data for f in form if isinstance(f, StringField) and f.data}


def make_harmless(form: PublicForm) -> None:
    """Take out of the typed text what no page can hold, before the form is shown again."""
    for field in form:
        if isinstance(field, StringField) and field.data and has_controls(field.data):
            field.data = "".join(c for c in field.data if not has_controls(c))


def complete_website(field: Field) -> None:
    """https:// is added where it is missing. Raises ValidationError for what is no address on the web."""
    if not field.data:
        return
    address = field.data if "://" in field.data else f"https://{field.data}"
    if not _is_website(address):
        raise ValidationError(_("This is not the address of a website. An example: https://www.example.org"))
    if len(address) > LONGEST_WEBSITE:
        raise ValidationError(_("This is too long: at most %(max)d characters fit.", max=LONGEST_WEBSITE))
    field.data = address


def _is_website(address: str) -> bool:
    try:
        parts = urlsplit(address)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        return False
    host = parts.hostname or ""
    plain = parts.scheme in ("http", "https") and "@" not in parts.netloc and " " not in address
    return plain and port_is_fine and "." in host.strip(".")


@lru_cache(maxsize=64)
def _country_options(tag: str) -> str:
    return _listed(tag, countries.NO_OWN)


def _listed(tag: str, own: countries.Names) -> str:
    option = Markup("<option value={}>{}")  # HTML lets quotes and end tag go: 250 of them are three kilobytes
    return "".join(option.format(code, name) for code, name in countries.choices(tag, own))
