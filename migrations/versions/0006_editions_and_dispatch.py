"""Frozen editions with entries and files; releases and what each recipient is owed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "editions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "frozen",
                "rendered",
                "failed",
                name="edition_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("failure", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_editions_letter_id_letters")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editions")),
        sa.UniqueConstraint("letter_id", "number", name="uq_editions_letter_id_number"),
        sa.UniqueConstraint("sha256", name=op.f("uq_editions_sha256")),
    )
    op.create_table(
        "edition_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "letter",
                "figures",
                "text",
                "host",
                "addressee",
                "document",
                "signatory",
                name="entry_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["edition_id"],
            ["editions.id"],
            name=op.f("fk_edition_entries_edition_id_editions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition_entries")),
    )
    op.create_index(
        "uq_edition_entries_edition_id_position", "edition_entries", ["edition_id", "position"], unique=True
    )
    op.create_table(
        "edition_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("addressee_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["addressee_id"], ["addressees.id"], name=op.f("fk_edition_files_addressee_id_addressees")
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"],
            ["editions.id"],
            name=op.f("fk_edition_files_edition_id_editions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition_files")),
    )
    op.create_index(op.f("ix_edition_files_sha256"), "edition_files", ["sha256"], unique=False)
    op.create_index(
        "uq_edition_files_edition_id",
        "edition_files",
        ["edition_id", "addressee_id", "language"],
        unique=True,
    )
    op.create_table(
        "dispatches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "released_kind",
            sa.Enum(
                "user",
                "operator",
                "signatory",
                "visitor",
                "worker",
                "setting",
                name="released_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("released_by", sa.Integer(), nullable=True),
        sa.Column("leaves_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name=op.f("fk_dispatches_edition_id_editions")
        ),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_dispatches_letter_id_letters")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatches")),
    )
    op.create_index(op.f("ix_dispatches_letter_id"), "dispatches", ["letter_id"], unique=False)
    op.create_table(
        "consignments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dispatch_id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("addressee_id", sa.Integer(), nullable=False),
        sa.Column("envelope", sa.Integer(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "mail",
                "portal",
                "post",
                "fax",
                "hand",
                name="consignment_channel",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("parts", sa.LargeBinary(), nullable=True),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("done_by", sa.Integer(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_reference", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["addressee_id"], ["addressees.id"], name=op.f("fk_consignments_addressee_id_addressees")
        ),
        sa.ForeignKeyConstraint(
            ["dispatch_id"],
            ["dispatches.id"],
            name=op.f("fk_consignments_dispatch_id_dispatches"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name=op.f("fk_consignments_edition_id_editions")
        ),
        sa.ForeignKeyConstraint(["mail_id"], ["mails.id"], name=op.f("fk_consignments_mail_id_mails")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consignments")),
        sa.UniqueConstraint("mail_id", name=op.f("uq_consignments_mail_id")),
    )
    op.create_index(op.f("ix_consignments_dispatch_id"), "consignments", ["dispatch_id"], unique=False)
    op.create_index(
        "uq_consignments_edition_id_addressee_id_envelope",
        "consignments",
        ["edition_id", "addressee_id", "envelope"],
        unique=True,
        sqlite_where=sa.text("cancelled = false"),
        postgresql_where=sa.text("cancelled = false"),
    )


def downgrade() -> None:
    op.drop_table("consignments")
    op.drop_table("dispatches")
    op.drop_table("edition_files")
    op.drop_table("edition_entries")
    op.drop_table("editions")
