"""The sentences a signatory says yes to, in the page's language; the same words are shown and stored."""

from collections.abc import Sequence

from flask_babel import get_locale
from flask_babel import gettext as _

from campaign.core import locales
from campaign.core.text import clean
from campaign.letters.rules import Promises, Silence, TextRule, Visibility


def attestation() -> str:
    """That the person may sign for the organisation."""
    return _("I am authorised to sign this letter for the organisation named above.")


def consent(
    hosts: Sequence[str],
    addressees: Sequence[str],
    further_bodies: bool | None = None,
    is_sealed: bool = False,
) -> str:
    """Explicit consent (Article 9 GDPR).

    Who processes, for what, who will see the name, whether it may go to further bodies without asking, and
    that it can be taken back.
    """
    said = _(
        "I agree that %(hosts)s use what I have typed to publish and send this letter, "
        "as chosen above, to %(addressees)s. "
        "I know that a signature can reveal a political opinion, and that it can be withdrawn "
        "at any time; a letter already sent cannot be called back.",
        hosts=_joined(hosts),
        addressees=_joined(addressees),
    )
    return said if further_bodies is None else f"{said} {bodies(further_bodies, is_sealed)}"


def bodies(further: bool, is_sealed: bool = False) -> str:
    """Whether the letter may go to bodies that the form does not name. A sealed letter can ask nobody."""
    if further:
        return _("The hosts may also send it to further bodies of the same cause, without asking again.")
    if is_sealed:
        return _("It goes only to these.")
    return _("It goes only to these; before it goes to a further body, I am asked.")


def later_changes(promises: Promises) -> list[str]:
    """What the form says may still change in the text, and what silence means when signatories are asked."""
    if promises.text_rule is TextRule.FINAL:
        return [
            _(
                "The text is final. Only slips of the pen may still be corrected; "
                "each correction is shown publicly."
            )
        ]
    silence = (
        _("Who does not answer by then is taken off the list.")
        if promises.silence is Silence.OFF
        else _("Who does not answer by then stays on the list.")
    )
    return [
        _("Slips of the pen may be corrected; each correction is shown publicly."),
        _("If the text comes to say something else, we write to you and ask you to confirm again by a date."),
        silence,
    ]


def reconfirmation(bodies: Sequence[str]) -> str:
    """That the organisation stands under a changed letter, which may go to further bodies in its name."""
    said = _("I have seen what changed. The organisation named above signs the letter as it reads now.")
    if not bodies:
        return said
    return said + " " + _("It may also be sent to %(bodies)s in its name.", bodies=_joined(bodies))


def sealed() -> str:
    """What a sealed letter tells whoever signs: their contact is locked, so nobody writes to them again."""
    return _(
        "When you confirm, your name, role and address are locked with a key that the hosts keep outside "
        "this website. So we can send you no news and no reminders, cannot ask you to confirm again, and "
        "cannot send you your link a second time: please keep the mail that carries it."
    )


def updates() -> str:
    """The separate, optional yes to news."""
    return _("Write to me about this letter: when it is sent, and what is answered.")


def shown(visibility: Visibility, readers: Sequence[str]) -> str:
    """The choice of who sees the name from now on."""
    if visibility is Visibility.PUBLIC:
        return _("Show the name of our organisation publicly: in the letter, on its page and to the press.")
    if visibility is Visibility.ADDRESSEES:
        return _(
            "Show the name of our organisation only to %(readers)s; they may pass it on, also to the"
            " government concerned.",
            readers=_joined(readers),
        )
    return _("Count our organisation without naming it; only the hosts know.")


def _joined(names: Sequence[str]) -> str:
    return locales.listing([clean(name) for name in names], str(get_locale())) or _(
        "those named in the letter"
    )
