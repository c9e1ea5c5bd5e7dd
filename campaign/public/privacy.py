"""The privacy notice of a letter: who answers for it, who sees what, how long, and what one can ask for."""

from flask import Response, current_app
from flask_babel import gettext as _

from campaign.letters.queries import choices
from campaign.letters.rules import Visibility
from campaign.public.answers import show
from campaign.public.places import Place, letter_page
from campaign.public.readers import readers_named, recipients_named


@letter_page("/privacy", private=True)
def privacy(place: Place) -> Response:
    """What Article 13 GDPR asks for, about this letter, from its hosts, addressees and the real settings."""
    letter = place.letter
    readers = readers_named(letter)
    return show(
        "public/privacy.html",
        place,
        readers=readers,
        recipients=recipients_named(letter),
        seen=[(visibility.value, _seen_by(visibility)) for visibility in choices(letter)],
        answered=any(host.contact for host in letter.hosts),
        days=current_app.config["SETTINGS"].retention,
    )


def _seen_by(visibility: Visibility) -> tuple[str, str]:
    """A choice of the sign form, and who sees the name then."""
    return {
        Visibility.PUBLIC: (
            _("Public"),
            _("Everybody: the name stands on these pages, in the letter and in what the press is given."),
        ),
        Visibility.ADDRESSEES: (
            _("Only to those named below"),
            _(
                "These read the name in the letter they are sent; they may pass it on, also to "
                "the government concerned:"
            ),
        ),
        Visibility.UNNAMED: (
            _("Counted, not named"),
            _("Only the hosts. The organisation is in the figures and in no list."),
        ),
    }[visibility]
