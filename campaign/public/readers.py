"""How the sign form names those who get the letter, and those among them who see more than public names."""

from flask_babel import gettext as _

from campaign.editions.rules import may_see
from campaign.letters.models import Addressee, Letter
from campaign.letters.queries import Reader, readers
from campaign.signing.models import Signature


def readers_named(letter: Letter) -> list[str]:
    """Everybody who sees withheld names, each once: institutions, and Cc by name and title."""
    return list(dict.fromkeys(_name(reader) for reader in readers(letter)))


def readers_now(signature: Signature) -> list[str]:
    """Those of them who see this signatory's name: whom the page named when it was last decided."""
    given_at = signature.shown_at or signature.signed_at
    named = (_name(reader) for reader in readers(signature.letter) if may_see(reader.since, given_at))
    return list(dict.fromkeys(named))


def recipients_named(letter: Letter) -> list[str]:
    """The addressees' institutions, each once, and whoever else sees withheld names."""
    institutions = [_institution(a) for a in letter.addressees if a.removed_at is None]
    return list(dict.fromkeys([*institutions, *readers_named(letter)]))


def _institution(addressee: Addressee) -> str:
    return addressee.body or addressee.name


def _name(reader: Reader) -> str:
    """A Cc of whom only the mail address is known is named by the letter that it gets a copy of."""
    institution, copy = _institution(reader.addressee), reader.copy
    if copy is None:
        return institution
    if copy.name and copy.title:
        return f"{copy.name} ({copy.title})"
    return (
        copy.name or copy.title or _("those copied on the letter to %(institution)s", institution=institution)
    )
