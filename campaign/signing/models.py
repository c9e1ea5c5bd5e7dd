"""The tables of signatures: the act, who did it, what they said yes to, and the links mailed to them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaign.core.db import Base, stored_enum
from campaign.core.secrets import EncryptedText
from campaign.letters.models import Host, Letter, TextVersion
from campaign.letters.rules import Visibility
from campaign.organisations.models import Organisation
from campaign.organisations.rules import Scope
from campaign.signing.rules import Evidence, Purpose, SignatureStatus, Source

LIVE_ROWS = text("status IN ('pending', 'queried', 'held', 'accepted')")


class Signature(Base):
    """An organisation's act of signing one letter.

    `name`, `country_code`, `scope` are how it is listed; `typed_name` and `country_text` stay as they were
    typed. The organisation is identified when the mailbox is proven, so that typing a name blocks nobody.
    `previous` is where undoing leads; `shown_at` is when the form, which names who will see it, was read.
    """

    __tablename__ = "signatures"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id", ondelete="CASCADE"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    text_version_id: Mapped[int | None] = mapped_column(ForeignKey("text_versions.id"))
    host_id: Mapped[int | None] = mapped_column(ForeignKey("hosts.id", ondelete="SET NULL"))
    status: Mapped[SignatureStatus] = mapped_column(stored_enum(SignatureStatus, "signature_status"))
    previous: Mapped[SignatureStatus | None] = mapped_column(
        stored_enum(SignatureStatus, "signature_previous")
    )
    name: Mapped[str] = mapped_column(String(200))
    name_other: Mapped[str | None] = mapped_column(String(200))
    typed_name: Mapped[str] = mapped_column(String(200))
    row_key: Mapped[str] = mapped_column(String(400))
    country_code: Mapped[str | None] = mapped_column(String(2))
    country_text: Mapped[str | None] = mapped_column(String(200))
    scope: Mapped[Scope] = mapped_column(stored_enum(Scope, "signature_scope"))
    website: Mapped[str | None] = mapped_column(String(300))
    visibility: Mapped[Visibility] = mapped_column(stored_enum(Visibility, "signature_visibility"))
    language: Mapped[str] = mapped_column(String(20))
    source: Mapped[Source] = mapped_column(stored_enum(Source, "signature_source"))
    evidence: Mapped[Evidence] = mapped_column(stored_enum(Evidence, "signature_evidence"))
    note: Mapped[str | None] = mapped_column(EncryptedText)
    reason: Mapped[str | None] = mapped_column(EncryptedText)
    form_nonce: Mapped[str | None] = mapped_column(String(64), unique=True)
    shown_at: Mapped[datetime | None]
    signed_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    last_reminded_at: Mapped[datetime | None]

    letter: Mapped[Letter] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    host: Mapped[Host | None] = relationship()
    text_version: Mapped[TextVersion | None] = relationship()
    representative: Mapped["Representative | None"] = relationship(
        back_populates="signature", cascade="all, delete-orphan", lazy="selectin"
    )

    __table_args__ = (
        Index(
            "uq_signatures_letter_id_organisation_id_live",
            "letter_id",
            "organisation_id",
            unique=True,
            sqlite_where=LIVE_ROWS,
            postgresql_where=LIVE_ROWS,
        ),
        Index("ix_signatures_letter_id_status_id", "letter_id", "status", "id"),
        Index("ix_signatures_letter_id_row_key", "letter_id", "row_key"),
        CheckConstraint(
            "organisation_id IS NOT NULL OR status NOT IN ('pending', 'queried', 'held', 'accepted')",
            name="live_is_identified",
        ),
    )


class Representative(Base):
    """The person who signed for the organisation.

    Everything about them is encrypted, the mailbox found by a blind index.
    """

    __tablename__ = "representatives"

    id: Mapped[int] = mapped_column(primary_key=True)
    signature_id: Mapped[int] = mapped_column(ForeignKey("signatures.id", ondelete="CASCADE"), unique=True)
    name: Mapped[str | None] = mapped_column(EncryptedText)
    role: Mapped[str | None] = mapped_column(EncryptedText)
    email: Mapped[str | None] = mapped_column(EncryptedText)
    email_index: Mapped[str | None] = mapped_column(String(64), index=True)
    signature: Mapped[Signature] = relationship(back_populates="representative")


class Consent(Base):
    """What somebody said yes to: the very words, in the language they were shown in, and when."""

    __tablename__ = "consents"

    id: Mapped[int] = mapped_column(primary_key=True)
    signature_id: Mapped[int] = mapped_column(ForeignKey("signatures.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[Purpose] = mapped_column(stored_enum(Purpose, "consent_purpose"))
    wording: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(20))
    text_version_id: Mapped[int | None] = mapped_column(ForeignKey("text_versions.id"))
    given_at: Mapped[datetime]


class Confirmation(Base):
    """A mailed link that proves a mailbox.

    Its token is made from id and nonce; only the digest is kept. A newer one replaces it.
    """

    __tablename__ = "confirmations"

    id: Mapped[int] = mapped_column(primary_key=True)
    signature_id: Mapped[int] = mapped_column(ForeignKey("signatures.id", ondelete="CASCADE"), index=True)
    nonce: Mapped[str] = mapped_column(String(32))
    digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime | None]
    signature: Mapped[Signature] = relationship()
