"""The tables of organisations and their names."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaign.core.db import Base, stored_enum
from campaign.organisations.rules import DomainSource, NameKind, Scope


class Organisation(Base):
    """One organisation, reused across letters.

    Signatures keep their own name, country and scope: editing this moves no figure. One that was merged keeps
    its row and its names, and points at the organisation it is known as now.
    """

    __tablename__ = "organisations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    country_code: Mapped[str | None] = mapped_column(String(2))
    scope: Mapped[Scope] = mapped_column(stored_enum(Scope, "organisation_scope"))
    website: Mapped[str | None] = mapped_column(String(300))
    acronym: Mapped[str | None] = mapped_column(String(40))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    created_at: Mapped[datetime]
    domains: Mapped[list["OrganisationDomain"]] = relationship(
        order_by="OrganisationDomain.id", cascade="all, delete-orphan"
    )
    names: Mapped[list["OrganisationName"]] = relationship(
        back_populates="organisation", order_by="OrganisationName.id", cascade="all, delete-orphan"
    )


class OrganisationName(Base):
    """A name an organisation is known by, in any script or language, and the place it stands at.

    It is found by three forms of it: `folded` for equal names, `matched` for likely the same (no legal form,
    no article, in Latin letters), `skeleton` for names that look the same (Unicode TR39).
    """

    __tablename__ = "organisation_names"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(200))
    folded: Mapped[str] = mapped_column(String(400))
    place: Mapped[str] = mapped_column(String(20))
    kind: Mapped[NameKind] = mapped_column(
        stored_enum(NameKind, "organisation_name_kind"), default=NameKind.NAME
    )
    language: Mapped[str | None] = mapped_column(String(20))
    matched: Mapped[str] = mapped_column(String(400), default="")
    skeleton: Mapped[str] = mapped_column(String(400), default="", index=True)
    organisation: Mapped[Organisation] = relationship(back_populates="names")

    __table_args__ = (Index("uq_organisation_names_folded", "folded", "place", unique=True),)


class OrganisationDomain(Base):
    """A registrable domain that is an organisation's own; never one that gives mailboxes to everybody."""

    __tablename__ = "organisation_domains"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    domain: Mapped[str] = mapped_column(String(253), index=True)
    source: Mapped[DomainSource] = mapped_column(stored_enum(DomainSource, "domain_source"))
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint(
            "organisation_id", "domain", "source", name="uq_organisation_domains_organisation_id_domain"
        ),
    )


class OrganisationDifference(Base):
    """Two organisations that a person has told apart, on whichever letter; the lower id comes first."""

    __tablename__ = "organisation_differences"

    id: Mapped[int] = mapped_column(primary_key=True)
    first_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    second_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"), index=True)
    decided_at: Mapped[datetime]
    decided_by: Mapped[int | None]

    __table_args__ = (
        UniqueConstraint("first_id", "second_id", name="uq_organisation_differences_first_id_second_id"),
        CheckConstraint("first_id < second_id", name="ordered"),
    )
