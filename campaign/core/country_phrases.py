"""How people write of countries: articles, forms of state, "X, Republic of", several places in one text."""

import re
from collections.abc import Iterator

from campaign.core.country_index import words

_ARTICLES = frozenset("a as das de den der die el il la las le les lo los o os".split())
_LINKS = frozenset("da das de dei del della dell degli der des di do dos du e la van von".split())
# Forms of state and what may stand beside them, folded, in the languages our letters are read in most.
_FORMS = frozenset(
    """
    republic kingdom state commonwealth federation principality sultanate union republique royaume etat
    principaute republica reino estado principado republik konigreich furstentum repubblica regno stato
    republiek koninkrijk republika kraljevina република республика королевство государство
    جمهوريه مملكه دوله سلطنه اماره
    """.split()
)
_QUALITIES = frozenset(
    """
    arab democratic federal federative independent islamic peoples socialist sovereign united
    plurinational bolivarian arabe democratique federale federative islamique populaire socialiste
    unie bolivarienne democratica federal federativa islamica popular socialista unida bolivariana
    oriental demokratische islamische sozialistische
    """.split()
)
_ELISION = re.compile(r"\b[dl]['’]\s*", re.IGNORECASE)
_TURNED = re.compile(r"([^,،()]+)[,،(]([^,،()]+)\)?\s*")
_CLAUSE = re.compile(r"[/;|+,،؛\n\r\t]")
_BREAK = re.compile(r"[/;|+,،؛、()\[\]\n\r\t]|\s[-–—]\s")
# The Arabic "and" is written onto the word it joins.
_ARABIC_JOIN = re.compile(r"\sو(?=\w{3})")
_JOIN = re.compile(r"&|\s(?:and|et|y|e|und|en|og|och|ve|i|и|و|or|ou|oder)\s", re.IGNORECASE)


def readings(text: str) -> Iterator[list[str]]:
    """Ways to read a phrase as a name, as folded words, the most literal first."""
    bases = [text, *(f"{turned[2]} {turned[1]}" for turned in [_TURNED.fullmatch(text)] if turned)]
    bases += [_ELISION.sub(" ", base) for base in bases if _ELISION.search(base)]
    for base in bases:
        yield words(base)
    for found in map(words, bases):
        bare = found[1:] if len(found) > 1 and found[0] in _ARTICLES else found
        if bare is not found:
            yield bare
        yield without_form(bare)


def without_form(found: list[str]) -> list[str]:
    """The name after a form of state ("Islamic Republic of", "Royaume du"); empty when there is no form."""
    if found[:2] == ["united", "kingdom"]:
        return []
    first = 0
    while first < len(found) and found[first] in _FORMS | _QUALITIES:
        first += 1
    if not _FORMS.intersection(found[:first]):
        return []
    while first < len(found) and found[first] in _LINKS:
        first += 1
    return found[first:]


def breaks(text: str) -> list[str]:
    """The parts of a text between commas, slashes, brackets and spaced dashes; the text alone without any."""
    return [part.strip() for part in _BREAK.split(text) if part.strip()]


def clauses(text: str) -> list[str]:
    """The same, but brackets and dashes stay with what they follow: both stand in some names."""
    return [part.strip() for part in _CLAUSE.split(text) if part.strip()]


def joined(text: str) -> list[str]:
    """The parts of a text joined by "and" or "or" in one of several languages."""
    return [part.strip() for part in _JOIN.split(text) if part.strip()]


def joined_in_arabic(text: str) -> list[str]:
    """The parts of a text joined by the Arabic "and"; names begin with that letter too: check each part."""
    return [part.strip() for part in _ARABIC_JOIN.split(text) if part.strip()]


def ends_in_brackets(text: str) -> bool:
    """Whether the text has the form "Country (a remark)"."""
    return re.fullmatch(r"[^()\[\],/;|]+[(\[][^()\[\]]+[)\]]\s*", text) is not None
