"""What the tests of changed letters share: changing one, doing what the worker owes, reading its mails."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask_babel import force_locale
from sqlalchemy import select
from werkzeug.utils import import_string

from campaign.audit.models import AuditEntry
from campaign.core import clock
from campaign.core.db import db
from campaign.letters.drafting import write_down
from campaign.letters.drafts import Revision
from campaign.letters.models import Letter, TextVersion
from campaign.letters.rules import Change
from campaign.outbox.models import Mail
from campaign.signing import asking, moderation, reconfirming, tasks
from campaign.signing.links import link_token
from campaign.signing.models import Signature, SignatureLink
from campaign.signing.moderation import AddCommand
from campaign.signing.reconcile import differences
from campaign.signing.reconfirming import Answer
from campaign.signing.rules import LinkPurpose, Source
from campaign.tally.queries import letter_figures
from tests.factories import COORDINATOR, make_draft, make_listing, make_person

OTHER = {
    "en": "We, {groups} from {countries}, ask you to close the harbour.\n\nIt has been closed for a year."
}
WEEK = timedelta(days=7)


def revise(letter: Letter, summary: str = "It asks for more.", **changes: Any) -> TextVersion:
    """A substantive change of the letter, asked about for a week unless `by` says otherwise."""
    by = changes.pop("by", clock.now() + WEEK)
    plain: dict[str, Any] = {"texts": OTHER} if "addressees" not in changes else {}
    draft = make_draft(slug=letter.slug, **(plain | changes))
    write_down(draft, Revision(Change.SUBSTANTIVE, summary, by), COORDINATOR, letter.circulation)
    db.session.commit()
    assert letter.text_version is not None
    return letter.text_version


def correct(letter: Letter, **changes: Any) -> TextVersion:
    """A slip corrected."""
    write_down(make_draft(slug=letter.slug, **changes), Change.MINOR, COORDINATOR, letter.circulation)
    db.session.commit()
    assert letter.text_version is not None
    return letter.text_version


def ask() -> int:
    """All that the worker owes because of changed letters. Returns how many signatures it moved."""
    total = 0
    while moved := tasks.keep_asking():
        total += moved
    db.session.expire_all()
    return total


def questions_to(signature: Signature) -> list[SignatureLink]:
    """The links by which a signature was asked, oldest first."""
    rows = select(SignatureLink).where(
        SignatureLink.signature_id == signature.id, SignatureLink.purpose == LinkPurpose.RECONFIRM
    )
    return list(db.session.scalars(rows.order_by(SignatureLink.id)))


def mailed(builder: str = asking.QUESTION) -> list[str]:
    """To whom such mails are owed."""
    return sorted(db.session.scalars(select(Mail.recipient).where(Mail.builder == builder)))


def mails(builder: str, recipient: str) -> list[Mail]:
    """Such mails to an address, oldest first."""
    rows = db.session.scalars(select(Mail).where(Mail.builder == builder).order_by(Mail.id))
    return [mail for mail in rows if mail.recipient == recipient]


def path_of(signature: Signature) -> str:
    """The page of the newest question."""
    return f"/reconfirm/{link_token(questions_to(signature)[-1])}"


def yes(letter: Letter, shown_at: datetime | None = None) -> Answer:
    """A yes to the letter as it reads now."""
    return Answer(letter.text_version_id or 0, "We still sign.", "en", ("Minister",), shown_at or clock.now())


def written(mail: Mail) -> Any:
    """Subject, text and HTML of an owed mail as it would leave now; None when it is wanted no more."""

    claim = type("Claim", (), {"recipient": mail.recipient, "locale": mail.locale})()
    with force_locale(mail.locale):
        return import_string(mail.builder)(claim, *mail.arguments)


def by_phone(letter: Letter, name: str = "By phone") -> Signature:
    """A counted signature without a mail address."""
    command = AddCommand(make_listing(organisation=name), make_person(email=None), Source.PHONE, "they rang")
    signature = moderation.add(letter, command, COORDINATOR)
    db.session.commit()
    return signature


def agree(signature: Signature) -> None:
    """The newest question is answered with yes."""
    reconfirming.agree(questions_to(signature)[-1], signature, yes(signature.letter))
    db.session.commit()


def count(letter: Letter) -> int:
    """How many are counted, once list and figures agree."""
    assert differences(letter.id) == {}
    return letter_figures(letter.id).signatories


def acts(action: str) -> list[dict[str, object] | None]:
    """What the record holds of such an act."""
    return list(db.session.scalars(select(AuditEntry.details).where(AuditEntry.action == action)))
