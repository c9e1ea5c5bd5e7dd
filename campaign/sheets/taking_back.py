"""A sheet that was a mistake: all its rows taken back in one act."""

from datetime import datetime

from sqlalchemy import func, select

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core.db import db
from campaign.core.errors import Conflict
from campaign.core.secrets import new_nonce
from campaign.jobs.operations import owe
from campaign.sheets.operations import AT_ONCE, require
from campaign.signing.confirming import replace_links
from campaign.signing.models import Import, Signature
from campaign.signing.rules import ImportState, SignatureStatus
from campaign.signing.standing import go_many

TAKE_BACK = "campaign.sheets.tasks.take_back"
_GONE = {
    SignatureStatus.ACCEPTED: SignatureStatus.INVALIDATED,
    SignatureStatus.PENDING: SignatureStatus.REJECTED,
    SignatureStatus.HELD: SignatureStatus.REJECTED,
    SignatureStatus.UNVERIFIED: SignatureStatus.EXPIRED,
}


def rows_of(sheet: Import) -> int:
    """How many signatures came by it, whatever became of them."""
    return db.session.scalar(select(func.count()).where(Signature.import_id == sheet.id)) or 0


def named_since(sheet: Import, last_frozen: datetime | None) -> bool:
    """Whether a list was frozen after the sheet was brought in, which may name its rows."""
    if sheet.finished_at is None or last_frozen is None:
        return False
    return last_frozen >= sheet.finished_at.replace(microsecond=0)  # an edition knows its second only


def start_taking_back(sheet: Import, last_frozen: datetime | None, actor: Actor) -> bool:
    """Take all its rows back, now (True) or by the worker. `last_frozen` is when a list was last frozen.

    Raises Conflict when a list was frozen since, which may name them, or when it is not in.
    """
    require(sheet, ImportState.DONE)
    if named_since(sheet, last_frozen):
        raise Conflict("an edition was frozen since, and may name them; withdraw them one by one")
    if rows_of(sheet) <= AT_ONCE:
        take_back(sheet, actor)
        return True
    sheet.state = ImportState.RUNNING
    sheet.settings = {**sheet.settings, "started_by": str(actor.id or "")}
    owe(TAKE_BACK, sheet.id)
    return False


def take_back(sheet: Import, actor: Actor) -> int:
    """All its rows no longer count or wait; what the organisations confirmed themselves stays. How many.

    The sheet, or a better one, can be brought in again. Each row can be undone by itself.
    """
    require(sheet, ImportState.DONE, ImportState.RUNNING)
    rows = select(Signature).where(
        Signature.import_id == sheet.id, Signature.confirmed_at.is_(None), Signature.erased_at.is_(None)
    )
    found = db.session.scalars(rows.order_by(Signature.id).with_for_update(of=Signature)).all()
    asked = [s for s in found if s.status is SignatureStatus.QUERIED]
    go_many([(s, SignatureStatus.PENDING) for s in asked], actor)
    moving = [(s, _GONE[s.status]) for s in found if s.status in _GONE]
    decision = new_nonce()
    for signature, to in moving:
        signature.decision = decision
        if to is SignatureStatus.REJECTED:
            signature.reason = "the sheet it came by was taken back"
        elif to is SignatureStatus.EXPIRED:
            replace_links(signature)
    go_many(moving, actor, sheet=sheet.id)
    sheet.state = ImportState.CANCELLED
    sheet.report = {**sheet.report, "taken_back": len(moving)}
    record(actor, "sheet.taken_back", "import", sheet.id, sheet.letter_id, rows=len(moving))
    return len(moving)
