"""The tables of the tally: folded totals and the changes not folded yet."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from campaign.core.db import Base, stored_enum
from campaign.letters.rules import Visibility
from campaign.organisations.rules import Scope


class Total(Base):
    """Signatures counted in one cell. `country_code` is empty where there is none."""

    __tablename__ = "tally_totals"

    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id", ondelete="CASCADE"), primary_key=True)
    country_code: Mapped[str] = mapped_column(String(2), primary_key=True)
    scope: Mapped[Scope] = mapped_column(stored_enum(Scope, "total_scope"), primary_key=True)
    visibility: Mapped[Visibility] = mapped_column(
        stored_enum(Visibility, "total_visibility"), primary_key=True
    )
    signatures: Mapped[int]


class Delta(Base):
    """One change of one cell, written in the transaction that changed the list."""

    __tablename__ = "tally_deltas"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id", ondelete="CASCADE"))
    country_code: Mapped[str] = mapped_column(String(2))
    scope: Mapped[Scope] = mapped_column(stored_enum(Scope, "delta_scope"))
    visibility: Mapped[Visibility] = mapped_column(stored_enum(Visibility, "delta_visibility"))
    change: Mapped[int]
