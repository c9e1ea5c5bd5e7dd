"""The tables of dispatch: a release, one consignment per envelope recipient or task, and what came back."""

from datetime import date as Date  # noqa: N812 -- a column type
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaign.audit.rules import ActorKind
from campaign.core.db import Base, stored_enum
from campaign.core.secrets import EncryptedText
from campaign.dispatch.rules import DispatchState, Purpose, ResponseKind
from campaign.editions.models import Edition
from campaign.letters.models import Addressee, Letter
from campaign.letters.rules import Channel
from campaign.outbox.models import Mail

OWED_ONCE = text("cancelled = false AND again = false")
REPLACED_ONCE = text("cancelled = false AND replaces_id IS NOT NULL")


class Dispatch(Base):
    """One release of one edition: proposed, released by a second person or after a delay, gone at its time.

    `fingerprint` ties it to what was previewed: letter, addressees and edition as they were then. `covering`
    is the text a person wrote to go before a further list or a reminder. `publishes` makes a private letter
    public once everybody was tried; `publishes_anyway` says that a refused mail does not hold that up.
    `alerted_at` is the newest failure that the coordinators were told of. `reason` is the operator's, for a
    release that skipped the waiting time.
    """

    __tablename__ = "dispatches"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"), index=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    purpose: Mapped[Purpose] = mapped_column(stored_enum(Purpose, "dispatch_purpose"))
    state: Mapped[DispatchState] = mapped_column(stored_enum(DispatchState, "dispatch_state"), index=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    covering: Mapped[str | None] = mapped_column(Text)
    proposed_at: Mapped[datetime]
    proposed_kind: Mapped[ActorKind] = mapped_column(stored_enum(ActorKind, "proposed_kind"))
    proposed_by: Mapped[int | None]
    released_at: Mapped[datetime | None]
    released_kind: Mapped[ActorKind | None] = mapped_column(stored_enum(ActorKind, "released_kind"))
    released_by: Mapped[int | None]
    leaves_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(500))
    publishes: Mapped[bool] = mapped_column(default=False)
    publishes_anyway: Mapped[bool] = mapped_column(default=True)
    published_at: Mapped[datetime | None]
    alerted_at: Mapped[datetime | None]
    letter: Mapped[Letter] = relationship()
    edition: Mapped[Edition] = relationship()
    consignments: Mapped[list["Consignment"]] = relationship(
        back_populates="dispatch", order_by="Consignment.id", cascade="all, delete-orphan"
    )


class Consignment(Base):
    """What one recipient is owed: a mail in the outbox, or, for other channels, a task a person closes.

    `envelope` is 0 for the addressee and counts their Cc from 1. An edition is owed to each at most once,
    unless persons decided to send it `again` (a corrected address, which `replaces` what came back, or a
    reminder). `parts` are the mail's headers and words as they were released, as JSON, on the first of those
    who get the same bytes; the others point at it by `shares_id`. `reader` says whose names they see.
    """

    __tablename__ = "consignments"

    id: Mapped[int] = mapped_column(primary_key=True)
    dispatch_id: Mapped[int] = mapped_column(ForeignKey("dispatches.id", ondelete="CASCADE"), index=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    addressee_id: Mapped[int] = mapped_column(ForeignKey("addressees.id"))
    envelope: Mapped[int]
    reader: Mapped[int] = mapped_column(default=0)
    again: Mapped[bool] = mapped_column(default=False)
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("consignments.id"))
    shares_id: Mapped[int | None] = mapped_column(ForeignKey("consignments.id"))
    channel: Mapped[Channel] = mapped_column(stored_enum(Channel, "consignment_channel"))
    address: Mapped[str | None] = mapped_column(EncryptedText)
    parts: Mapped[str | None] = mapped_column(EncryptedText)
    cancelled: Mapped[bool] = mapped_column(default=False)
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("mails.id"), unique=True)
    done_on: Mapped[Date | None]
    done_by: Mapped[int | None]
    done_who: Mapped[str | None] = mapped_column(EncryptedText)
    done_at: Mapped[datetime | None]
    done_reference: Mapped[str | None] = mapped_column(String(200))
    done_scan_id: Mapped[int | None] = mapped_column(ForeignKey("kept_files.id"))
    dispatch: Mapped[Dispatch] = relationship(back_populates="consignments")
    addressee: Mapped[Addressee] = relationship()
    mail: Mapped[Mail | None] = relationship()
    done_scan: Mapped["KeptFile | None"] = relationship()
    replaces: Mapped["Consignment | None"] = relationship(foreign_keys=[replaces_id], remote_side=[id])

    __table_args__ = (
        Index(
            "uq_consignments_edition_id_addressee_id_envelope",
            "edition_id",
            "addressee_id",
            "envelope",
            unique=True,
            sqlite_where=OWED_ONCE,
            postgresql_where=OWED_ONCE,
        ),
        Index(
            "uq_consignments_replaces_id",
            "replaces_id",
            unique=True,
            sqlite_where=REPLACED_ONCE,
            postgresql_where=REPLACED_ONCE,
        ),
    )


class KeptFile(Base):
    """A scan or a reply that came on paper or as a file. Never public unless its response is published."""

    __tablename__ = "kept_files"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"), index=True)
    filename: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    kept_at: Mapped[datetime]


class Response(Base):
    """What an addressee answered: that the letter arrived (reference, officer), or a reply of theirs."""

    __tablename__ = "responses"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"), index=True)
    addressee_id: Mapped[int] = mapped_column(ForeignKey("addressees.id"))
    kind: Mapped[ResponseKind] = mapped_column(stored_enum(ResponseKind, "response_kind"))
    on_day: Mapped[Date]
    reference: Mapped[str | None] = mapped_column(String(200))
    officer: Mapped[str | None] = mapped_column(EncryptedText)
    words: Mapped[str | None] = mapped_column(EncryptedText)
    file_id: Mapped[int | None] = mapped_column(ForeignKey("kept_files.id"))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None]
    published_at: Mapped[datetime | None]
    letter: Mapped[Letter] = relationship()
    addressee: Mapped[Addressee] = relationship()
    file: Mapped[KeptFile | None] = relationship()
