"""Sentences that rooms say and doors translate."""


class Sentence(str):
    """An English sentence that remembers how it was put together, so that a door can say it in any language.

    `key` is what catalogues know it by; what differs from case to case stands in it as `%(name)s` and is one
    of `values`. To everybody else it is its English text. `scripts.translations` finds it by this name.
    """

    __slots__ = ("key", "values")
    key: str
    values: dict[str, object]

    def __new__(cls, key: str, **values: object) -> "Sentence":
        """The text, with the values in it."""
        made = super().__new__(cls, key % values if values else key)
        made.key, made.values = key, values
        return made


def packed(said: str) -> object:
    """A sentence as JSON can keep it: its text, or its key and values where it has any."""
    return [said.key, said.values] if isinstance(said, Sentence) and said.values else str(said)


def unpacked(kept: object) -> str:
    """The sentence that `packed` kept; one that was not packed is left as it is."""
    if isinstance(kept, Sentence):
        return kept
    return Sentence(kept[0], **kept[1]) if isinstance(kept, list) else str(kept)
