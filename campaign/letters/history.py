"""The versions of a letter's text that the public was shown, and what each changed in a language."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from campaign.core import markdown
from campaign.core.comparing import Passage, compared, differs
from campaign.core.errors import NotFound
from campaign.letters.models import Letter, TextVersion
from campaign.letters.queries import text_versions


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed from one version to another in one language.

    `language` is the one compared, the original's where neither version exists in the one asked for. `came`
    and `went` say that the whole translation did. `title` is empty where it stayed.
    """

    language: str
    passages: tuple[Passage, ...] = ()
    title: tuple[Passage, ...] = ()
    came: bool = False
    went: bool = False
    elsewhere: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether a reader of that language sees no change in the words."""
        return not (self.came or self.went or self.title or differs(self.passages))


def shown_versions(letter: Letter) -> list[TextVersion]:
    """The versions that were public, oldest first: the one the letter was opened with, and later ones."""
    found = text_versions(letter.id)
    if letter.opened_at is None:
        return [version for version in found if version.id == letter.text_version_id]
    opened_at = letter.opened_at
    drafts = [v for v in found if v.created_at <= opened_at and v.reconfirm_by is None]
    return [version for version in found if not drafts or version.number >= drafts[-1].number]


def changed_at(letter: Letter) -> datetime | None:
    """When the text was last changed in public; None while it is as it was opened."""
    current, opened_at = letter.text_version, letter.opened_at
    if current is None or opened_at is None:
        return None
    changed = current.created_at > opened_at or current.reconfirm_by is not None
    return current.created_at if changed else None


def shown_version(letter: Letter, number: int) -> tuple[TextVersion, TextVersion | None]:
    """A public version and the one before it. Raises NotFound for any other number."""
    found = shown_versions(letter)
    for place, version in enumerate(found):
        if version.number == number:
            return version, found[place - 1] if place else None
    raise NotFound("there is no such version")


def difference(before: TextVersion, after: TextVersion, language: str, original: str) -> Difference:
    """What changed between two versions for a reader of that language."""
    old, new = before.words(), after.words()
    tag = language if language in old or language in new else original
    changed = {t for t in {*old, *new} if old.get(t) != new.get(t)}
    elsewhere = tuple(sorted(changed - {tag}))
    if tag not in old or tag not in new:
        text = new.get(tag, (None, ""))[1]
        whole = compared("", without_figures(text)) if text else ()
        return Difference(tag, whole, came=tag not in old, went=tag not in new, elsewhere=elsewhere)
    (title_before, text_before), (title_after, text_after) = old[tag], new[tag]
    passages = compared(without_figures(text_before), without_figures(text_after))
    return Difference(tag, passages, _titles(title_before, title_after), elsewhere=elsewhere)


def without_figures(text: str) -> str:
    """A version's text with words where it told figures: those of its time were not kept."""
    return markdown.fill(text, figures_unknown())


def figures_unknown() -> dict[str, str]:
    """What a text says in place of figures that were not kept, or that nothing has been counted for yet."""
    return {"groups": _("[how many have signed]"), "countries": _("[how many countries]")}


def _titles(before: str | None, after: str | None) -> tuple[Passage, ...]:
    """How the title changed; nothing where it did not, or is not known of that time."""
    if before is None or after is None or before == after:
        return ()
    return compared(_literal(before), _literal(after))


def _literal(title: str) -> str:
    """A title as Markdown that says just that: it never held any."""
    return "".join(f"\\{c}" if c in r"\`*_[]<>&{}|~#+-.!()" else c for c in title)


def text_changed(before: TextVersion | None, after: TextVersion) -> bool:
    """Whether the words differ, in any language; a version may be there for further bodies alone."""
    return before is None or before.words() != after.words()
