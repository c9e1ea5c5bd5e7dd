"""The tables of organisations and their names."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaign.core.db import Base, stored_enum
from campaign.organisations.rules import Scope


class Organisation(Base):
    """One organisation, reused across letters.

    Signatures keep their own name, country and scope: editing this moves no figure.
    """

    __tablename__ = "organisations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    country_code: Mapped[str | None] = mapped_column(String(2))
    scope: Mapped[Scope] = mapped_column(stored_enum(Scope, "organisation_scope"))
    website: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime]
    names: Mapped[list["OrganisationName"]] = relationship(
        back_populates="organisation", cascade="all, delete-orphan"
    )


class OrganisationName(Base):
    """A name an organisation is known by, with the folded form it is found by and the place it stands at."""

    __tablename__ = "organisation_names"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(200))
    folded: Mapped[str] = mapped_column(String(400))
    place: Mapped[str] = mapped_column(String(20))
    organisation: Mapped[Organisation] = relationship(back_populates="names")

    __table_args__ = (Index("uq_organisation_names_folded", "folded", "place", unique=True),)
