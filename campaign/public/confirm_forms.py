"""The forms behind a mailed confirmation link: confirm, decide for somebody who asked, or refuse."""

from collections.abc import Sequence
from typing import Any

from flask_babel import get_locale
from flask_babel import lazy_gettext as _

from campaign.letters.models import Letter
from campaign.organisations.rules import LONGEST_NAME
from campaign.public.forms import line, tick, wordings
from campaign.public.readers import readers_named
from campaign.signing.deciding import Decision
from campaign.signing.models import Signature
from campaign.signing.rules import LONGEST_PERSON, Purpose
from campaign.web.forms import PublicForm


class ConfirmForm(PublicForm):
    """The button behind a mailed link, and a way to correct the spelling."""

    organisation = line(
        _("The name, exactly as it should appear"), LONGEST_NAME, _("Please give the organisation’s name.")
    )

    def to_decision(self) -> Decision | None:
        """What whoever decides says; nothing where whoever signed confirms."""
        return None


class DecideForm(ConfirmForm):
    """Somebody else asked for it: who decides says who they are, and gives their own word."""

    representative = line(_("Your name"), LONGEST_PERSON, _("Please give your name."))
    role = line(
        _("Your role in the organisation"),
        LONGEST_PERSON,
        _("Please say what you are in the organisation, such as “Director” or “Secretary”."),
    )
    authorised = tick(_("Authority"), _("Please tick this: only somebody authorised can sign."))
    consent = tick(
        _("Consent"), _("Please tick this: without your agreement we may not publish the signature.")
    )
    updates = tick(_("News"))

    def __init__(self, subject: str, letter: Letter, said: Sequence[str], **values: Any) -> None:
        self.wordings, self.readers = wordings(letter), readers_named(letter)
        self.sealed = letter.sealed_to is not None
        super().__init__(subject, said=[*self.wordings.values(), *self.readers, *said], **values)
        for field, purpose in self._ticks():
            field.label.text = self.wordings[purpose]

    def _ticks(self) -> list[tuple[Any, Purpose]]:
        return [
            (self.authorised, Purpose.ATTESTATION),
            (self.consent, Purpose.CONSENT),
            *([] if self.sealed else [(self.updates, Purpose.UPDATES)]),
        ]

    def to_decision(self) -> Decision:
        said = {purpose: self.wordings[purpose] for field, purpose in self._ticks() if field.data}
        return Decision(
            self.representative.data, self.role.data, said, str(get_locale()), tuple(self.readers)
        )


def confirm_form(asked_id: int, signature: Signature, said: Sequence[str]) -> ConfirmForm:
    """The form for a sign-on; `said` is what else its page tells that is relied on."""
    subject, name, person = f"confirm:{asked_id}", signature.name, signature.representative
    if person is None or person.asked_by is None:
        return ConfirmForm(subject, said=said, data={"organisation": name})
    typed = {"organisation": name, "representative": person.name}
    return DecideForm(subject, signature.letter, said, data=typed)
