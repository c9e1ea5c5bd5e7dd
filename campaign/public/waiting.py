"""What else waits for a mailbox that has just confirmed: offered on the same page, with a button each."""

from dataclasses import dataclass
from datetime import timedelta

from campaign.core import clock
from campaign.public.confirm_forms import ConfirmForm
from campaign.public.shown import heading_of, words_for
from campaign.signing import queries
from campaign.signing.deciding import was_handed_on
from campaign.signing.models import Confirmation, Signature
from campaign.signing.tokens import confirmation_token
from campaign.web.language import language

# Whoever finds the link later, in a mail that was passed on, learns nothing of other organisations.
JUST_NOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Other:
    """Another sign-on of the same address: its form is a button; none where more is to be said.

    `tag` is the language of its letter's title.
    """

    signature: Signature
    tag: str
    title: str
    heading: str
    token: str
    form: ConfirmForm | None


def also_waiting(asked: Confirmation) -> list[Other]:
    """The sign-ons that wait for the very address that has just confirmed by this link."""
    person = asked.signature.representative
    if person is None or not person.email or asked.used_at is None or clock.now() - asked.used_at > JUST_NOW:
        return []
    return [_other(one) for one in queries.waiting_for(person.email)]


def _other(asked: Confirmation) -> Other:
    signature, letter = asked.signature, asked.signature.letter
    tag = words_for(letter, signature)
    return Other(
        signature,
        tag,
        letter.title(tag),
        heading_of(signature, language()),
        confirmation_token(asked.id, asked.nonce),
        None if was_handed_on(signature) else ConfirmForm(f"confirm:{asked.id}"),
    )
