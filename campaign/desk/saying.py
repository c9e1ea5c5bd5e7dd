"""What rooms say, in the language of the page."""

from enum import StrEnum

from flask_babel import gettext as _

from campaign.core.sentences import Sentence, unpacked
from campaign.desk.words import state


def translated(said: object) -> str:
    """A sentence of a room, or one that was kept, with states among its values as the desk calls them."""
    said = unpacked(said)
    if not isinstance(said, Sentence):
        return _(said)
    values = {
        name: state(value) if isinstance(value, StrEnum) else value for name, value in said.values.items()
    }
    return _(said.key, **values)
