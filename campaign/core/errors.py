"""What a room may raise; doors turn each into one answer, HTML, JSON or an exit code."""

from campaign.core.sentences import Sentence


class RoomError(Exception):
    """A refusal with a sentence for the person who asked. Never holds a name, a mail address or a token.

    The sentence is whole, and what differs from case to case is given apart: `Conflict("it is %(status)s by
    now", status=…)`.
    """

    def __init__(self, sentence: str, **values: object) -> None:
        self.message = sentence if isinstance(sentence, Sentence) else Sentence(sentence, **values)
        super().__init__(self.message)


class InvalidInput(RoomError):
    """What was given cannot be used (HTTP 422). `field` names the input it belongs to, when there is one."""

    def __init__(self, sentence: str, field: str | None = None, **values: object) -> None:
        super().__init__(sentence, **values)
        self.field = field


class NotFound(RoomError):
    """Nothing here by that name, or nothing this person may know of (HTTP 404)."""


class Conflict(RoomError):
    """The thing is in a state in which this cannot be done (HTTP 409)."""


class NotAllowed(RoomError):
    """This person may not do this (HTTP 403)."""


class Gone(RoomError):
    """It was here and is over: a closed letter, a used or stale link (HTTP 410)."""
