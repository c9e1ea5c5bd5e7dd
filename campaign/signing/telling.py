"""What a signatory is told of a changed letter: what is new since their yes, and what silence would mean."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from campaign.core import locales
from campaign.core.comparing import Kind, Passage
from campaign.letters.history import Difference, difference
from campaign.letters.models import Letter, TextVersion
from campaign.letters.rules import Silence
from campaign.signing.contacts import told_status
from campaign.signing.models import Signature
from campaign.signing.rules import SignatureStatus
from campaign.signing.versions import agreed_id, changes_for, must_agree_to, question, stands_under


@dataclass(frozen=True, slots=True)
class Told:
    """The public versions since a signatory's yes, the further bodies of them, and all that differs.

    `asked` is the version they are to confirm, if any is newer than their yes.
    """

    asked: TextVersion | None
    versions: Sequence[TextVersion]
    bodies: Sequence[str]
    difference: Difference | None

    @property
    def summaries(self) -> list[str]:
        """What the hosts said of each change."""
        return [version.summary for version in self.versions if version.summary]

    @property
    def changed(self) -> list[Passage]:
        """The passages that read differently, without those between them."""
        found = self.difference
        if found is None or found.came or found.went:
            return []
        return [p for p in (*found.title, *found.passages) if p.kind not in (Kind.SAME, Kind.LEFT_OUT)]


def told_to(signature: Signature, language: str = "") -> Told:
    """What is new for this signatory, in the language they signed in or that one of the letter's."""
    letter, versions = signature.letter, changes_for(signature)
    before, after = stands_under(signature), letter.text_version
    asked = question(letter.id)
    found = None
    if versions and before is not None and after is not None:
        found = difference(before, after, language or signature.language, letter.original_language)
    return Told(
        asked if asked is not None and agreed_id(signature) < asked.id else None,
        versions,
        list(dict.fromkeys(body for version in versions for body in version.new_bodies)),
        found,
    )


def silence_means(signature: Signature, asked: TextVersion, bodies: Sequence[str], language: str) -> str:
    """What becomes of the signature if nobody answers, as the sign form said."""
    if told_status(signature) is SignatureStatus.SUPERSEDED:
        return _("A colleague signed for your organisation and decides. The hosts see your answer, too.")
    letter: Letter = signature.letter
    needed = must_agree_to(letter.id, asked)
    named = locales.listing(list(bodies), language)
    said = []
    if needed is not None and agreed_id(signature) < needed.id:
        said.append(
            _("Without an answer by then, the organisation is taken off the list, as the sign form said.")
            if letter.silence is Silence.OFF
            else _("Without an answer by then, the organisation stays on the list, as the sign form said.")
        )
    elif bodies:
        said.append(_("Without an answer the organisation stays on the list."))
    if bodies:
        said.append(_("Without your yes the letter does not go to %(bodies)s in its name.", bodies=named))
    return " ".join(said)
