"""What pages about one signature share: where it is listed, its letter's address, and the next letters."""

from typing import Any

from campaign.core import clock
from campaign.letters.models import Letter
from campaign.letters.naming import country_name
from campaign.letters.queries import private_key, public_letters
from campaign.letters.rules import Circulation, takes_signatures
from campaign.organisations.rules import Scope
from campaign.public.places import Place
from campaign.signing.models import Signature
from campaign.tally import wording
from campaign.web.language import chosen, language, speak


def speak_to(signature: Signature) -> None:
    """From here on the answer is in the language that was chosen on the page, else in the signature's."""
    speak(chosen() or signature.language.replace("_", "-"))


def words_for(letter: Letter, signature: Signature) -> str:
    """The language of a letter's words beside a signature: the chosen one before the signature's."""
    wanted = (chosen(), signature.language)
    return next((tag for tag in wanted if tag in letter.languages), letter.original_language)


def heading_of(signature: Signature, tag: str) -> str:
    """What the signatory stands under on a list, in that language."""
    if signature.scope is Scope.NATIONAL and signature.country_code:
        return country_name(signature.letter, signature.country_code, tag.replace("-", "_"))
    return wording.headings()["" if signature.scope is Scope.NATIONAL else signature.scope.value]


def way_back(signature: Signature, letter: Letter) -> Place | None:
    """The letter's address for this signatory; a private letter's only while their host's link stands."""
    tag = words_for(letter, signature)
    if letter.circulation is Circulation.PUBLIC:
        return Place(letter, tag)
    links = signature.host.links if signature.host else []
    standing = next((link for link in links if link.revoked_at is None), None)
    return Place(letter, tag, private_key(standing)) if standing else None


def frame_of(signature: Signature) -> dict[str, Any]:
    """What templates of every page about one signature need."""
    letter, tag = signature.letter, words_for(signature.letter, signature)
    return {
        "signature": signature,
        "letter": letter,
        "place": way_back(signature, letter),
        "title": letter.title(tag),
        "titled_in": letter.titled_in(tag),
        "notice": letter.notice(tag),
        "noticed_in": letter.noticed_in(tag),
        "heading": heading_of(signature, language()),
    }


def next_letters(signature: Signature) -> list[Place]:
    """The public letters that can be signed now but for this one."""
    found = (
        letter for letter in public_letters() if letter.id != signature.letter_id and can_be_signed(letter)
    )
    return [Place(letter, words_for(letter, signature)) for letter in found]


def can_be_signed(letter: Letter) -> bool:
    """Whether its sign form is open now."""
    return takes_signatures(letter.status, letter.paused, letter.deadline, clock.now())
