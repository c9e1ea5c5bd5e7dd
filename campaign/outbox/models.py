"""The tables of the outbox: mails, what each try brought, and what was reported of them afterwards."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from campaign.core.db import Base, stored_enum
from campaign.core.mailer import Outcome
from campaign.core.secrets import EncryptedText
from campaign.outbox.rules import MailState, ReportKind


class Mail(Base):
    """One mail to one envelope recipient.

    `builder` is the dotted name of the function that writes the mail, `arguments` the ids it starts from: the
    words are made at each try, so no name and no token lies here. `nonce` seeds tokens and MIME boundaries;
    mails that share it and `message_id` (an addressee and its Cc) are the same bytes. `claim` is the fencing
    token of the worker that holds the row.
    """

    __tablename__ = "mails"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    builder: Mapped[str] = mapped_column(String(120))
    arguments: Mapped[list[int]] = mapped_column(JSON)
    letter_id: Mapped[int | None]
    recipient: Mapped[str] = mapped_column(EncryptedText)
    recipient_index: Mapped[str] = mapped_column(String(64), index=True)
    locale: Mapped[str] = mapped_column(String(20))
    nonce: Mapped[str] = mapped_column(String(32))
    message_id: Mapped[str] = mapped_column(String(200), index=True)
    state: Mapped[MailState] = mapped_column(stored_enum(MailState, "mail_state"), default=MailState.QUEUED)
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    claim: Mapped[str | None] = mapped_column(String(32))
    first_tried_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(EncryptedText)

    __table_args__ = (
        Index("ix_mails_state_due_at_id", "state", "due_at", "id"),
        Index("ix_mails_letter_id_kind", "letter_id", "kind"),
    )


class MailAttempt(Base):
    """What one try brought. The relay may repeat the address in its answer, so that is encrypted too."""

    __tablename__ = "mail_attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    mail_id: Mapped[int] = mapped_column(ForeignKey("mails.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    outcome: Mapped[Outcome] = mapped_column(stored_enum(Outcome, "mail_outcome"))
    answer: Mapped[str] = mapped_column(EncryptedText)


class MailReport(Base):
    """What a mail server told us of a mail after it had been taken: a bounce, or a notice of delay.

    `status` is RFC 3463's (such as 5.1.1) where it was given. `digest` is that of the report itself, so that
    one that comes twice is kept once.
    """

    __tablename__ = "mail_reports"

    id: Mapped[int] = mapped_column(primary_key=True)
    mail_id: Mapped[int] = mapped_column(ForeignKey("mails.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    kind: Mapped[ReportKind] = mapped_column(stored_enum(ReportKind, "report_kind"))
    status: Mapped[str | None] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(EncryptedText)
    digest: Mapped[str] = mapped_column(String(64))

    __table_args__ = (UniqueConstraint("mail_id", "digest", name="uq_mail_reports_mail_id_digest"),)
