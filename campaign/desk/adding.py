"""Entering a sign-on that came by mail, phone or message: twenty seconds, then ready for the next."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, RadioField, SelectField
from wtforms.validators import InputRequired, Optional

from campaign.accounts.rules import Action
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.desk import words
from campaign.desk.fields import Country, Mailbox, Website, address, choices, country_code, line
from campaign.desk.frame import desk, done, sentence_of, show
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.letters.rules import Visibility, default_visibility
from campaign.organisations.rules import LONGEST_NAME, Scope
from campaign.signing import moderation
from campaign.signing.moderation import AddCommand
from campaign.signing.operations import Person
from campaign.signing.rules import LONGEST_NOTE, LONGEST_PERSON, LONGEST_WEBSITE, Listing, Source
from campaign.web.guards import actor, allowed

BY = (Source.MAIL, Source.PHONE, Source.MESSAGE)


class AddForm(FlaskForm):
    """A sign-on as a coordinator types it; only the organisation's name is needed."""

    organisation = line(
        _l("Organisation, exactly as it should appear"),
        LONGEST_NAME,
        InputRequired(_l("Please give a name.")),
    )
    country = line(_l("Country"), LONGEST_NAME, Optional(), Country())
    scope = SelectField(_l("Scope"), default=Scope.NATIONAL.value)
    representative = line(_l("Who signs for it"), LONGEST_PERSON)
    role = line(_l("Their role"), LONGEST_PERSON)
    source = RadioField(_l("It came by"), default=Source.MAIL.value)
    came_on = DateField(_l("On"), [Optional()])
    note = line(_l("Note for the team"), LONGEST_NOTE - 20)
    email = line(_l("Mail address"), 254, Optional(), Mailbox())
    website = line(_l("Website"), LONGEST_WEBSITE, Optional(), Website())
    visibility = SelectField(_l("Name shown"))
    accept = BooleanField(_l("Count it at once"), default=True)

    def __init__(self, letter: Letter, **values: Any) -> None:
        self.country_names = letter.country_names
        super().__init__(**values)
        self.scope.choices = choices(tuple(Scope), words.scope)
        self.source.choices = choices(BY, words.source)
        self.visibility.choices = choices(letter.offered, words.visibility)
        if self.visibility.data is None:
            self.visibility.data = default_visibility(letter.offered, letter.at_risk).value
        if not self.is_submitted():
            self.came_on.data = clock.now().date()

    def to_command(self) -> AddCommand:
        """The sign-on to enter; the day it came stands before the note."""
        day = self.came_on.data.isoformat() if self.came_on.data else ""
        return AddCommand(
            Listing(
                organisation=self.organisation.data,
                country_code=country_code(self.country.data, self.country_names)
                if self.scope.data == Scope.NATIONAL
                else None,
                scope=Scope(self.scope.data),
                visibility=Visibility(self.visibility.data),
                website=self.website.data or None,
            ),
            Person(self.representative.data or None, self.role.data or None, address(self.email.data)),
            Source(self.source.data),
            ". ".join(part for part in (day, self.note.data) if part),
            bool(self.accept.data),
        )


@desk.get("/letters/<slug>/add")
@allowed(Action.MODERATE)
def add(slug: str) -> ResponseReturnValue:
    """The form, its first field ready for typing."""
    letter = letter_by_slug(slug)
    return show(letter, "add", form=AddForm(letter), country_names=words.country_names(letter.country_names))


@desk.post("/letters/<slug>/add")
@allowed(Action.MODERATE)
def enter(slug: str) -> ResponseReturnValue:
    """Enter it, and be ready for the next."""
    letter = letter_by_slug(slug)
    form = AddForm(letter)
    if form.validate_on_submit():
        try:
            signature = moderation.add(letter, form.to_command(), actor())
        except (Conflict, InvalidInput) as fault:
            db.session.rollback()
            _show_fault(form, fault)
        else:
            said = (
                _("%(name)s is on the list and counts.", name=signature.name)
                if form.accept.data
                else _("%(name)s waits in the queue.", name=signature.name)
            )
            return done(url_for("desk.add", slug=slug), said)
    letter = letter_by_slug(slug)
    return show(letter, "add", 422, form=form, country_names=words.country_names(letter.country_names))


def _show_fault(form: AddForm, fault: Conflict | InvalidInput) -> None:
    field = fault.field if isinstance(fault, InvalidInput) else "organisation"
    if field in form:
        form[field].errors = [*form[field].errors, sentence_of(fault)]
    else:
        form.form_errors.append(sentence_of(fault))
