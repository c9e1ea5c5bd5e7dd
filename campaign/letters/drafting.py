"""Writing a letter down, new or changed, from one plain description that files and desk build alike."""

import hashlib
import secrets
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import InvalidInput
from campaign.core.text import ascii_name, clean, fold
from campaign.letters.addressing import further_bodies, settle_addressees
from campaign.letters.drafts import DocumentDraft, Draft, HostDraft, Revision, check
from campaign.letters.models import Document, Host, Letter
from campaign.letters.queries import text_versions
from campaign.letters.revising import settle_promises, settle_text
from campaign.letters.rules import Change, Circulation, LetterStatus


def write_down(
    draft: Draft, change: Change | Revision | None, actor: Actor, circulation: Circulation
) -> tuple[Letter, list[str]]:
    """Create the letter of that slug, or bring it up to date.

    Returns it and the names of what changed (["created"] for a new one). `circulation` is the default of the
    door it came through. Raises InvalidInput for a bad description or one that breaks what the form promised,
    and Conflict when the text of an open letter would change without `change` saying what that means for
    those who signed.
    """
    check(draft)
    revision = Revision(change) if isinstance(change, Change) else change
    letter = db.session.query(Letter).filter_by(slug=draft.slug).one_or_none()
    new = letter is None
    letter = letter or _begun(draft.slug, circulation)
    titles = {} if new else dict(letter.titles)
    changed = settle_promises(letter, draft, asked=_asked(letter))
    changed += _settle_plain(letter, draft)
    if new:
        db.session.add(letter)
        db.session.flush()  # versions and the audit row need the id
    bodies = further_bodies(letter, draft)
    changed += settle_text(letter, draft, revision, titles, bodies, actor)
    changed += _settle_hosts(letter, draft.hosts)
    changed += settle_addressees(letter, draft, letter.text_version if bodies else None)
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


def _begun(slug: str, circulation: Circulation) -> Letter:
    return Letter(
        slug=slug, status=LetterStatus.DRAFT, circulation=circulation, paused=False, created_at=clock.now()
    )


def _asked(letter: Letter) -> bool:
    """Whether signatories were ever asked to confirm a changed letter."""
    return bool(letter.opened_at) and any(v.reconfirm_by for v in text_versions(letter.id))


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
        "sealed_to": _sealed_to(letter, draft),
        "country_names": {
            code: {tag: clean(words) for tag, words in names.items()}
            for code, names in draft.country_names.items()
        },
    }
    changed = [name for name, value in values.items() if getattr(letter, name) != value]
    for name in changed:
        setattr(letter, name, values[name])
    return changed


def _sealed_to(letter: Letter, draft: Draft) -> str | None:
    """The key contacts are sealed to. Raises InvalidInput when it would change after opening."""
    wanted = letter.sealed_to if draft.sealed_to is None else draft.sealed_to.strip() or None
    if letter.opened_at is not None and wanted != letter.sealed_to:
        raise InvalidInput("whether contacts are sealed, and to which key, is fixed on opening", "sealed_to")
    return wanted


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
