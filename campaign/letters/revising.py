"""A letter's text brought up to date: which change is a new version, and what it asks of those who signed."""

from collections.abc import Mapping, Sequence

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.core.text import clean, clean_lines, has_controls
from campaign.letters.drafts import Draft, Revision
from campaign.letters.models import Letter, TextVersion, Translation
from campaign.letters.notices import tell
from campaign.letters.rules import (
    Change,
    LetterStatus,
    Promises,
    TextRule,
    check_answer,
    require_kept,
    usual_answer,
)

LONGEST_SUMMARY = 500
ASKS = (LetterStatus.OPEN, LetterStatus.CLOSED)


def promises_of(letter: Letter) -> Promises:
    """What the letter's form says of later changes."""
    return Promises(letter.text_rule, letter.silence, letter.further_bodies)


def settle_promises(letter: Letter, draft: Draft, asked: bool) -> list[str]:
    """What the form says of later changes; the names of what changed. A draft that says nothing keeps it.

    `asked` is whether signatories were ever asked to confirm a changed letter. Raises InvalidInput when a
    letter that was opened would promise less than before.
    """
    before = (
        promises_of(letter) if letter.id else Promises()
    )  # a new row has its defaults only once it is kept
    rule = draft.text_rule or before.text_rule
    if draft.sealed_to or (draft.sealed_to is None and letter.sealed_to):
        rule = _sealed_rule(draft.text_rule)
    after = Promises(
        rule,
        draft.silence or before.silence,
        before.further_bodies if draft.further_bodies is None else draft.further_bodies,
    )
    if letter.opened_at is not None:
        require_kept(before, after, asked)
    names = ("text_rule", "silence", "further_bodies")
    for name in names:
        setattr(letter, name, getattr(after, name))
    return [name for name in names if getattr(before, name) != getattr(after, name)]


def _sealed_rule(wanted: TextRule | None) -> TextRule:
    """Nobody can be asked again whose address is sealed. Raises InvalidInput for a text that may change."""
    if wanted is TextRule.REVISABLE:
        raise InvalidInput(
            "signatories of a sealed letter cannot be asked again: its text is final", "text_rule"
        )
    return TextRule.FINAL


def settle_text(
    letter: Letter,
    draft: Draft,
    revision: Revision | None,
    titles: Mapping[str, str],
    bodies: Sequence[str],
    actor: Actor,
) -> list[str]:
    """A new version of the text where its words changed, or where the letter goes to further `bodies`.

    `titles` are those of before. Returns the names of what changed. Raises Conflict when the text of a letter
    that was opened would change without a word on what that means, InvalidInput for a change that its form
    ruled out or that is badly described.
    """
    translations = _translations(draft)
    current, opened = letter.text_version, letter.opened_at is not None
    differs = bool(translations) and (current is None or _differs(current, translations, titles, opened))
    if current is not None and not opened:
        _retitle(current, translations)
    if not differs and not bodies:
        return []
    version = TextVersion(
        letter_id=letter.id,
        number=current.number + 1 if current else 1,
        change=Change.FIRST if current is None else Change.MINOR,
        created_at=clock.now(),
        translations=translations,
        new_bodies=list(bodies),
    )
    if opened:
        _describe(letter, version, revision, differs)
    db.session.add(version)
    db.session.flush()  # the letter points at its current version
    letter.text_version = version
    if opened:
        _tell(version, actor)
    said = f"text (version {version.number})" if differs else f"version {version.number} for further bodies"
    return [said]


def _translations(draft: Draft) -> list[Translation]:
    return [
        Translation(
            language=tag,
            title=clean(draft.titles.get(tag, "")) or None,
            markdown=clean_lines(text),
            reviewed=draft.reviewed is None or tag in draft.reviewed,
        )
        for tag, text in draft.texts.items()
    ]


def _differs(
    current: TextVersion, wanted: Sequence[Translation], titles: Mapping[str, str], opened: bool
) -> bool:
    """Whether the words change. A draft's title is not a reason: nobody has signed below it."""

    if {t.language: (t.markdown, t.reviewed) for t in current.translations} != {
        t.language: (t.markdown, t.reviewed) for t in wanted
    }:
        return True
    before = {t.language: t.title or titles.get(t.language) for t in current.translations}
    return opened and before != {t.language: t.title for t in wanted}


def _retitle(current: TextVersion, wanted: Sequence[Translation]) -> None:
    by_language = {t.language: t.title for t in wanted}
    for translation in current.translations:
        translation.title = by_language.get(translation.language, translation.title)


def _describe(letter: Letter, version: TextVersion, revision: Revision | None, differs: bool) -> None:
    """What the change means, checked against what the form said. A further body asks for itself."""
    change = revision.change if revision and revision.change is not Change.FIRST else None
    if differs and change is None:
        raise Conflict("the text of an open letter changes: say --minor or --substantive")
    if version.new_bodies and change is Change.MINOR:
        raise InvalidInput("a further body is never a minor change: signatories are asked about it", "change")
    version.change = change or Change.SUBSTANTIVE
    if version.change is Change.MINOR:
        version.summary = _summary(revision)
        return
    if letter.sealed_to:
        raise InvalidInput("signatories of a sealed letter cannot be asked again", "change")
    if differs and letter.text_rule is TextRule.FINAL:
        raise InvalidInput("the sign form said that the text is final: only slips may be corrected", "change")
    if letter.status not in ASKS:
        raise Conflict(
            "signatories of a letter that is %(status)s are not asked any more", status=letter.status
        )
    now = clock.now()
    version.summary = _summary(revision)
    version.reconfirm_by = usual_answer(letter.deadline, now)
    if revision is not None and revision.reconfirm_by is not None:
        check_answer(revision.reconfirm_by, letter.deadline, now)
        version.reconfirm_by = revision.reconfirm_by


def _summary(revision: Revision | None) -> str | None:
    said = clean(revision.summary) if revision else ""
    if len(said) > LONGEST_SUMMARY or has_controls(said):
        raise InvalidInput(
            "say what changed in at most %(longest)d characters", "summary", longest=LONGEST_SUMMARY
        )
    return said or None


def _tell(version: TextVersion, actor: Actor) -> None:
    """The record of a version that the public sees; an operator's question to signatories is told to all."""
    action = f"text.{version.change.value}"
    entry = record(actor, action, "text_version", version.id, version.letter_id, number=version.number)
    if version.change is Change.SUBSTANTIVE:
        tell(entry)
