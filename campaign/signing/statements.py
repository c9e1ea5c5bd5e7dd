"""The sentences a signatory says yes to, in the page's language; the same words are shown and stored."""

from collections.abc import Sequence

from flask_babel import get_locale
from flask_babel import gettext as _

from campaign.core import locales
from campaign.core.text import clean


def attestation() -> str:
    """That the person may sign for the organisation."""
    return _("I am authorised to sign this letter for the organisation named above.")


def consent(hosts: Sequence[str], addressees: Sequence[str]) -> str:
    """Explicit consent (Article 9 GDPR).

    Who processes, for what, who will see the name, and that it can be taken back.
    """
    return _(
        "I agree that %(hosts)s use what I have typed to publish and send this letter, "
        "as chosen above, to %(addressees)s. "
        "I know that a signature can reveal a political opinion, and that it can be withdrawn "
        "at any time; a letter already sent cannot be called back.",
        hosts=_joined(hosts),
        addressees=_joined(addressees),
    )


def updates() -> str:
    """The separate, optional yes to news."""
    return _("Write to me about this letter: when it is sent, and what is answered.")


def _joined(names: Sequence[str]) -> str:
    return locales.listing([clean(name) for name in names], str(get_locale())) or _(
        "those named in the letter"
    )
