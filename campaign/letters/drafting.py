"""Writing a letter down, new or changed, from one plain description that files and desk build alike."""

import hashlib
import secrets
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict
from campaign.core.text import ascii_name, clean, clean_lines, fold
from campaign.letters.addressing import settle_addressees
from campaign.letters.drafts import DocumentDraft, Draft, HostDraft, check
from campaign.letters.models import Document, Host, Letter, TextVersion, Translation
from campaign.letters.rules import Change, Circulation, LetterStatus


def write_down(
    draft: Draft, change: Change | None, actor: Actor, circulation: Circulation
) -> tuple[Letter, list[str]]:
    """Create the letter of that slug, or bring it up to date.

    Returns it and the names of what changed (["created"] for a new one). `circulation` is the default of the
    door it came through. Raises InvalidInput for a bad description, and Conflict when the text of an open
    letter would change without `change` saying what that means for those who signed.
    """
    check(draft)
    letter = db.session.query(Letter).filter_by(slug=draft.slug).one_or_none()
    new = letter is None
    if letter is None:
        letter = Letter(
            slug=draft.slug,
            status=LetterStatus.DRAFT,
            circulation=circulation,
            paused=False,
            created_at=clock.now(),
        )
    changed = _settle_plain(letter, draft)
    if new:
        db.session.add(letter)
        db.session.flush()  # versions and the audit row need the id
    changed += _settle_text(letter, draft, change)
    changed += _settle_hosts(letter, draft.hosts)
    changed += settle_addressees(letter, draft)
    changed += _settle_documents(letter, draft.documents)
    if new or changed:
        record(
            actor,
            "letter.created" if new else "letter.changed",
            "letter",
            letter.id,
            letter.id,
            changed=changed,
        )
    return letter, ["created"] if new else changed


def _settle_plain(letter: Letter, draft: Draft) -> list[str]:
    values: dict[str, object] = {
        "original_language": draft.original_language,
        "titles": {tag: clean(text) for tag, text in draft.titles.items()},
        "nouns": dict(draft.nouns),
        "notices": {tag: clean(text) for tag, text in draft.notices.items()},
        "date": draft.date,
        "place": draft.place,
        "reference": draft.reference,
        "time_zone": ZoneInfo(draft.time_zone).key,
        "acceptance": draft.acceptance,
        "at_risk": draft.at_risk,
        "visibilities": [v.value for v in draft.visibilities],
        "order": draft.order,
        "circulation": draft.circulation or letter.circulation,
        "deadline": draft.deadline or letter.deadline,
        "release_delay": draft.release_delay,
    }
    changed = [name for name, value in values.items() if getattr(letter, name) != value]
    for name in changed:
        setattr(letter, name, values[name])
    return changed


def _settle_text(letter: Letter, draft: Draft, change: Change | None) -> list[str]:
    texts = {tag: clean_lines(text) for tag, text in draft.texts.items()}
    reviewed = {tag: draft.reviewed is None or tag in draft.reviewed for tag in texts}
    current = letter.text_version
    if current is not None and {t.language: (t.markdown, t.reviewed) for t in current.translations} == {
        tag: (text, reviewed[tag]) for tag, text in texts.items()
    }:
        return []
    if not texts:
        return []
    if current is not None and letter.status is not LetterStatus.DRAFT and change is None:
        raise Conflict("the text of an open letter changes: say --minor or --substantive")
    number = current.number + 1 if current else 1
    version = TextVersion(
        letter_id=letter.id,
        number=number,
        change=Change.FIRST if current is None else change or Change.MINOR,
        created_at=clock.now(),
        translations=[
            Translation(language=tag, markdown=text, reviewed=reviewed[tag]) for tag, text in texts.items()
        ],
    )
    db.session.add(version)
    db.session.flush()  # the letter points at its current version
    letter.text_version = version
    return [f"text (version {number})"]


def _settle_hosts(letter: Letter, drafts: Sequence[HostDraft]) -> list[str]:
    """Hosts are known by their name, so that their links and sign-ons stay theirs."""
    known = {fold(host.name): host for host in letter.hosts}
    before = [_host_values(host) for host in letter.hosts]
    settled = []
    for position, draft in enumerate(drafts):
        host = known.get(fold(draft.name)) or Host(code=_host_code(draft.name))
        host.position, host.name, host.website = position, clean(draft.name), draft.website
        host.country_code, host.contact = draft.country_code, draft.contact
        host.signed_by, host.signed_title = draft.signed_by, draft.signed_title
        if draft.logo is not None:
            host.logo = draft.logo
        settled.append(host)
    letter.hosts = settled
    return ["hosts"] if [_host_values(host) for host in settled] != before else []


def _host_values(host: Host) -> tuple[object, ...]:
    plain = (host.name, host.website, host.country_code, host.contact, host.signed_by, host.signed_title)
    return (*plain, hashlib.sha256(host.logo or b"").hexdigest())


def _host_code(name: str) -> str:
    """A short word for the host's own link: its initials, or the name when it is one word.

    A few random digits keep it from being guessed into being.
    """
    words = ascii_name(name, 120).split("-")
    initials = "".join(word[0] for word in words if word[0].isupper() or word[0].isdigit())
    short = initials if len(initials) > 1 else words[0]
    return f"{short[:24].lower()}-{secrets.token_hex(2)}"


def _settle_documents(letter: Letter, drafts: Sequence[DocumentDraft]) -> list[str]:
    described = [
        (d.filename, d.title, d.language, d.use, hashlib.sha256(d.content).hexdigest()) for d in drafts
    ]
    if described == [(d.filename, d.title, d.language, d.use, d.sha256) for d in letter.documents]:
        return []
    for document in letter.documents:
        document.removed_at = clock.now()
    letter.kept_documents += [
        Document(
            position=position,
            filename=draft.filename,
            title=clean(draft.title),
            language=draft.language,
            use=draft.use,
            media_type=draft.media_type,
            sha256=hashlib.sha256(draft.content).hexdigest(),
            content=draft.content,
        )
        for position, draft in enumerate(drafts)
    ]
    return ["documents"]
