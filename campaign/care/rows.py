"""The rows of a signature: what of them tells who signed is emptied or deleted, what was decided stays."""

from datetime import datetime

from sqlalchemy import delete, select, update

from campaign.core.db import db
from campaign.organisations.rules import Scope
from campaign.signing.contacts import is_further
from campaign.signing.merging import CONTACT
from campaign.signing.models import (
    Confirmation,
    Consent,
    Merge,
    Representative,
    Sighting,
    Signature,
    SignatureLink,
)
from campaign.signing.rules import ERASED, Evidence


def empty(signature: Signature, now: datetime) -> None:
    """Nothing of the row says any more who signed, for whom, from where, or what was thought of it."""
    signature.name = signature.typed_name = ERASED
    signature.name_other = signature.country_code = signature.country_text = signature.website = None
    signature.row_key, signature.scope = "", Scope.NATIONAL
    signature.language = signature.letter.original_language
    signature.organisation = signature.host = signature.superseded_by = None
    signature.note = signature.reason = signature.form_nonce = signature.decision = None
    signature.import_id = signature.import_line = None
    signature.evidence, signature.flags, signature.previous = Evidence.NONE, [], None
    signature.wishes = None
    signature.erased_at = signature.erased_at or now
    db.session.flush()  # the statements below must not meet half of it


def end_links(signature_id: int, now: datetime) -> None:
    """Every link that was mailed is unknown from here on."""
    for table, over in ((Confirmation, Confirmation.replaced_at), (SignatureLink, SignatureLink.revoked_at)):
        rows = update(table).where(table.signature_id == signature_id)
        db.session.execute(rows.values(digest=None, nonce=""))
        db.session.execute(rows.where(over.is_(None)).values({over: now}))


def close_consents(signature_id: int, now: datetime) -> None:
    """That there was a yes, to what, in which language, and when it ended; not its words, which may name."""
    rows = update(Consent).where(Consent.signature_id == signature_id)
    db.session.execute(rows.values(wording="", readers=[]))
    db.session.execute(rows.where(Consent.withdrawn_at.is_(None)).values(withdrawn_at=now))


def delete_traces(signature_id: int) -> None:
    """The person, and from where they came."""
    for table in (Representative, Sighting):
        db.session.execute(
            delete(table)
            .where(table.signature_id == signature_id)
            .execution_options(synchronize_session="fetch")
        )


def leave_merges(signature_id: int) -> None:
    """Undoing a merge must not give an erased row an organisation again; nor may another row point at it."""
    db.session.execute(
        update(Signature).where(Signature.superseded_by_id == signature_id).values(superseded_by_id=None)
    )
    for merge in db.session.scalars(select(Merge)):
        kept = [step for step in merge.moved if signature_id not in (step[0], _followed(step))]
        if len(kept) < len(merge.moved):
            merge.moved = kept


def _followed(step: list[int | str]) -> int | str | None:
    """The row that a further contact stood behind before the merge."""
    return step[2] if step[1] == CONTACT else None


def further_contacts(signature: Signature) -> list[Signature]:
    """What the same mailbox signed for the same organisation once more, and stands behind this row.

    Not a colleague's sign-on, which is theirs: else whoever signs in an organisation's name first, and is
    erased, takes along the one who may sign for it. Nor those that a merge put there.
    """
    person = signature.representative
    if person is None or person.email_index is None:
        return []
    behind = select(Signature).where(
        Signature.superseded_by_id == signature.id, Signature.erased_at.is_(None)
    )
    mine = behind.join(Representative).where(Representative.email_index == person.email_index)
    return [row for row in db.session.scalars(mine.order_by(Signature.id)) if is_further(row)]
