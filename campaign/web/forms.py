"""What every form stands on: Flask-WTF, clean text, and for public forms a signed token, no cookie."""

import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any

from flask import current_app, request
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from itsdangerous import BadData, URLSafeSerializer
from wtforms import Field, Form
from wtforms.csrf.core import CSRF, CSRFTokenField
from wtforms.validators import ValidationError

from campaign.core.secrets import digest, new_nonce
from campaign.core.text import clean, clean_lines, has_controls

YOUNGEST_SECONDS = 2.0  # nobody reads and fills in a form faster; programs do


@dataclass(frozen=True, slots=True)
class FormFacts:
    """What a public form's token says.

    Which form it was, when what it says was first shown, its nonce, the text version that was read, and a
    digest of what else was said on it that counts (`said`).
    """

    subject: str
    shown_at: float
    nonce: str
    text_version_id: int | None
    said: str = ""


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SETTINGS"].token_key, salt="public form")


class SignedFormToken(CSRF):
    """Guards a public form without a session.

    A token only we can make, and an Origin that is ours when the browser names one.

    There is no cookie to lose, nothing expires, and a form may stay open for days. A cross-site page could
    copy a token, but a browser always names the origin of a cross-site POST. `form.facts` holds what the
    token said, also when the form is shown again.
    """

    def setup_form(self, form: Form) -> list[tuple[str, Any]]:
        self.form = form
        return list(super().setup_form(form))

    def generate_csrf_token(self, csrf_token_field: CSRFTokenField) -> str:
        facts = self._facts_sent() or self._fresh()
        if facts.said != self.form.said:
            facts = replace(facts, said=self.form.said, shown_at=time.time())
        self.form.facts = facts
        token: str = _serializer().dumps(list(astuple(facts)))
        return token

    def validate_csrf_token(self, form: Form, field: CSRFTokenField) -> None:
        if not same_origin():
            raise ValidationError(
                _("This form was sent from another site. Please press the button again here.")
            )
        sent = self._facts_sent()
        if sent is None:
            raise ValidationError(
                _("The form had lost its seal. Nothing is lost: please press the button again.")
            )
        if sent.said != form.said:
            raise ValidationError(
                _(
                    "What this page says of the letter, of who gets it and who sees the names has changed"
                    " while it was open. Nothing is lost: please read it once more and press the button"
                    " again."
                )
            )
        if time.time() - form.facts.shown_at < YOUNGEST_SECONDS:
            raise ValidationError(
                _("That was very fast. Please look at the form once more and press the button again.")
            )

    def _fresh(self) -> FormFacts:
        form = self.form
        return FormFacts(form.subject, time.time(), new_nonce(), form.text_version_id, form.said)

    def _facts_sent(self) -> FormFacts | None:
        """What a submitted token says, if it is ours and for this form."""
        sent = request.form.get("csrf_token", "")
        try:
            facts = FormFacts(*_serializer().loads(sent))
        except (BadData, TypeError, ValueError):
            return None
        return facts if facts.subject == self.form.subject else None


def same_origin() -> bool:
    """Whether the request names our own origin, or names none (as some browsers and privacy settings do)."""
    origin = request.headers.get("Origin")
    return origin in (None, "", current_app.config["SETTINGS"].public_url, request.host_url.rstrip("/"))


class PublicForm(FlaskForm):
    """A form for visitors: no cookie, guarded by its signed token.

    `subject` says which form it is (letter, action). `said` are the sentences on it that whoever sends it
    relies on: if any is another one by then, the form is shown again, and counts as first shown then.
    """

    facts: FormFacts

    class Meta:
        csrf = True
        csrf_class = SignedFormToken

    def __init__(
        self, subject: str, text_version_id: int | None = None, said: Sequence[str] = (), **values: Any
    ) -> None:
        self.subject, self.text_version_id = subject, text_version_id
        self.said = digest("\n".join(said))[:32] if said else ""
        super().__init__(**values)


def one_line(value: str | None) -> str | None:
    """A filter for fields of one line; text with control characters is left for `Printable` to refuse."""
    return value if value is None or has_controls(value) else clean(value)


def many_lines(value: str | None) -> str | None:
    """A filter for text areas."""
    return value if value is None or has_controls(value, lines=True) else clean_lines(value)


class Printable:
    """Refuses control characters, which no list can show and no header may hold."""

    def __init__(self, lines: bool = False) -> None:
        self.lines = lines

    def __call__(self, form: Form, field: Field) -> None:
        if field.data and has_controls(field.data, self.lines):
            raise ValidationError(_("This holds characters that cannot be printed. Please type it again."))
