"""Signatures with representatives, consents and confirmations; the figures they are counted in."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "tally_totals",
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("country_code", sa.String(length=2), nullable=False),
        sa.Column(
            "scope",
            sa.Enum(
                "national",
                "regional",
                "international",
                name="total_scope",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "visibility",
            sa.Enum(
                "public",
                "addressees",
                "unnamed",
                name="total_visibility",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("signatures", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name=op.f("fk_tally_totals_letter_id_letters"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "letter_id", "country_code", "scope", "visibility", name=op.f("pk_tally_totals")
        ),
    )
    op.create_table(
        "tally_deltas",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("country_code", sa.String(length=2), nullable=False),
        sa.Column(
            "scope",
            sa.Enum(
                "national",
                "regional",
                "international",
                name="delta_scope",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "visibility",
            sa.Enum(
                "public",
                "addressees",
                "unnamed",
                name="delta_visibility",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name=op.f("fk_tally_deltas_letter_id_letters"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tally_deltas")),
    )
    op.create_table(
        "signatures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("text_version_id", sa.Integer(), nullable=True),
        sa.Column("host_id", sa.Integer(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "unverified",
                "pending",
                "held",
                "queried",
                "accepted",
                "rejected",
                "invalidated",
                "superseded",
                "expired",
                "withdrawn",
                name="signature_status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "previous",
            sa.Enum(
                "unverified",
                "pending",
                "held",
                "queried",
                "accepted",
                "rejected",
                "invalidated",
                "superseded",
                "expired",
                "withdrawn",
                name="signature_previous",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_other", sa.String(length=200), nullable=True),
        sa.Column("typed_name", sa.String(length=200), nullable=False),
        sa.Column("row_key", sa.String(length=400), nullable=False),
        sa.Column("country_code", sa.String(length=2), nullable=True),
        sa.Column("country_text", sa.String(length=200), nullable=True),
        sa.Column(
            "scope",
            sa.Enum(
                "national",
                "regional",
                "international",
                name="signature_scope",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("website", sa.String(length=300), nullable=True),
        sa.Column(
            "visibility",
            sa.Enum(
                "public",
                "addressees",
                "unnamed",
                name="signature_visibility",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "form",
                "import",
                "mail",
                "phone",
                "message",
                name="signature_source",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "evidence",
            sa.Enum(
                "none",
                "vouched",
                "mailbox",
                name="signature_evidence",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("form_nonce", sa.String(length=64), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "organisation_id IS NOT NULL OR status NOT IN ('pending', 'queried', 'held', 'accepted')",
            name=op.f("ck_signatures_live_is_identified"),
        ),
        sa.ForeignKeyConstraint(
            ["host_id"], ["hosts.id"], name=op.f("fk_signatures_host_id_hosts"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name=op.f("fk_signatures_letter_id_letters"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_signatures_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["text_version_id"],
            ["text_versions.id"],
            name=op.f("fk_signatures_text_version_id_text_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signatures")),
        sa.UniqueConstraint("form_nonce", name=op.f("uq_signatures_form_nonce")),
    )
    op.create_index("ix_signatures_letter_id_row_key", "signatures", ["letter_id", "row_key"], unique=False)
    op.create_index(
        "ix_signatures_letter_id_status_id", "signatures", ["letter_id", "status", "id"], unique=False
    )
    op.create_index(op.f("ix_signatures_organisation_id"), "signatures", ["organisation_id"], unique=False)
    op.create_index(
        "uq_signatures_letter_id_organisation_id_live",
        "signatures",
        ["letter_id", "organisation_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('pending', 'queried', 'held', 'accepted')"),
        postgresql_where=sa.text("status IN ('pending', 'queried', 'held', 'accepted')"),
    )
    op.create_table(
        "representatives",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("signature_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("role", sa.LargeBinary(), nullable=True),
        sa.Column("email", sa.LargeBinary(), nullable=True),
        sa.Column("email_index", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["signature_id"],
            ["signatures.id"],
            name=op.f("fk_representatives_signature_id_signatures"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_representatives")),
        sa.UniqueConstraint("signature_id", name=op.f("uq_representatives_signature_id")),
    )
    op.create_index(op.f("ix_representatives_email_index"), "representatives", ["email_index"], unique=False)
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("signature_id", sa.Integer(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "attestation",
                "consent",
                "updates",
                name="consent_purpose",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("text_version_id", sa.Integer(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["signature_id"],
            ["signatures.id"],
            name=op.f("fk_consents_signature_id_signatures"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["text_version_id"], ["text_versions.id"], name=op.f("fk_consents_text_version_id_text_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_signature_id"), "consents", ["signature_id"], unique=False)
    op.create_table(
        "confirmations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("signature_id", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["signature_id"],
            ["signatures.id"],
            name=op.f("fk_confirmations_signature_id_signatures"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmations")),
        sa.UniqueConstraint("digest", name=op.f("uq_confirmations_digest")),
    )
    op.create_index(op.f("ix_confirmations_signature_id"), "confirmations", ["signature_id"], unique=False)


def downgrade() -> None:
    op.drop_table("confirmations")
    op.drop_table("consents")
    op.drop_table("representatives")
    op.drop_table("signatures")
    op.drop_table("tally_deltas")
    op.drop_table("tally_totals")
