"""A soft warning: which sign-ons may be the same organisation. Nothing is decided by it."""

import re
from collections.abc import Iterable, Mapping

from campaign.core.text import fold

_ACRONYM = re.compile(r"\s*[(\[（][^()\[\]（）]*[)\]）]\s*$")
_ARTICLES = frozenset("the la le les el los las al de of".split())
_AND = frozenset("and et y und e و и".split())


def key(name: str) -> str:
    """What spellings of one name have in common: folded, without bracketed ending, articles and "and"."""
    bare = _ACRONYM.sub("", name) or name
    kept = [word for word in fold(bare).split() if word not in _ARTICLES and word not in _AND]
    return " ".join(kept) or fold(name)


def likenesses(
    asked: Mapping[int, str], others: Iterable[tuple[int, str]]
) -> dict[int, list[tuple[int, str]]]:
    """For each asked-about id the (id, name) of others that look like it; `asked` is id → name."""
    by_key: dict[str, list[tuple[int, str]]] = {}
    wanted = {key(name) for name in asked.values()}
    for other_id, name in others:
        if (shared := key(name)) in wanted:
            by_key.setdefault(shared, []).append((other_id, name))
    found = {i: [other for other in by_key.get(key(name), []) if other[0] != i] for i, name in asked.items()}
    return {i: alike for i, alike in found.items() if alike}
