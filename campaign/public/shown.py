"""What pages about one signature share: where it is listed, its letter's address, and the next letters."""

from typing import Any

from campaign.core import clock
from campaign.letters.models import Letter
from campaign.letters.naming import country_name
from campaign.letters.queries import private_key, public_letters
from campaign.letters.rules import Circulation, takes_signatures
from campaign.organisations.rules import Scope
from campaign.public.places import Place, read_in
from campaign.signing.models import Signature
from campaign.tally import wording


def heading_of(signature: Signature) -> str:
    """What the signatory stands under on a list, in their language."""
    if signature.scope is Scope.NATIONAL and signature.country_code:
        return country_name(signature.letter, signature.country_code, signature.language)
    return wording.headings()["" if signature.scope is Scope.NATIONAL else signature.scope.value]


def way_back(signature: Signature, letter: Letter) -> Place | None:
    """The letter's address for this signatory; a private letter's only while their host's link stands."""
    if letter.circulation is Circulation.PUBLIC:
        return read_in(letter, signature.language)
    links = signature.host.links if signature.host else []
    standing = next((link for link in links if link.revoked_at is None), None)
    return read_in(letter, signature.language, private_key(standing)) if standing else None


def frame_of(signature: Signature) -> dict[str, Any]:
    """What templates of every page about one signature need, in the signatory's language."""
    letter = signature.letter
    return {
        "signature": signature,
        "letter": letter,
        "place": way_back(signature, letter),
        "title": letter.title(signature.language),
        "notice": letter.notice(signature.language),
        "heading": heading_of(signature),
    }


def next_letters(signature: Signature) -> list[Place]:
    """The public letters that can be signed now but for this one, in the signatory's language if they are."""
    found = (
        letter for letter in public_letters() if letter.id != signature.letter_id and can_be_signed(letter)
    )
    return [place_for(letter, signature) for letter in found]


def place_for(letter: Letter, signature: Signature) -> Place:
    """A letter in the language in which the other was signed, else in its own."""
    return read_in(letter, signature.language)


def can_be_signed(letter: Letter) -> bool:
    """Whether its sign form is open now."""
    return takes_signatures(letter.status, letter.paused, letter.deadline, clock.now())
