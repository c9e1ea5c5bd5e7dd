"""The tables of signatures: the act, who did it, what they said yes to, and the links mailed to them."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaign.core.db import Base, stored_enum
from campaign.core.secrets import EncryptedBytes, EncryptedText
from campaign.letters.models import Host, Letter, TextVersion
from campaign.letters.rules import Visibility
from campaign.organisations.models import Organisation
from campaign.organisations.rules import Scope
from campaign.signing.rules import (
    AccessKind,
    Evidence,
    ImportState,
    InvalidationState,
    LimitPer,
    LinkPurpose,
    Purpose,
    SignatureStatus,
    Source,
    Verdict,
)

LIVE_ROWS = text("status IN ('pending', 'queried', 'held', 'accepted')")


class Signature(Base):
    """An organisation's act of signing one letter.

    `name`, `country_code`, `scope` are how it is listed; `typed_name` and `country_text` stay as they were
    typed. The organisation is identified when the mailbox is proven, so that typing a name blocks nobody.
    `previous` is where undoing leads; `shown_at` is when the form, which names who will see it, was read.
    `text_version_id` is the version it was given to, `agreed_version_id` the last one it was confirmed for.
    `wishes` are what its holder asks to be listed as, by column, until a coordinator has decided.
    `flags` are `rules.Flag` values; `decision` is shared by rows decided in one act, so that it is undone as
    one; `import_id` and `import_line` say which line of which sheet it came from.
    """

    __tablename__ = "signatures"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id", ondelete="CASCADE"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    text_version_id: Mapped[int | None] = mapped_column(ForeignKey("text_versions.id"))
    agreed_version_id: Mapped[int | None] = mapped_column(ForeignKey("text_versions.id"))
    host_id: Mapped[int | None] = mapped_column(ForeignKey("hosts.id", ondelete="SET NULL"))
    superseded_by_id: Mapped[int | None] = mapped_column(ForeignKey("signatures.id"), index=True)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"), index=True)
    import_line: Mapped[int | None]
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
    flags: Mapped[list[str]] = mapped_column(JSON, default=list)
    wishes: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    decision: Mapped[str | None] = mapped_column(String(32), index=True)
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
    erased_at: Mapped[datetime | None]

    letter: Mapped[Letter] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    host: Mapped[Host | None] = relationship()
    text_version: Mapped[TextVersion | None] = relationship(foreign_keys=[text_version_id])
    agreed_version: Mapped[TextVersion | None] = relationship(foreign_keys=[agreed_version_id])
    superseded_by: Mapped["Signature | None"] = relationship(remote_side=[id])
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

    Everything about them is encrypted, the mailbox found by a blind index. `asked_by` is the colleague
    who filled in the form where somebody else decides. On a sealed letter all of it stands only in `sealed`,
    which nobody here can open.
    """

    __tablename__ = "representatives"

    id: Mapped[int] = mapped_column(primary_key=True)
    signature_id: Mapped[int] = mapped_column(ForeignKey("signatures.id", ondelete="CASCADE"), unique=True)
    name: Mapped[str | None] = mapped_column(EncryptedText)
    role: Mapped[str | None] = mapped_column(EncryptedText)
    email: Mapped[str | None] = mapped_column(EncryptedText)
    email_index: Mapped[str | None] = mapped_column(String(64), index=True)
    asked_by: Mapped[str | None] = mapped_column(EncryptedText)
    asked_by_email: Mapped[str | None] = mapped_column(EncryptedText)
    asked_by_index: Mapped[str | None] = mapped_column(String(64), index=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    signature: Mapped[Signature] = relationship(back_populates="representative")


class Consent(Base):
    """What somebody said yes to: the very words, in the language they were shown in, and when.

    `readers` are those the form named as who will see the name.
    """

    __tablename__ = "consents"

    id: Mapped[int] = mapped_column(primary_key=True)
    signature_id: Mapped[int] = mapped_column(ForeignKey("signatures.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[Purpose] = mapped_column(stored_enum(Purpose, "consent_purpose"))
    wording: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(20))
    text_version_id: Mapped[int | None] = mapped_column(ForeignKey("text_versions.id"))
    readers: Mapped[list[str]] = mapped_column(JSON, default=list)
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


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


class SignatureLink(Base):
    """A mailed link by which a signatory looks after their signature, or answers a question about it.

    Like a confirmation's, its token is made from id and nonce, and only the digest is kept.
    """

    __tablename__ = "signature_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    signature_id: Mapped[int] = mapped_column(ForeignKey("signatures.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[LinkPurpose] = mapped_column(stored_enum(LinkPurpose, "link_purpose"))
    text_version_id: Mapped[int | None] = mapped_column(ForeignKey("text_versions.id"))
    nonce: Mapped[str] = mapped_column(String(32))
    digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    signature: Mapped[Signature] = relationship()


class Merge(Base):
    """Two organisations found to be one. Both records stay; `moved` is what undoing puts back.

    `moved` lists [signature id, "moved" or "superseded"].
    """

    __tablename__ = "merges"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letters.id", ondelete="SET NULL"), index=True)
    kept_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    gone_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    moved: Mapped[list[list[int | str]]] = mapped_column(JSON)
    merged_at: Mapped[datetime]
    merged_by: Mapped[int | None]
    undone_at: Mapped[datetime | None]


class Import(Base):
    """A sheet of sign-ons. `content` is emptied once its rows are in or given up.

    `mapping` goes from field to column; `settings` are the choices made beside it; `basis` says how the
    organisations agreed; `report` holds counts and line numbers, never what stood there.
    """

    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id", ondelete="CASCADE"), index=True)
    filename: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes | None] = mapped_column(EncryptedBytes, deferred=True)
    basis: Mapped[str | None] = mapped_column(EncryptedText)
    mapping: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    settings: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    report: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    state: Mapped[ImportState] = mapped_column(stored_enum(ImportState, "import_state"))
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    finished_at: Mapped[datetime | None]


class Sighting(Base):
    """From where a sign-on came, only as keyed hashes of the address and its networks, and only for a while.

    `near` is the /24 of IPv4 or the /64 of IPv6, `wide` the /48 of IPv6.
    """

    __tablename__ = "sightings"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id", ondelete="CASCADE"))
    signature_id: Mapped[int | None] = mapped_column(
        ForeignKey("signatures.id", ondelete="SET NULL"), index=True
    )
    at: Mapped[datetime] = mapped_column(index=True)
    address: Mapped[str] = mapped_column(String(64))
    near: Mapped[str] = mapped_column(String(64))
    wide: Mapped[str | None] = mapped_column(String(64))
    mailbox: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (
        Index("ix_sightings_letter_id_at", "letter_id", "at"),
        Index("ix_sightings_near_at", "near", "at"),
        Index("ix_sightings_wide_at", "wide", "at"),
        Index("ix_sightings_mailbox_at", "mailbox", "at"),
    )


class Limit(Base):
    """How many sign-ons pass in a span of seconds before the rest wait for a person.

    A letter's own row counts before the one for all letters (`letter_id` empty), and that before the rules'.
    """

    __tablename__ = "limits"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letters.id", ondelete="CASCADE"), index=True)
    per: Mapped[LimitPer] = mapped_column(stored_enum(LimitPer, "limit_per"))
    span: Mapped[int]
    most: Mapped[int]
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None]


class AccessRule(Base):
    """A network or mail domain that limits pass over, or whose sign-ons a person always looks at."""

    __tablename__ = "access_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letters.id", ondelete="CASCADE"), index=True)
    verdict: Mapped[Verdict] = mapped_column(stored_enum(Verdict, "access_verdict"))
    kind: Mapped[AccessKind] = mapped_column(stored_enum(AccessKind, "access_kind"))
    pattern: Mapped[str] = mapped_column(String(200))
    note: Mapped[str | None] = mapped_column(EncryptedText)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]


class Invalidation(Base):
    """Many signatures declared invalid by one rule, in steps that survive a stop.

    `conditions` are the rule, `matched` how many it meant when it was confirmed, `through_id` the newest
    signature that was there then. `last_id` is how far it got, `done` how many it changed or put back.
    `decision` marks what it changed.
    """

    __tablename__ = "invalidations"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id", ondelete="CASCADE"), index=True)
    conditions: Mapped[dict[str, str]] = mapped_column(JSON)
    reason: Mapped[str | None] = mapped_column(EncryptedText)
    state: Mapped[InvalidationState] = mapped_column(stored_enum(InvalidationState, "invalidation_state"))
    decision: Mapped[str] = mapped_column(String(32), unique=True)
    matched: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    last_id: Mapped[int] = mapped_column(default=0)
    through_id: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    started_at: Mapped[datetime | None]
    started_by: Mapped[int | None]
    finished_at: Mapped[datetime | None]
    letter: Mapped[Letter] = relationship()


class InvalidatedRow(Base):
    """A signature that a bulk invalidation changed, and how it stood: undoing puts back exactly that.

    `restored` is whether undoing put it back: not yet (None), or no more, because somebody decided since.
    """

    __tablename__ = "invalidated_rows"

    id: Mapped[int] = mapped_column(primary_key=True)
    invalidation_id: Mapped[int] = mapped_column(ForeignKey("invalidations.id", ondelete="CASCADE"))
    signature_id: Mapped[int] = mapped_column(ForeignKey("signatures.id", ondelete="CASCADE"), index=True)
    status: Mapped[SignatureStatus] = mapped_column(stored_enum(SignatureStatus, "invalidated_status"))
    previous: Mapped[SignatureStatus | None] = mapped_column(
        stored_enum(SignatureStatus, "invalidated_previous")
    )
    decision: Mapped[str | None] = mapped_column(String(32))
    decided_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    restored: Mapped[bool | None]

    __table_args__ = (
        Index(
            "uq_invalidated_rows_invalidation_id_signature_id",
            "invalidation_id",
            "signature_id",
            unique=True,
        ),
    )
