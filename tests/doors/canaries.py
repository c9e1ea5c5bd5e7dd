"""A world in which every private field holds a canary, and a search for canaries in whatever leaves the app.

Each canary names the one it belongs to: "zzcanary withheld role" is in the role of the representative of the
signatory `withheld`. So a page that may tell somebody about themselves may hold theirs, and no other.
"""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import unquote

import pypdf
from sqlalchemy import select

from campaign.accounts.rules import Role
from campaign.audit.rules import OPERATOR, SIGNATORY
from campaign.care.erasure import erase
from campaign.core import clock
from campaign.core.db import db
from campaign.core.secrets import blind_index, keyed_hash
from campaign.dispatch import operations as dispatching
from campaign.dispatch import responses
from campaign.dispatch.models import Response
from campaign.dispatch.responses import Answer, Upload
from campaign.dispatch.rules import ResponseKind
from campaign.editions import tasks
from campaign.editions.models import Edition
from campaign.letters import operations as letters
from campaign.letters.drafts import AddresseeDraft, CopyDraft, HostDraft
from campaign.letters.models import Letter
from campaign.letters.queries import private_key
from campaign.letters.rules import Circulation, Sees, Visibility
from campaign.signing import contacts
from campaign.signing.links import link_token, make_link
from campaign.signing.models import AccessRule, Import, Sighting, Signature
from campaign.signing.rules import AccessKind, ImportState, LinkPurpose, SignatureStatus, Verdict
from tests.factories import (
    COORDINATOR,
    TEXT,
    make_command,
    make_edition,
    make_letter,
    make_listing,
    make_person,
    make_signature,
    make_user,
    token_of,
)

_CANARY = re.compile(r"zzcanary[\s.\-_+%]*(\w+)")
S = SignatureStatus
# Who is on the letter, in which status, seen by whom. Only `listed` is a name that everybody may read.
SIGNED: dict[str, tuple[SignatureStatus, Visibility]] = {
    "listed": (S.ACCEPTED, Visibility.PUBLIC),
    "withheld": (S.ACCEPTED, Visibility.ADDRESSEES),
    "unnamed": (S.ACCEPTED, Visibility.UNNAMED),
    "erased": (S.ACCEPTED, Visibility.PUBLIC),
    **{status.value: (status, Visibility.PUBLIC) for status in S if status is not S.ACCEPTED},
}
COUNTED = {label for label, (status, _seen) in SIGNED.items() if status is S.ACCEPTED} - {"erased"}


def canary(label: str, what: str) -> str:
    """Text that must not be seen."""
    return f"zzcanary {label} {what}"


def mailbox(label: str) -> str:
    """An address that must not be seen."""
    return f"zzcanary.{label}@example.org"


def labels_in(text: str) -> set[str]:
    """Whose canaries a text holds, however HTML, JSON or an address may have written them."""
    found = set()
    for told in {text, html.unescape(text), unquote(text), unquote(html.unescape(text))}:
        found |= set(_CANARY.findall(told.casefold()))
    return found


def texts_of(content: bytes) -> list[str]:
    """What bytes say: themselves, and what a PDF, an office file or JSON holds inside."""
    texts = [content.decode(errors="replace"), content.decode("utf-16", errors="replace")]
    if content.startswith(b"%PDF-"):
        texts += _of_pdf(content)
    elif content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            texts += [text for name in archive.namelist() for text in (name, *texts_of(archive.read(name)))]
    elif content[:1] in (b"{", b"["):
        texts.append(json.dumps(json.loads(content), ensure_ascii=False))
    return texts


def _of_pdf(content: bytes) -> list[str]:
    """Its pages and its metadata. The stand-ins of tests are no PDFs that can be read."""
    if b"stand-in" in content[:40]:
        return []
    read = pypdf.PdfReader(io.BytesIO(content))
    metadata = read.metadata or {}
    return [page.extract_text() for page in read.pages] + [str(value) for value in metadata.values()]


def found_in(content: bytes) -> set[str]:
    """Whose canaries bytes hold."""
    return {label for text in texts_of(content) for label in labels_in(text)}


@dataclass
class World:
    """The letters of the world, the links to it, and what nobody may read anywhere."""

    letter: Letter
    hidden: Letter
    signatures: dict[str, Signature]
    tokens: dict[str, tuple[str, str]] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)
    reply: Response | None = None

    @property
    def key(self) -> str:
        (link,) = self.hidden.hosts[0].links
        return private_key(link)


def furnish(drawn: bool) -> World:
    """Everything a site may hold. With `drawn` the editions' files are real PDFs, a second each."""
    letter = make_letter(
        titles={"en": "Open the harbour", "ar": "افتحوا الميناء"},
        texts={"en": TEXT, "ar": "نحن {groups} من {countries} نطلب منكم."},
        hosts=(HostDraft("Harbour Rights Watch", contact=mailbox("host")),),
        addressees=(
            AddresseeDraft(
                "Amira Example",
                email=mailbox("addressee"),
                salutation="Dear Minister,",
                copies=(
                    CopyDraft(mailbox("copy"), name="An Aide"),
                    CopyDraft(mailbox("press"), name="A Press Officer", sees=Sees.PUBLIC),
                ),
            ),
        ),
        at_risk=True,
    )
    hidden = make_letter(
        titles={tag: canary("hidden", "title") for tag in ("en", "ar")},
        texts={tag: canary("hidden", "text") for tag in ("en", "ar")},
        hosts=(HostDraft(canary("hidden", "host"), contact=mailbox("hidden")),),
        circulation=Circulation.PRIVATE,
    )
    make_letter(opened=False, titles={"en": canary("draft", "title")})
    letters.share(hidden.hosts[0], COORDINATOR)
    world = World(letter, hidden, {label: _signed(letter, label) for label in SIGNED})
    world.signatures["inside"] = _signed(hidden, "inside")
    _further_contact(world)
    _at_the_desk(letter)
    _editions(world, drawn)
    _links(world)
    db.session.commit()
    return world


def _signed(letter: Letter, label: str) -> Signature:
    status, visibility = SIGNED.get(label, (S.ACCEPTED, Visibility.PUBLIC))
    public = label == "listed"
    listing = make_listing(
        organisation="Lantern Keepers" if public else canary(label, "name"),
        organisation_other=None if public else canary(label, "other"),
        country_text=canary(label, "country"),
        website=None if public else f"https://zzcanary-{label}.example.org",
        visibility=visibility,
    )
    person = make_person(name=canary(label, "person"), role=canary(label, "role"), email=mailbox(label))
    signature = make_signature(letter, status, make_command(listing, person), mailed=True)
    signature.note, signature.reason = canary(label, "note"), canary(label, "reason")
    told = signature.representative
    assert told is not None
    told.asked_by, told.asked_by_email = canary(label, "asker"), mailbox(f"{label}asker")
    told.asked_by_index = blind_index(mailbox(f"{label}asker"))
    db.session.add(
        Sighting(
            letter_id=letter.id,
            signature_id=signature.id,
            at=clock.now(),
            address=keyed_hash("address", label),
            near=keyed_hash("network", label),
            mailbox=blind_index(mailbox(label)),
        )
    )
    return signature


def _further_contact(world: World) -> None:
    command = make_command(
        make_listing(organisation=world.signatures["withheld"].name),
        make_person(
            name=canary("further", "person"), role=canary("further", "role"), email=mailbox("further")
        ),
    )
    colleague = make_signature(world.letter, S.UNVERIFIED, command, mailed=True)
    contacts.join(colleague, world.signatures["withheld"])


def _at_the_desk(letter: Letter) -> None:
    for role in (Role.COORDINATOR, Role.ADMIN):
        make_user(role, email=mailbox(f"user{role.value}"))
    db.session.add_all(
        [
            Import(
                letter_id=letter.id,
                filename="zzcanary-import.csv",
                sha256="a" * 64,
                content=f"Organisation\n{canary('import', 'row')}".encode(),
                mapping={"organisation": "Organisation"},
                settings={},
                report={},
                state=ImportState.UPLOADED,
                created_at=clock.now(),
            ),
            AccessRule(
                letter_id=letter.id,
                verdict=Verdict.DENY,
                kind=AccessKind.DOMAIN,
                pattern="zzcanary-rule.example.net",
                note=canary("rule", "note"),
                created_at=clock.now(),
            ),
        ]
    )


def _editions(world: World, drawn: bool) -> None:
    """List no. 1, sent; somebody erased; list no. 2, in which the others stand."""
    first = _printed(world.letter, drawn)
    dispatching.release(first, OPERATOR, at_once=True, reason=canary("release", "reason"))
    erase(world.signatures["erased"], SIGNATORY)
    _printed(world.letter, drawn)
    answer = Answer(
        ResponseKind.REPLIED,
        date(2020, 2, 3),
        officer=canary("officer", "name"),
        words="We shall open the harbour.",
        file=Upload("reply.pdf", b"%PDF-1.4 stand-in of a reply"),
    )
    addressee = world.letter.addressees[0]
    responses.answered(addressee, answer, COORDINATOR)
    unpublished = Answer(
        ResponseKind.REPLIED,
        date(2020, 2, 4),
        words=canary("reply", "words"),
        file=Upload("zzcanary-reply.pdf", f"%PDF-1.4 stand-in {canary('reply', 'file')}".encode()),
    )
    responses.answered(addressee, unpublished, COORDINATOR)
    db.session.flush()
    shown = db.session.scalars(select(Response).order_by(Response.id)).all()[0]
    responses.publish(shown, True, COORDINATOR)
    world.reply = shown


def _printed(letter: Letter, drawn: bool) -> Edition:
    edition = make_edition(letter, rendered=not drawn)
    if drawn:
        tasks.render(edition.id)
        db.session.refresh(edition)
    return edition


def _links(world: World) -> None:
    """The links that were mailed: to confirm, to look after a signature, to confirm a changed text."""
    for label in ("unverified", "withheld", "inside"):
        signature = world.signatures[label]
        world.tokens[f"confirm {label}"] = (label, token_of(signature))
        for purpose in LinkPurpose:
            link = make_link(signature, purpose, expires_at=clock.now() + timedelta(days=3))
            world.tokens[f"{purpose.value} {label}"] = (label, link_token(link))
    world.secrets = {token for _label, token in world.tokens.values()} | {world.key}
    for label in world.signatures:
        world.secrets |= {blind_index(mailbox(label)), keyed_hash("address", label)}
