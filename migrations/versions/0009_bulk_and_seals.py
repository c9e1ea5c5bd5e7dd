"""Bulk invalidation in steps that survive a stop, and contacts sealed to a key that is kept elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

MOMENT, WHOLE = sa.DateTime(timezone=True), sa.Integer()
STATUSES = (
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
)
STATES = ("proposed", "running", "cancelled", "done", "undoing", "undone")


def upgrade() -> None:
    states = sa.Enum(*STATES, name="invalidation_state", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "invalidations",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("letter_id", WHOLE, nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("state", states, nullable=False),
        sa.Column("decision", sa.String(32), nullable=False),
        sa.Column("matched", WHOLE, nullable=False),
        sa.Column("done", WHOLE, nullable=False),
        sa.Column("last_id", WHOLE, nullable=False),
        sa.Column("through_id", WHOLE, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", WHOLE, nullable=True),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("started_by", WHOLE, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name=op.f("fk_invalidations_letter_id_letters"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invalidations")),
        sa.UniqueConstraint("decision", name=op.f("uq_invalidations_decision")),
    )
    op.create_index(op.f("ix_invalidations_letter_id"), "invalidations", ["letter_id"])
    _create_rows()
    with op.batch_alter_table("letters") as table:
        table.add_column(sa.Column("sealed_to", sa.String(100), nullable=True))
    with op.batch_alter_table("representatives") as table:
        table.add_column(sa.Column("sealed", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("representatives") as table:
        table.drop_column("sealed")
    with op.batch_alter_table("letters") as table:
        table.drop_column("sealed_to")
    op.drop_table("invalidated_rows")
    op.drop_table("invalidations")


def _create_rows() -> None:
    op.create_table(
        "invalidated_rows",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("invalidation_id", WHOLE, nullable=False),
        sa.Column("signature_id", WHOLE, nullable=False),
        sa.Column("status", _statuses("invalidated_status"), nullable=False),
        sa.Column("previous", _statuses("invalidated_previous"), nullable=True),
        sa.Column("decision", sa.String(32), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("accepted_at", MOMENT, nullable=True),
        sa.Column("restored", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["invalidation_id"],
            ["invalidations.id"],
            name=op.f("fk_invalidated_rows_invalidation_id_invalidations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["signature_id"],
            ["signatures.id"],
            name=op.f("fk_invalidated_rows_signature_id_signatures"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invalidated_rows")),
    )
    op.create_index(op.f("ix_invalidated_rows_signature_id"), "invalidated_rows", ["signature_id"])
    op.create_index(
        "uq_invalidated_rows_invalidation_id_signature_id",
        "invalidated_rows",
        ["invalidation_id", "signature_id"],
        unique=True,
    )


def _statuses(name: str) -> sa.Enum:
    return sa.Enum(*STATUSES, name=name, native_enum=False, create_constraint=True, length=32)
