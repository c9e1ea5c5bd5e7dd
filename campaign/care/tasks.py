"""The worker's part of care: once a day what is due is deleted, and fresh erasures are looked after."""

from datetime import timedelta

from flask import current_app
from sqlalchemy import select

from campaign.audit.rules import WORKER
from campaign.care import erasure, journal, retention, sheets
from campaign.core import clock
from campaign.core.db import db
from campaign.signing.models import Import, Signature

FRESH = timedelta(days=2)


def tidy() -> None:
    """Delete what is due, slice by slice, each in a transaction of its own; then make sure of erasures."""
    done = {}
    for duty in retention.duties(current_app.config["SETTINGS"].retention, clock.now()):
        done[duty.what] = 0
        while number := retention.perform(duty):
            done[duty.what] += number
            db.session.commit()
    retention.note(done, WORKER)
    fresh = select(Signature.id).where(Signature.erased_at > clock.now() - FRESH)
    ids = db.session.scalars(fresh).all()
    db.session.commit()
    for signature_id in ids:
        make_sure(signature_id)


def note_down(signature_id: int, whole: int) -> None:
    """Write an erasure into the journal, now that it is committed."""
    signature = db.session.get(Signature, signature_id)
    if signature is not None:
        journal.write(signature, journal.WHOLE if whole else journal.ASKER)
    db.session.commit()


def look_into_sheet(sheet_id: int, *marks: int) -> None:
    """Look for somebody erased in a long sheet. What it brought in meanwhile is erased like they were."""
    sheet = db.session.get(Import, sheet_id, with_for_update=True)
    if sheet is not None:
        sheets.look_into(sheet, marks, WORKER)
        for signature in sheets.brought_in(sheet_id, marks):
            erasure.erase(signature, WORKER)
    db.session.commit()


def make_sure(signature_id: int) -> None:
    """Erase again: an edition that was being frozen at that moment may have taken the name down after all."""
    signature = db.session.get(Signature, signature_id)
    if signature is not None and signature.erased_at is not None:
        erasure.erase(signature, WORKER)
    db.session.commit()
