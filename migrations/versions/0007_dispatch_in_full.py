"""Releases with a second person, further lists, own mails for Cc who see less, bounces, replies."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ACTORS = ("user", "operator", "signatory", "visitor", "worker", "setting")
ONCE, OWED = "uq_consignments_edition_id_addressee_id_envelope", "cancelled = false"
OWED_ONCE = "cancelled = false AND again = false"
REPLACED_ONCE = "cancelled = false AND replaces_id IS NOT NULL"


def enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    _reports()
    _who_sees_what()
    _files()
    _dispatches()
    _consignments()
    _responses()


def _reports() -> None:
    # A release makes many mails due in one moment: the next one is found by its id, without sorting them.
    op.drop_index("ix_mails_state_due_at", table_name="mails")
    op.create_index("ix_mails_state_due_at_id", "mails", ["state", "due_at", "id"])
    op.create_table(
        "mail_reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", enum("report_kind", "bounced", "delayed"), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=True),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["mails.id"], name=op.f("fk_mail_reports_mail_id_mails"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_reports")),
        sa.UniqueConstraint("mail_id", "digest", name="uq_mail_reports_mail_id_digest"),
    )


def _who_sees_what() -> None:
    with op.batch_alter_table("letters") as table:
        table.add_column(sa.Column("release_delay", sa.Integer(), nullable=False, server_default="15"))
    with op.batch_alter_table("letters") as table:
        table.alter_column("release_delay", server_default=None)
    with op.batch_alter_table("signatures") as table:
        table.add_column(sa.Column("shown_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("addressees") as table:
        table.add_column(sa.Column("sees_since", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE addressees SET sees_since = created_at WHERE sees = 'all'")
    with op.batch_alter_table("copies") as table:
        table.add_column(sa.Column("sees", sa.String(length=32), nullable=False, server_default="public"))
        table.add_column(sa.Column("sees_since", sa.DateTime(timezone=True), nullable=True))
    # Until now a Cc got the very bytes of its addressee.
    op.execute(
        "UPDATE copies SET "
        "sees = (SELECT sees FROM addressees WHERE addressees.id = copies.addressee_id), "
        "sees_since = (SELECT sees_since FROM addressees WHERE addressees.id = copies.addressee_id)"
    )
    with op.batch_alter_table("copies") as table:
        table.alter_column(
            "sees",
            existing_type=sa.String(length=32),
            type_=enum("copy_sees", "all", "public"),
            existing_nullable=False,
            server_default=None,
        )


def _files() -> None:
    op.drop_index("uq_edition_files_edition_id", table_name="edition_files")
    with op.batch_alter_table("edition_files") as table:
        table.add_column(sa.Column("reader", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("edition_files") as table:
        table.alter_column("reader", server_default=None)
    op.create_index(
        "uq_edition_files_edition_id",
        "edition_files",
        ["edition_id", "addressee_id", "language", "reader"],
        unique=True,
    )
    op.create_table(
        "kept_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(length=120), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_kept_files_letter_id_letters")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_files")),
    )
    op.create_index(op.f("ix_kept_files_letter_id"), "kept_files", ["letter_id"], unique=False)


def _dispatches() -> None:
    moment, whole = sa.DateTime(timezone=True), sa.Integer()
    # Expand, with what holds for every release there is …
    with op.batch_alter_table("dispatches") as table:
        table.add_column(sa.Column("purpose", sa.String(length=32), nullable=False, server_default="letter"))
        table.add_column(sa.Column("state", sa.String(length=32), nullable=False, server_default="left"))
        table.add_column(sa.Column("fingerprint", sa.String(64), nullable=False, server_default=""))
        table.add_column(sa.Column("covering", sa.Text(), nullable=True))
        table.add_column(sa.Column("proposed_at", moment, nullable=True))
        table.add_column(sa.Column("proposed_kind", sa.String(length=32), nullable=True))
        table.add_column(sa.Column("proposed_by", whole, nullable=True))
        table.add_column(sa.Column("left_at", moment, nullable=True))
        table.add_column(sa.Column("publishes", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(
            sa.Column("publishes_anyway", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        table.add_column(sa.Column("published_at", moment, nullable=True))
        table.add_column(sa.Column("alerted_at", moment, nullable=True))
    # … backfill …
    op.execute(
        "UPDATE dispatches SET proposed_at = released_at, proposed_kind = released_kind, "
        "proposed_by = released_by, left_at = released_at, "
        "state = CASE WHEN cancelled_at IS NULL THEN 'left' ELSE 'cancelled' END"
    )
    # … and contract.
    with op.batch_alter_table("dispatches") as table:
        text = sa.String(length=32)
        purposes = enum("dispatch_purpose", "letter", "correction", "reminder")
        states = enum("dispatch_state", "proposed", "released", "left", "held", "cancelled")
        table.alter_column("purpose", existing_type=text, type_=purposes, server_default=None)
        table.alter_column("state", existing_type=text, type_=states, server_default=None)
        table.alter_column("fingerprint", server_default=None)
        table.alter_column("proposed_at", existing_type=moment, nullable=False)
        kinds = enum("proposed_kind", *ACTORS)
        table.alter_column("proposed_kind", existing_type=text, type_=kinds, nullable=False)
        table.alter_column("publishes", server_default=None)
        table.alter_column("publishes_anyway", server_default=None)
        for name in ("released_at", "leaves_at"):
            table.alter_column(name, existing_type=moment, nullable=True)
        table.alter_column("released_kind", existing_type=sa.String(length=32), nullable=True)
    op.create_index(op.f("ix_dispatches_state"), "dispatches", ["state"], unique=False)


def _consignments() -> None:
    op.drop_index(ONCE, table_name="consignments")
    with op.batch_alter_table("consignments") as table:
        table.add_column(sa.Column("reader", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("again", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("replaces_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("shares_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("done_who", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("done_scan_id", sa.Integer(), nullable=True))
        table.create_foreign_key(
            op.f("fk_consignments_replaces_id_consignments"), "consignments", ["replaces_id"], ["id"]
        )
        table.create_foreign_key(
            op.f("fk_consignments_shares_id_consignments"), "consignments", ["shares_id"], ["id"]
        )
        table.create_foreign_key(
            op.f("fk_consignments_done_scan_id_kept_files"), "kept_files", ["done_scan_id"], ["id"]
        )
    with op.batch_alter_table("consignments") as table:
        table.alter_column("reader", server_default=None)
        table.alter_column("again", server_default=None)
    op.execute(
        "UPDATE consignments SET shares_id = (SELECT min(o.id) FROM consignments o "
        "WHERE o.dispatch_id = consignments.dispatch_id AND o.addressee_id = consignments.addressee_id) "
        "WHERE envelope > 0"
    )
    _index(ONCE, ["edition_id", "addressee_id", "envelope"], OWED_ONCE)
    _index("uq_consignments_replaces_id", ["replaces_id"], REPLACED_ONCE)


def _index(name: str, columns: list[str], where: str) -> None:
    op.create_index(
        name,
        "consignments",
        columns,
        unique=True,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )


def _responses() -> None:
    op.create_table(
        "responses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("addressee_id", sa.Integer(), nullable=False),
        sa.Column("kind", enum("response_kind", "acknowledged", "replied"), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=True),
        sa.Column("officer", sa.LargeBinary(), nullable=True),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["addressee_id"], ["addressees.id"], name=op.f("fk_responses_addressee_id_addressees")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["kept_files.id"], name=op.f("fk_responses_file_id_kept_files")),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_responses_letter_id_letters")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responses")),
    )
    op.create_index(op.f("ix_responses_letter_id"), "responses", ["letter_id"], unique=False)


def downgrade() -> None:
    op.drop_table("responses")
    _downgrade_consignments()
    _downgrade_dispatches()
    op.drop_table("kept_files")
    op.execute("DELETE FROM edition_files WHERE reader > 0")
    op.drop_index("uq_edition_files_edition_id", table_name="edition_files")
    with op.batch_alter_table("edition_files") as table:
        table.drop_column("reader")
    op.create_index(
        "uq_edition_files_edition_id",
        "edition_files",
        ["edition_id", "addressee_id", "language"],
        unique=True,
    )
    with op.batch_alter_table("copies") as table:
        table.drop_constraint(op.f("ck_copies_copy_sees"), type_="check")
        table.drop_column("sees_since")
        table.drop_column("sees")
    for name, column in (
        ("addressees", "sees_since"),
        ("signatures", "shown_at"),
        ("letters", "release_delay"),
    ):
        with op.batch_alter_table(name) as table:
            table.drop_column(column)
    op.drop_table("mail_reports")
    op.drop_index("ix_mails_state_due_at_id", table_name="mails")
    op.create_index("ix_mails_state_due_at", "mails", ["state", "due_at"])


def _downgrade_consignments() -> None:
    """A mail sent again has no place in the older schema: its row goes, the outbox keeps the mail."""
    for name in (ONCE, "uq_consignments_replaces_id"):
        op.drop_index(name, table_name="consignments")
    op.execute("DELETE FROM consignments WHERE again")
    with op.batch_alter_table("consignments") as table:
        for other, column in (
            ("consignments", "replaces_id"),
            ("consignments", "shares_id"),
            ("kept_files", "done_scan_id"),
        ):
            table.drop_constraint(op.f(f"fk_consignments_{column}_{other}"), type_="foreignkey")
        for column in ("done_scan_id", "done_who", "shares_id", "replaces_id", "again", "reader"):
            table.drop_column(column)
    _index(ONCE, ["edition_id", "addressee_id", "envelope"], OWED)


def _downgrade_dispatches() -> None:
    """A release that waits for a second person counts as cancelled: the older code knows no such wait."""
    op.execute(
        "UPDATE dispatches SET cancelled_at = coalesce(cancelled_at, proposed_at) "
        "WHERE released_at IS NULL OR state = 'held'"
    )
    op.execute(
        "UPDATE dispatches SET released_at = coalesce(released_at, proposed_at), "
        "released_kind = coalesce(released_kind, proposed_kind), "
        "leaves_at = coalesce(leaves_at, released_at, proposed_at)"
    )
    op.execute(
        "UPDATE consignments SET cancelled = true WHERE dispatch_id IN "
        "(SELECT id FROM dispatches WHERE cancelled_at IS NOT NULL)"
    )
    op.drop_index(op.f("ix_dispatches_state"), table_name="dispatches")
    with op.batch_alter_table("dispatches") as table:
        for name in ("dispatch_purpose", "dispatch_state", "proposed_kind"):
            table.drop_constraint(op.f(f"ck_dispatches_{name}"), type_="check")
        for column in (
            "alerted_at published_at publishes_anyway publishes left_at proposed_by proposed_kind "
            "proposed_at covering fingerprint state purpose"
        ).split():
            table.drop_column(column)
        for column in ("released_at", "leaves_at"):
            table.alter_column(column, existing_type=sa.DateTime(timezone=True), nullable=False)
        table.alter_column("released_kind", existing_type=sa.String(length=32), nullable=False)
