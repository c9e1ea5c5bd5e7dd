"""Where a reader is: a letter reached by name or private link, in a language, and its pages' addresses."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.routing import BaseConverter

from campaign.core.errors import NotFound
from campaign.letters import queries
from campaign.letters.models import Host, Letter
from campaign.letters.rules import SLUG, Circulation
from campaign.outbox.writing import public_url
from campaign.web.language import INTERFACE, speak

KEPT = ("q", "country", "after", "by")  # what a redirect to a page's better address takes along
letters, public = Blueprint("letters", __name__), Blueprint("public", __name__)


class LanguageConverter(BaseConverter):
    """A language tag in an address."""

    regex = "[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}"


class SlugConverter(BaseConverter):
    """A letter's name in an address."""

    regex = SLUG.pattern


@dataclass(frozen=True, slots=True)
class Place:
    """A letter in a language. `key` is a private link's; `host` is the one whose link somebody came through.

    `page` and `values` say on which of its pages the reader is, so that another language keeps the place.
    """

    letter: Letter
    language: str
    key: str | None = None
    host: Host | None = None
    page: str = "letter"
    values: tuple[tuple[str, Any], ...] = ()

    @property
    def private(self) -> bool:
        return self.letter.circulation is Circulation.PRIVATE

    @property
    def title(self) -> str:
        return self.letter.title(self.language)

    @property
    def notice(self) -> str | None:
        return self.letter.notice(self.language)

    @property
    def noticed_in(self) -> str:
        return self.letter.noticed_in(self.language)

    def url(self, page: str = "letter", language: str | None = None, **values: Any) -> str:
        """The path of one of this letter's pages, in the reader's language unless another is named."""
        tag = language or self.language
        shown = None if tag == self.letter.original_language else tag
        via = self.host.code if self.host and not self.key else None
        where = {"key": self.key} if self.key else {"slug": self.letter.slug}
        address: dict[str, Any] = {"lang": shown, "via": via, **where, **values}
        return url_for(f"letters.{page}", **address)

    def address(self, page: str = "letter") -> str:
        """The absolute address of one of this letter's pages, without a host's mark."""
        return public_url(replace(self, host=None).url(page))

    def at(self, **values: Any) -> "Place":
        """The same place with further values in its address."""
        return replace(self, values=(*self.values, *values.items()))

    def here(self, language: str) -> str:
        """This very page in another language."""
        return self.url(self.page, language, **dict(self.values))

    def alternates(self) -> Iterator[tuple[str, str]]:
        """(language tag, absolute address) of this page in each language, without a host's mark."""
        plain = replace(self, host=None)
        for tag in self.letter.languages:
            yield tag.replace("_", "-"), public_url(plain.here(tag))


def read_in(letter: Letter, tag: str) -> Place:
    """A letter in that language if it is in it, else in its own."""
    return Place(letter, tag if tag in letter.languages else letter.original_language)


View = Callable[..., ResponseReturnValue]


def letter_page(
    path: str, *, private: bool = False, prefixed: bool = True, methods: tuple[str, ...] = ("GET",)
) -> Callable[[View], View]:
    """Serve a view below every address a letter has: by name, in a language, and, with `private`, a key.

    Without `prefixed` the language is no part of the path. The view is given the Place. An address that has a
    better one is sent on with 307, which keeps a form's text.
    """
    stems = ["/letters/<slug:slug>", *(["/p/<key>"] if private else [])]
    stems += [f"/<lang:lang>{stem}" for stem in stems if prefixed]

    def register(view: View) -> View:
        @wraps(view)
        def shown(
            slug: str = "", key: str = "", lang: str | None = None, **values: Any
        ) -> ResponseReturnValue:
            place = _find(slug, key, lang, view.__name__, tuple(values.items()))
            better = replace(place, key=None) if place.key and not place.private else place
            if better is not place or lang == place.letter.original_language:
                kept = {name: request.args[name] for name in KEPT if name in request.args}
                return redirect(better.url(place.page, **kept, **values), 307)
            return view(place, **values)

        for stem in stems:
            letters.add_url_rule(stem + path, endpoint=view.__name__, view_func=shown, methods=methods)
        return shown

    return register


def _find(slug: str, key: str, lang: str | None, page: str, values: tuple[tuple[str, Any], ...]) -> Place:
    """The place an address names; from here on the answer is in its language. Raises NotFound."""
    if lang in INTERFACE:
        speak(lang)  # a refusal is in the language of the address as well
    if key:
        shared = queries.private_letter(key)
        letter, host = shared.letter, shared.host
    else:
        letter = queries.public_letter(slug)
        host = queries.host_by_code(letter, request.args.get("via"))  # type: ignore[assignment]
    if lang and lang not in letter.languages:
        raise NotFound("the letter does not exist in that language")
    language = lang or letter.original_language
    speak(language.replace("_", "-"))
    return Place(letter, language, key or None, host, page, values)
