"""The tables of editions: the snapshot, the salted entries behind it, and the files made from them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaign.core.db import Base, stored_enum
from campaign.editions.rules import EditionState, EntryKind
from campaign.letters.models import Letter


class Edition(Base):
    """One numbered freeze of a letter.

    `snapshot` and `sha256` never change; `redacted_at` is when a name was last erased from it.
    """

    __tablename__ = "editions"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"))
    number: Mapped[int]
    state: Mapped[EditionState] = mapped_column(
        stored_enum(EditionState, "edition_state"), default=EditionState.FROZEN
    )
    frozen_at: Mapped[datetime]
    snapshot: Mapped[str] = mapped_column(Text, deferred=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    failure: Mapped[str | None] = mapped_column(String(300))
    redacted_at: Mapped[datetime | None]
    letter: Mapped[Letter] = relationship()
    files: Mapped[list["EditionFile"]] = relationship(
        back_populates="edition", order_by="EditionFile.id", cascade="all, delete-orphan"
    )

    __table_args__ = (UniqueConstraint("letter_id", "number", name="uq_editions_letter_id_number"),)


class EditionEntry(Base):
    """One entry of a snapshot.

    An erasure empties salt and payload; the commitment stays and the hash still holds.
    """

    __tablename__ = "edition_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id", ondelete="CASCADE"))
    position: Mapped[int]
    kind: Mapped[EntryKind] = mapped_column(stored_enum(EntryKind, "entry_kind"))
    commitment: Mapped[str] = mapped_column(String(64))
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    payload: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("uq_edition_entries_edition_id_position", "edition_id", "position", unique=True),)


class EditionFile(Base):
    """A PDF of an edition: for one addressee (never public) or, without, the public list in a language.

    `reader` is 0 for the addressee and counts, from 1, the groups of their Cc who see other names. `sha256`
    stays that of the file as it was sent, also when `content` was redacted since: `redacted_sha256` is that
    of the content as it is then, empty until it is printed again.
    """

    __tablename__ = "edition_files"

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id", ondelete="CASCADE"))
    addressee_id: Mapped[int | None] = mapped_column(ForeignKey("addressees.id"))
    language: Mapped[str] = mapped_column(String(20))
    reader: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    redacted_at: Mapped[datetime | None]
    redacted_sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    edition: Mapped[Edition] = relationship(back_populates="files")

    __table_args__ = (
        Index("uq_edition_files_edition_id", "edition_id", "addressee_id", "language", "reader", unique=True),
    )
