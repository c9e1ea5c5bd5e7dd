"""Reading a page in Arabic or Russian for words that are still English.

That a catalogue is whole is a house test's to see; these see that pages ask it for every sentence, which
shows best where any Latin letter is one too many.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

# The words of the letter itself and of those who sign it are in the Arabic script in both languages.
NAME = "رابطة الميناء"
# In Latin letters everywhere: our name, what technicians call things, languages' own names, and hashes.
LATIN_EVERYWHERE = re.compile(
    r"</?iframe[^>]*>|Undersigned|PDF|JSON|CSV|Word|WhatsApp|RGPD|GDPR|snapshot|SHA-256|UTC|0-9, a-f|English"
    r"|cookies?|https?:?\S*|\S+@\S+|\b[0-9a-f]{4,64}\b"
)
LATIN = re.compile("[A-Za-z]{2,}")
LANGUAGES = ("ar", "ru")


class Text(HTMLParser):
    """What a page says, to the eye and to a screen reader; not what it marks as another language or code."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._foreign = ""  # the tag that began something of another language
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._foreign and tag != "html" and ({"lang"} & {name for name, _ in attrs} or tag == "code"):
            self._foreign = tag
        if not self._foreign:
            self.said += [value for name, value in attrs if name in ("aria-label", "alt", "title") and value]

    def handle_endtag(self, tag: str) -> None:
        if tag == self._foreign:
            self._foreign = ""

    def handle_data(self, data: str) -> None:
        if not self._foreign:
            self.said.append(data)


def english_in(page: str) -> list[str]:
    """What a page says that is not in its language."""
    said = Text(page).said
    assert len(said) > 3
    return [text for text in said if LATIN.search(LATIN_EVERYWHERE.sub("", text))]


def english_in_text(text: str) -> list[str]:
    """The lines of a mail that are not in its language."""
    return [line for line in text.splitlines() if LATIN.search(LATIN_EVERYWHERE.sub("", line))]
