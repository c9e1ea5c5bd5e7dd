"""The forms on a signatory's own page."""

from datetime import UTC, datetime

from flask_babel import get_locale
from flask_babel import lazy_gettext as _
from wtforms import Field, StringField
from wtforms.validators import ValidationError

from campaign.letters.queries import choices
from campaign.letters.rules import Visibility
from campaign.organisations.rules import LONGEST_NAME
from campaign.public.forms import complete_website, line
from campaign.public.readers import readers_named
from campaign.signing import statements
from campaign.signing.corrections import OwnCorrection
from campaign.signing.models import Signature
from campaign.signing.rules import LONGEST_PERSON, LONGEST_WEBSITE
from campaign.signing.visibility import Choice
from campaign.web.forms import PublicForm


class CorrectForm(PublicForm):
    """How the organisation is listed, and who signs for it."""

    organisation = line(
        _("Name of the organisation, exactly as it should appear"),
        LONGEST_NAME,
        _("Please give the organisation’s name."),
    )
    organisation_other = line(_("Its name in another script"), LONGEST_NAME)
    website = line(_("Website"), LONGEST_WEBSITE)
    representative = line(_("Your name"), LONGEST_PERSON)
    role = line(_("Your role in the organisation"), LONGEST_PERSON)

    def __init__(self, link_id: int, signature: Signature) -> None:
        person, wishes = signature.representative, signature.wishes or {}
        listed = {
            "organisation": wishes.get("name", signature.name),
            "organisation_other": wishes.get("name_other", signature.name_other),
            "website": wishes.get("website", signature.website),
            "representative": person.name if person else None,
            "role": person.role if person else None,
        }
        super().__init__(f"correct:{link_id}", data=listed)

    def validate_website(self, field: Field) -> None:
        """An address on the web, as on the sign form."""
        complete_website(field)

    def to_correction(self) -> OwnCorrection:
        """What signing.corrections.correct_own takes; call it after validate()."""
        return OwnCorrection(
            name=self.organisation.data,
            name_other=self.organisation_other.data or None,
            website=self.website.data or None,
            representative=self.representative.data or None,
            role=self.role.data or None,
        )


class ShownForm(PublicForm):
    """Who may see the name: each choice is the sentence that is kept when it is made."""

    visibility = StringField(_("Who may see the name"))

    def __init__(self, link_id: int, signature: Signature) -> None:
        letter = signature.letter
        self.readers = readers_named(letter)
        offered = {*choices(letter), signature.visibility}
        self.wordings = {v: statements.shown(v, self.readers) for v in Visibility if v in offered}
        super().__init__(f"shown:{link_id}", said=[*self.wordings.values()])
        if not self.visibility.raw_data:
            self.visibility.data = signature.visibility.value

    def validate_visibility(self, field: Field) -> None:
        """One that the page offers."""
        if field.data not in list(self.wordings):
            raise ValidationError(_("Please choose one of these."))

    def to_choice(self) -> Choice:
        """What signing.visibility.choose takes; call it after validate()."""
        chosen = Visibility(self.visibility.data)
        return Choice(
            visibility=chosen,
            wording=self.wordings[chosen],
            language=str(get_locale()),
            readers=tuple(self.readers),
            shown_at=datetime.fromtimestamp(self.facts.shown_at, UTC),
        )
