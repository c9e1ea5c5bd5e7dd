"""Somebody else decides: whoever filled in the form named them, and the confirmation is theirs to give."""

from collections.abc import Mapping
from dataclasses import dataclass

from campaign.core import clock
from campaign.core.errors import InvalidInput
from campaign.core.secrets import blind_index
from campaign.core.text import clean
from campaign.core.websites import addresses_in, registrable_domain
from campaign.signing.consenting import keep
from campaign.signing.models import Signature
from campaign.signing.rules import LONGEST_PERSON, Purpose, check_line

LONGEST_ASKER = 60  # of who asks, in a mail to whoever decides: name, and role


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides for the organisation, as somebody else typed it; the name may be unknown."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What whoever decides says of themselves and says yes to.

    `wordings` are the sentences, in that language; `readers` those whom the page named as who will see the
    name.
    """

    name: str
    role: str
    wordings: Mapping[Purpose, str]
    language: str
    readers: tuple[str, ...] = ()


def leads_away(text: str, decider_email: str) -> bool:
    """Whether these words hold an address, other than the very domain of whoever decides.

    Anybody can name anybody as who decides, and words of theirs stand in a mail that comes from us.
    """
    own = registrable_domain(decider_email)
    return any(own is None or registrable_domain(found) != own for found in addresses_in(text))


def hand_on(signature: Signature, decider: Decider) -> None:
    """The one who filled in the form becomes who asked; the one they named represents the organisation.

    Raises InvalidInput, with its field, for words that are too long for a mail to somebody else, or lead
    away from it.
    """
    person = signature.representative
    if person is None:
        raise InvalidInput("somebody must ask", "representative")
    check_line("decider", decider.name, LONGEST_PERSON)
    for field, value in (("representative", person.name or ""), ("role", person.role or "")):
        check_line(field, value, LONGEST_ASKER)
    told = {
        "representative": person.name,
        "role": person.role,
        "organisation": signature.name,
        "organisation_other": signature.name_other,
    }
    for field, words in told.items():
        if leads_away(words or "", decider.email):
            raise InvalidInput("holds an address", field)
    asked_by = f"{person.name} ({person.role})" if person.role else person.name
    person.asked_by, person.asked_by_email, person.asked_by_index = asked_by, person.email, person.email_index
    person.name, person.role = clean(decider.name) or None, None
    person.email, person.email_index = decider.email, blind_index(decider.email)


def was_handed_on(signature: Signature) -> bool:
    """Whether somebody else decides than filled in the form."""
    return signature.representative is not None and signature.representative.asked_by is not None


def decide(signature: Signature, decision: Decision | None) -> None:
    """Keep what whoever decides says; nothing where nobody else does.

    What the form said yes to was somebody else's word, so both ticks are needed anew. Raises InvalidInput
    with the field.
    """
    person = signature.representative
    if person is None or person.asked_by is None:
        return
    if decision is None or Purpose.ATTESTATION not in decision.wordings:
        raise InvalidInput("this needs the yes of whoever decides", "authorised")
    if Purpose.CONSENT not in decision.wordings:
        raise InvalidInput("this needs the yes of whoever decides", "consent")
    for field, value in (("representative", decision.name), ("role", decision.role)):
        check_line(field, value, LONGEST_PERSON)
        if not clean(value):
            raise InvalidInput("whoever decides says who they are", field)
    person.name, person.role = clean(decision.name), clean(decision.role)
    keep(
        signature,
        decision.wordings,
        language=decision.language,
        given_at=signature.confirmed_at or clock.now(),
        readers=decision.readers,
    )
