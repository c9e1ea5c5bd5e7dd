"""The part of the letter's form about later changes: what the sign form promises, and what a change asks."""

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateTimeLocalField, Form, RadioField, SelectField
from wtforms.validators import Optional

from campaign.core import locales
from campaign.desk.fields import line
from campaign.desk.letters import local_moment
from campaign.letters.addressing import further_bodies
from campaign.letters.drafts import Draft, Revision
from campaign.letters.models import Letter
from campaign.letters.revising import LONGEST_SUMMARY
from campaign.letters.rules import Change, Silence, TextRule
from campaign.web.language import language

CHANGE_FIELDS = ("text_rule", "silence", "further_bodies", "change", "summary", "reconfirm_by")
MOMENT_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


class ChangeFields(Form):
    """`change`, `summary` and `reconfirm_by` are asked for only where somebody may have signed already."""

    text_rule = SelectField(_l("What may still change in the text"), [Optional()])
    silence = SelectField(_l("Who does not answer when asked to confirm a changed text"), [Optional()])
    further_bodies = BooleanField(_l("The letter may go to further bodies of the same cause without asking"))
    change = RadioField(_l("What does the change mean?"), [Optional()])
    summary = line(_l("What changed, in a sentence for everybody"), LONGEST_SUMMARY)
    reconfirm_by = DateTimeLocalField(
        _l("Signatories confirm again until"), [Optional()], format=MOMENT_FORMATS
    )

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.text_rule.choices = [
            (TextRule.REVISABLE.value, _("its substance too; signatories are then asked again")),
            (TextRule.FINAL.value, _("nothing: it is final, only slips are corrected")),
        ]
        self.silence.choices = [
            (Silence.OFF.value, _("is taken off the list")),
            (Silence.KEPT.value, _("stays on the list")),
        ]
        self.change.choices = [
            (Change.MINOR.value, _("minor: a slip of the pen; signatures stand")),
            (
                Change.SUBSTANTIVE.value,
                _("substantive: it says something else; those who signed are asked to confirm again"),
            ),
        ]

    def only_stricter(self, letter: Letter | None) -> None:
        """Offer what a letter may still choose: once it was opened, nothing that promises less."""
        if letter is None or letter.opened_at is None:
            return
        if letter.text_rule is TextRule.FINAL:
            self.text_rule.choices = self.text_rule.choices[1:]
        if letter.silence is Silence.OFF:
            self.silence.choices = self.silence.choices[:1]


def revision_from(form: Any, letter: Letter, draft: Draft) -> tuple[Revision | None, bool]:
    """What a valid form says about the change, and whether that is enough; else its fields say what
    is missing.

    Of a letter that nobody can have signed nothing is asked.
    """
    if letter.opened_at is None:
        return None, True
    bodies = further_bodies(letter, draft)
    change = Change(form.change.data) if form.change.data else None
    if bodies and change is not Change.SUBSTANTIVE:
        form.change.errors = [
            _(
                "Signatories have not agreed that the letter goes to %(bodies)s. "
                "Choose “substantive”: they are asked.",
                bodies=locales.listing(bodies, language()),
            )
        ]
        return None, False
    if change is not Change.SUBSTANTIVE:
        return Revision(change, form.summary.data or "") if change else None, True
    by = _moment(form.reconfirm_by.data, form.time_zone.data)
    if not form.summary.data:
        form.summary.errors = [_("Please say what changed. Signatories and the public read it.")]
    if by is None:
        form.reconfirm_by.errors = [_("Please give a day and a time.")]
    complete = bool(form.summary.data) and by is not None
    return Revision(change, form.summary.data or "", by), complete


def _moment(typed: datetime | None, zone: str) -> datetime | None:
    return local_moment(typed.isoformat(), zone) if typed else None
