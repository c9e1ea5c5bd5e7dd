"""All the public pages there are, each in a state that shows it, for tests that look at every one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import time_machine
from flask import Flask, template_rendered

from campaign.core import clock
from campaign.core.db import db
from campaign.letters import operations as letters
from campaign.letters.models import Letter
from campaign.letters.queries import private_key
from campaign.letters.rules import Circulation, Visibility
from campaign.organisations.rules import Scope
from campaign.signing import reconfirming
from campaign.signing.confirming import refuse, verify
from campaign.signing.deciding import Decider
from campaign.signing.models import Signature
from tests.factories import (
    COORDINATOR,
    confirmation_of,
    link_of,
    make_command,
    make_edition,
    make_letter,
    make_person,
    make_signature,
    make_signatures,
    token_of,
)
from tests.factories import SignatureStatus as Status
from tests.rooms.text_kit import ask, path_of, questions_to, revise, yes

TEMPLATES = Path(__file__).parents[2] / "templates"
TEXT = {
    "en": "We, {groups} from {countries}, ask you[^1].\n\n1. Soon.\n2. For good.\n\n[^1]: All of you.",
    "ar": "نحن {groups} من {countries} نطلب[^1] فتحه.\n\n1. قريباً.\n\n[^1]: جميعاً.",
}
TITLES = {"en": "Open the harbour", "ar": "افتحوا الميناء"}
NOTICES = {"en": "An example.", "ar": "هذا مثال."}
PAGES = ("", "/signatories", "/countries", "/sign", "/sign/inbox", "/editions/1", "/history", "/privacy")
FOUND = ("/signatories?by=name", "/signatories?q=quay", "/signatories?q=nobody", "/versions/1", "/embed")
PRIVATE = ("", "/sign", "/sign/inbox", "/history", "/privacy", "/versions/1")
PLAIN = ("/", "/verify", "/api/", "/parts", "/signature", "/signature/sent", "/signature/erased")
LOST = ("/letters/nowhere", "/confirm/unknown", "/verify?hash=" + "a" * 64)
# Downloaded where no PDF can be printed, and looked at without us.
NO_PAGES = {"public/own_copy.html"}


def public_templates() -> set[str]:
    """The templates of pages for everybody. What says that something went wrong is made without Flask's
    help, which would tell of it: `LOST` leads there.
    """
    found = (path for room in ("api", "public") for path in (TEMPLATES / room).glob("[!_]*.html"))
    return {str(path.relative_to(TEMPLATES)) for path in found} - NO_PAGES


@contextmanager
def rendered(app: Flask) -> Iterator[set[str]]:
    """The names of the templates that answers were made of meanwhile."""
    names: set[str] = set()

    def note(_app: Flask, template: Any, **_context: Any) -> None:
        names.add(template.name)

    with template_rendered.connected_to(note, app):
        yield names


def harbour() -> Letter:
    """A letter in English and Arabic, signed over some days, in several scripts; one list is frozen."""
    with time_machine.travel(clock.now() - timedelta(days=4)):
        letter = make_letter(texts=TEXT, titles=TITLES, notices=NOTICES)
        make_signatures(letter, ["BH", "KE"])
    with time_machine.travel(clock.now() - timedelta(days=2)):
        make_signatures(letter, ["KE", "FR"])
    make_signature(letter, organisation="منظمة المرفأ", country_code="BH")
    make_signature(letter, organisation="Network of Quays", scope=Scope.REGIONAL)
    make_signature(letter, organisation="Hidden Canary", visibility=Visibility.UNNAMED)
    make_edition(letter)
    return letter


def every_address(letter: Letter, tag: str) -> list[str]:
    """Where all of it is, in that language."""
    found = [f"{_stem(letter, tag)}{page}" for page in (*PAGES, *FOUND)]
    found += [f"{page}{'&' if '?' in page else '?'}lang={tag}" for page in (*PLAIN, *LOST)]
    found += [*_confirming(letter, tag), *_own(letter, tag), *_asked(tag), *_elsewhere(tag)]
    db.session.commit()
    return found


def _stem(letter: Letter, tag: str) -> str:
    return f"{'' if tag == 'en' else f'/{tag}'}/letters/{letter.slug}"


def _confirming(letter: Letter, tag: str) -> list[str]:
    """Links to confirm: one's own, a colleague's, one of several, used, and said no to."""
    shared = make_person(email="secretary@example.org")
    decider = Decider("Dana", "dana@example.org")
    waiting = _signed(letter, tag)
    asked = _signed(letter, tag, decider=decider)
    one, _other, refused = (_signed(letter, tag, person=shared) for _ in range(3))
    verify(confirmation_of(one))
    refuse(confirmation_of(refused))
    opened = [f"/confirm/{token_of(signature)}" for signature in (waiting, asked, one)]
    return opened + [f"/confirm/{token_of(signature)}/done" for signature in (one, refused)]


def _signed(letter: Letter, tag: str, **command: Any) -> Signature:
    return make_signature(letter, Status.UNVERIFIED, make_command(language=tag, **command))


def _own(letter: Letter, tag: str) -> list[str]:
    """A signatory's own pages, and a link whose time is over."""
    signature = make_signature(letter, command=make_command(language=tag))
    with time_machine.travel(clock.now() - timedelta(days=300)):
        old = link_of(signature)
    own, other = link_of(signature), make_letter(titles=TITLES, texts=TEXT)
    return [own, f"{own}/erase", f"{own}/next/{other.slug}", f"{old}?lang={tag}"]


def _asked(tag: str) -> list[str]:
    """The question of a changed letter: waiting, answered with yes, answered with no."""
    letter = make_letter(texts=TEXT, titles=TITLES)
    waiting, agreed, refused = (make_signature(letter, command=make_command(language=tag)) for _ in range(3))
    revise(letter, texts={at: text + "\n\nAnd soon." for at, text in TEXT.items()}, titles=TITLES)
    ask()
    paths = [path_of(signature) for signature in (waiting, agreed, refused)]
    reconfirming.agree(questions_to(agreed)[-1], agreed, yes(letter))
    reconfirming.refuse(questions_to(refused)[-1], refused)
    return [*paths, f"{_stem(letter, tag)}/history"]


def _elsewhere(tag: str) -> list[str]:
    """A letter for those who have its address, and one whose time is over."""
    private = make_letter(texts=TEXT, titles=TITLES, circulation=Circulation.PRIVATE)
    key = private_key(letters.share(private.hosts[0], COORDINATOR))
    with time_machine.travel(clock.now() - timedelta(days=9)):
        over = make_letter(texts=TEXT, titles=TITLES, deadline=clock.now() + timedelta(days=1))
        late = _signed(over, tag)
    pages = [f"{'' if tag == 'en' else f'/{tag}'}/p/{key}{page}" for page in PRIVATE]
    return [*pages, f"{_stem(over, tag)}/sign", f"/confirm/{token_of(late)}"]
