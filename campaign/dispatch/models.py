"""The tables of dispatch: a release, and one consignment per envelope recipient or task."""

from datetime import date as Date  # noqa: N812 -- a column type
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaign.audit.rules import ActorKind
from campaign.core.db import Base, stored_enum
from campaign.core.secrets import EncryptedText
from campaign.editions.models import Edition
from campaign.letters.models import Addressee, Letter
from campaign.letters.rules import Channel
from campaign.outbox.models import Mail

OWED = text("cancelled = false")


class Dispatch(Base):
    """One release of one edition. `reason` is the operator's, for a release that skipped the waiting time."""

    __tablename__ = "dispatches"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"), index=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    released_at: Mapped[datetime]
    released_kind: Mapped[ActorKind] = mapped_column(stored_enum(ActorKind, "released_kind"))
    released_by: Mapped[int | None]
    leaves_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(500))
    letter: Mapped[Letter] = relationship()
    edition: Mapped[Edition] = relationship()
    consignments: Mapped[list["Consignment"]] = relationship(
        back_populates="dispatch", order_by="Consignment.id", cascade="all, delete-orphan"
    )


class Consignment(Base):
    """What one recipient is owed: a mail in the outbox, or, for other channels, a task a person closes.

    `envelope` is 0 for the addressee and counts their Cc from 1. An edition is owed to each at most once.
    `parts` (on envelope 0) are the mail's headers and words as they were released, as JSON: every try has the
    same bytes, whatever is edited meanwhile.
    """

    __tablename__ = "consignments"

    id: Mapped[int] = mapped_column(primary_key=True)
    dispatch_id: Mapped[int] = mapped_column(ForeignKey("dispatches.id", ondelete="CASCADE"), index=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    addressee_id: Mapped[int] = mapped_column(ForeignKey("addressees.id"))
    envelope: Mapped[int]
    channel: Mapped[Channel] = mapped_column(stored_enum(Channel, "consignment_channel"))
    address: Mapped[str | None] = mapped_column(EncryptedText)
    parts: Mapped[str | None] = mapped_column(EncryptedText)
    cancelled: Mapped[bool] = mapped_column(default=False)
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("mails.id"), unique=True)
    done_on: Mapped[Date | None]
    done_by: Mapped[int | None]
    done_at: Mapped[datetime | None]
    done_reference: Mapped[str | None] = mapped_column(String(200))
    dispatch: Mapped[Dispatch] = relationship(back_populates="consignments")
    addressee: Mapped[Addressee] = relationship()
    mail: Mapped[Mail | None] = relationship()

    __table_args__ = (
        Index(
            "uq_consignments_edition_id_addressee_id_envelope",
            "edition_id",
            "addressee_id",
            "envelope",
            unique=True,
            sqlite_where=OWED,
            postgresql_where=OWED,
        ),
    )
