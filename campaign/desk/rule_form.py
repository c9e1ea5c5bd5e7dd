"""The form for a rule of bulk invalidation, and a rule in words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField, SelectField
from wtforms.validators import Optional

from campaign.core.errors import InvalidInput
from campaign.desk import words
from campaign.desk.fields import Country, choices, country_code, line
from campaign.desk.frame import sentence_of
from campaign.desk.letter_promises import MOMENT_FORMATS
from campaign.desk.letters import local_moment
from campaign.letters.models import Letter
from campaign.sheets.queries import sheets
from campaign.signing.bulk import NOWHERE, Condition
from campaign.signing.rules import Evidence, Flag, ImportState, Source

ANY = ("", _l("any"))


class RuleForm(FlaskForm):
    """Conditions, of which all that are given must hold. Fields are called as `bulk.Condition` calls them."""

    name = line(_l("The name holds these words"), 200)
    mail_domain = line(_l("Mail domain"), 200)
    country = line(_l("Country"), 200, Optional(), Country())
    signed_from = DateTimeLocalField(_l("Signed from"), [Optional()], format=MOMENT_FORMATS)
    signed_until = DateTimeLocalField(_l("Signed until"), [Optional()], format=MOMENT_FORMATS)
    flag = SelectField(_l("Why a person should look"), [Optional()], default="")
    source = SelectField(_l("How it came"), [Optional()], default="")
    evidence = SelectField(_l("Evidence"), [Optional()], default="")
    host = SelectField(_l("Through the link of"), [Optional()], default="")
    sheet = SelectField(_l("From the sheet"), [Optional()], default="")
    network = line(_l("From the same network as sign-on number"), 9)

    def __init__(self, letter: Letter, **values: Any) -> None:
        super().__init__(**values)
        self.country_names = letter.country_names
        self.zone = letter.time_zone
        brought = [s for s in sheets(letter.id) if s.state is ImportState.DONE]
        for field, listed in (
            (self.flag, [(flag.value, words.flag(flag)[0]) for flag in Flag]),
            (self.source, choices(tuple(Source), words.source)),
            (self.evidence, [(evidence.value, words.evidence(evidence)[0]) for evidence in Evidence]),
            (self.host, [(str(host.id), host.name) for host in letter.hosts]),
            (self.sheet, [(str(sheet.id), sheet.filename) for sheet in brought]),
        ):
            field.choices = [ANY, *listed]

    def conditions(self) -> dict[str, str]:
        """What signing.invalidating.propose takes; call it after validate()."""
        plain = ("name", "mail_domain", "flag", "source", "evidence", "host", "network")
        return {
            **{name: self[name].data or "" for name in plain},
            "import": self.sheet.data or "",
            "country": country_code(self.country.data, self.country_names) or "",
            "signed_from": self._moment("signed_from"),
            "signed_until": self._moment("signed_until"),
        }

    def _moment(self, field: str) -> str:
        """The moment in UTC terms. Raises InvalidInput: a condition that fell away would widen the rule."""
        typed = self[field].data
        found = local_moment(typed.isoformat(), self.zone) if typed else None
        if typed and found is None:
            raise InvalidInput("there is no such moment in the letter's time zone", field)
        return found.isoformat() if found else ""

    def blame(self, fault: InvalidInput) -> None:
        """Put a refusal beside the condition it belongs to, or on top."""
        name = {"import": "sheet"}.get(fault.field or "", fault.field or "")
        if name in self:
            self[name].errors = [sentence_of(fault)]
        else:
            self.form_errors.append(sentence_of(fault))


def told(conditions: Mapping[str, str], letter: Letter) -> list[tuple[str, str]]:
    """A rule in words: what is asked, and the answer that is meant."""
    order = {condition.value: at for at, condition in enumerate(Condition)}
    keys = sorted(conditions, key=lambda key: order[key])
    return [(_label(Condition(key)), _answer(Condition(key), conditions[key], letter)) for key in keys]


def _label(condition: Condition) -> str:
    return {
        Condition.NETWORK: _("From the same network as sign-on number"),
        Condition.MAIL_DOMAIN: _("Mail domain"),
        Condition.SIGNED_FROM: _("Signed from"),
        Condition.SIGNED_UNTIL: _("Signed until"),
        Condition.FLAG: _("Why a person should look"),
        Condition.SOURCE: _("How it came"),
        Condition.IMPORT: _("From the sheet"),
        Condition.HOST: _("Through the link of"),
        Condition.EVIDENCE: _("Evidence"),
        Condition.COUNTRY: _("Country"),
        Condition.NAME: _("The name holds these words"),
    }[condition]


def _answer(condition: Condition, text: str, letter: Letter) -> str:
    if condition in (Condition.SIGNED_FROM, Condition.SIGNED_UNTIL):
        return words.at(datetime.fromisoformat(text), letter.time_zone)
    if condition is Condition.FLAG:
        return words.flag(text)[0]
    if condition is Condition.SOURCE:
        return words.source(Source(text))
    if condition is Condition.EVIDENCE:
        return words.evidence(Evidence(text))[0]
    if condition is Condition.COUNTRY:
        return _("none") if text == NOWHERE else words.country(text, letter.country_names)
    if condition is Condition.HOST:
        return next((host.name for host in letter.hosts if str(host.id) == text), text)
    if condition is Condition.IMPORT:
        return next((sheet.filename for sheet in sheets(letter.id) if str(sheet.id) == text), text)
    return text
