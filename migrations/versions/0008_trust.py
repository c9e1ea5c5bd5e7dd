"""Organisations under many names, evidence, merging, self-service, changed texts, limits, sheets, erasure."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

MOMENT, WHOLE = sa.DateTime(timezone=True), sa.Integer()
EVIDENCE = ("none", "vouched", "mailbox")
PURPOSES = ("attestation", "consent", "updates")


def enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def reference(table: str, column: str, other: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"), ondelete=ondelete
    )


def key(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))


def upgrade() -> None:
    _organisations()
    _letters()
    _imports()
    _signatures()
    _persons()
    _links_and_merges()
    _guards()
    _redactions()


def _organisations() -> None:
    with op.batch_alter_table("organisations") as table:
        table.add_column(sa.Column("acronym", sa.String(40), nullable=True))
        table.add_column(sa.Column("merged_into_id", WHOLE, nullable=True))
        table.create_foreign_key(
            op.f("fk_organisations_merged_into_id_organisations"), "organisations", ["merged_into_id"], ["id"]
        )
    op.create_index(op.f("ix_organisations_merged_into_id"), "organisations", ["merged_into_id"])
    kinds = enum("organisation_name_kind", "name", "alias", "former", "acronym")
    with op.batch_alter_table("organisation_names") as table:
        table.add_column(sa.Column("kind", sa.String(32), nullable=False, server_default="name"))
        table.add_column(sa.Column("language", sa.String(20), nullable=True))
        table.add_column(sa.Column("matched", sa.String(400), nullable=False, server_default=""))
        table.add_column(sa.Column("skeleton", sa.String(400), nullable=False, server_default=""))
    with op.batch_alter_table("organisation_names") as table:
        table.alter_column("kind", existing_type=sa.String(32), type_=kinds, server_default=None)
        table.alter_column("matched", server_default=None)
        table.alter_column("skeleton", server_default=None)
    op.create_index(op.f("ix_organisation_names_skeleton"), "organisation_names", ["skeleton"])
    op.create_table(
        "organisation_domains",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("organisation_id", WHOLE, nullable=False),
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("source", enum("domain_source", "website", "mailbox"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        reference("organisation_domains", "organisation_id", "organisations", "CASCADE"),
        key("organisation_domains"),
        sa.UniqueConstraint(
            "organisation_id", "domain", "source", name="uq_organisation_domains_organisation_id_domain"
        ),
    )
    op.create_index(op.f("ix_organisation_domains_domain"), "organisation_domains", ["domain"])
    op.create_table(
        "organisation_differences",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("first_id", WHOLE, nullable=False),
        sa.Column("second_id", WHOLE, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("decided_by", WHOLE, nullable=True),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_organisation_differences_ordered")),
        reference("organisation_differences", "first_id", "organisations", "CASCADE"),
        reference("organisation_differences", "second_id", "organisations", "CASCADE"),
        key("organisation_differences"),
        sa.UniqueConstraint("first_id", "second_id", name="uq_organisation_differences_first_id_second_id"),
    )
    op.create_index(op.f("ix_organisation_differences_second_id"), "organisation_differences", ["second_id"])


def _letters() -> None:
    text = sa.String(32)
    with op.batch_alter_table("letters") as table:
        table.add_column(sa.Column("text_rule", text, nullable=False, server_default="revisable"))
        table.add_column(sa.Column("silence", text, nullable=False, server_default="off"))
        table.add_column(sa.Column("further_bodies", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("country_names", sa.JSON(), nullable=False, server_default="{}"))
        table.add_column(sa.Column("archived_at", MOMENT, nullable=True))
    # When one was archived stands only in the record; one without a trace there counts from now.
    op.execute(
        "UPDATE letters SET archived_at = coalesce((SELECT max(at) FROM audit_entries "
        "WHERE audit_entries.letter_id = letters.id AND action = 'letter.archived'), CURRENT_TIMESTAMP) "
        "WHERE status = 'archived'"
    )
    with op.batch_alter_table("letters") as table:
        rules, silences = enum("text_rule", "final", "revisable"), enum("silence", "off", "kept")
        table.alter_column("text_rule", existing_type=text, type_=rules, server_default=None)
        table.alter_column("silence", existing_type=text, type_=silences, server_default=None)
        table.alter_column("further_bodies", server_default=None)
        table.alter_column("country_names", server_default=None)
    with op.batch_alter_table("text_versions") as table:
        table.add_column(sa.Column("summary", sa.String(500), nullable=True))
        table.add_column(sa.Column("reconfirm_by", MOMENT, nullable=True))
        table.add_column(sa.Column("settled_at", MOMENT, nullable=True))
        table.add_column(sa.Column("new_bodies", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("text_versions") as table:
        table.alter_column("new_bodies", server_default=None)
    with op.batch_alter_table("translations") as table:
        table.add_column(sa.Column("title", sa.String(300), nullable=True))
    with op.batch_alter_table("addressees") as table:
        table.add_column(sa.Column("since_version_id", WHOLE, nullable=True))
        table.create_foreign_key(
            op.f("fk_addressees_since_version_id_text_versions"),
            "text_versions",
            ["since_version_id"],
            ["id"],
        )


def _imports() -> None:
    op.create_table(
        "imports",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("letter_id", WHOLE, nullable=False),
        sa.Column("filename", sa.String(120), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("basis", sa.LargeBinary(), nullable=True),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("state", enum("import_state", "uploaded", "running", "done", "cancelled"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", WHOLE, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        reference("imports", "letter_id", "letters", "CASCADE"),
        key("imports"),
    )
    op.create_index(op.f("ix_imports_letter_id"), "imports", ["letter_id"])


def _signatures() -> None:
    with op.batch_alter_table("signatures") as table:
        for name, other in (
            ("agreed_version_id", "text_versions"),
            ("superseded_by_id", "signatures"),
            ("import_id", "imports"),
        ):
            table.add_column(sa.Column(name, WHOLE, nullable=True))
            table.create_foreign_key(op.f(f"fk_signatures_{name}_{other}"), other, [name], ["id"])
        table.add_column(sa.Column("import_line", WHOLE, nullable=True))
        table.add_column(sa.Column("flags", sa.JSON(), nullable=False, server_default="[]"))
        table.add_column(sa.Column("wishes", sa.JSON(), nullable=True))
        table.add_column(sa.Column("decision", sa.String(32), nullable=True))
        table.add_column(sa.Column("erased_at", MOMENT, nullable=True))
    _evidence(EVIDENCE, (*EVIDENCE, "domain", "before"))
    with op.batch_alter_table("signatures") as table:
        table.alter_column("flags", server_default=None)
    for name in ("superseded_by_id", "import_id", "decision"):
        op.create_index(op.f(f"ix_signatures_{name}"), "signatures", [name])


def _evidence(old: tuple[str, ...], new: tuple[str, ...]) -> None:
    _widen("signatures", "evidence", "signature_evidence", old, new)


def _widen(table_name: str, column: str, name: str, old: tuple[str, ...], new: tuple[str, ...]) -> None:
    """Another set of allowed values: the CHECK of the old type goes and the new one's comes."""
    with op.batch_alter_table(table_name) as table:
        table.alter_column(column, existing_type=enum(name, *old), type_=enum(name, *new))


def _persons() -> None:
    with op.batch_alter_table("representatives") as table:
        table.add_column(sa.Column("asked_by", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("asked_by_email", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("asked_by_index", sa.String(64), nullable=True))
    op.create_index(op.f("ix_representatives_asked_by_index"), "representatives", ["asked_by_index"])
    with op.batch_alter_table("consents") as table:
        table.add_column(sa.Column("readers", sa.JSON(), nullable=False, server_default="[]"))
        table.add_column(sa.Column("withdrawn_at", MOMENT, nullable=True))
    with op.batch_alter_table("consents") as table:
        table.alter_column("readers", server_default=None)
    _widen("consents", "purpose", "consent_purpose", PURPOSES, (*PURPOSES, "visibility", "reconfirmation"))


def _links_and_merges() -> None:
    op.create_table(
        "signature_links",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("signature_id", WHOLE, nullable=False),
        sa.Column("purpose", enum("link_purpose", "manage", "reconfirm"), nullable=False),
        sa.Column("text_version_id", WHOLE, nullable=True),
        sa.Column("nonce", sa.String(32), nullable=False),
        sa.Column("digest", sa.String(64), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        reference("signature_links", "signature_id", "signatures", "CASCADE"),
        reference("signature_links", "text_version_id", "text_versions"),
        key("signature_links"),
        sa.UniqueConstraint("digest", name=op.f("uq_signature_links_digest")),
    )
    op.create_index(op.f("ix_signature_links_signature_id"), "signature_links", ["signature_id"])
    op.create_table(
        "merges",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("letter_id", WHOLE, nullable=True),
        sa.Column("kept_id", WHOLE, nullable=False),
        sa.Column("gone_id", WHOLE, nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("merged_at", MOMENT, nullable=False),
        sa.Column("merged_by", WHOLE, nullable=True),
        sa.Column("undone_at", MOMENT, nullable=True),
        reference("merges", "letter_id", "letters", "SET NULL"),
        reference("merges", "kept_id", "organisations"),
        reference("merges", "gone_id", "organisations"),
        key("merges"),
    )
    for name in ("letter_id", "kept_id", "gone_id"):
        op.create_index(op.f(f"ix_merges_{name}"), "merges", [name])


def _guards() -> None:
    op.create_table(
        "sightings",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("letter_id", WHOLE, nullable=False),
        sa.Column("signature_id", WHOLE, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("near", sa.String(64), nullable=False),
        sa.Column("wide", sa.String(64), nullable=True),
        sa.Column("mailbox", sa.String(64), nullable=True),
        reference("sightings", "letter_id", "letters", "CASCADE"),
        reference("sightings", "signature_id", "signatures", "SET NULL"),
        key("sightings"),
    )
    op.create_index(op.f("ix_sightings_at"), "sightings", ["at"])
    op.create_index(op.f("ix_sightings_signature_id"), "sightings", ["signature_id"])
    for name in ("letter_id", "near", "wide", "mailbox"):
        op.create_index(f"ix_sightings_{name}_at", "sightings", [name, "at"])
    op.create_table(
        "limits",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("letter_id", WHOLE, nullable=True),
        sa.Column("per", enum("limit_per", "letter", "network", "mailbox"), nullable=False),
        sa.Column("span", WHOLE, nullable=False),
        sa.Column("most", WHOLE, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", WHOLE, nullable=True),
        reference("limits", "letter_id", "letters", "CASCADE"),
        key("limits"),
    )
    op.create_index(op.f("ix_limits_letter_id"), "limits", ["letter_id"])
    op.create_table(
        "access_rules",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("letter_id", WHOLE, nullable=True),
        sa.Column("verdict", enum("access_verdict", "allow", "deny"), nullable=False),
        sa.Column("kind", enum("access_kind", "network", "domain"), nullable=False),
        sa.Column("pattern", sa.String(200), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", WHOLE, nullable=True),
        reference("access_rules", "letter_id", "letters", "CASCADE"),
        key("access_rules"),
    )
    op.create_index(op.f("ix_access_rules_letter_id"), "access_rules", ["letter_id"])
    op.create_table(
        "login_attempts",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("mailbox", sa.String(64), nullable=False),
        sa.Column("network", sa.String(64), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        key("login_attempts"),
    )
    for name in ("at", "mailbox", "network"):
        op.create_index(op.f(f"ix_login_attempts_{name}"), "login_attempts", [name])


def _redactions() -> None:
    for name in ("editions", "edition_files"):
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("redacted_at", MOMENT, nullable=True))
    with op.batch_alter_table("edition_files") as table:
        table.add_column(sa.Column("redacted_sha256", sa.String(64), nullable=True))
    op.create_index(op.f("ix_edition_files_redacted_sha256"), "edition_files", ["redacted_sha256"])


def downgrade() -> None:
    op.drop_index(op.f("ix_edition_files_redacted_sha256"), table_name="edition_files")
    with op.batch_alter_table("edition_files") as table:
        table.drop_column("redacted_sha256")
    for name in ("edition_files", "editions"):
        with op.batch_alter_table(name) as table:
            table.drop_column("redacted_at")
    for name in (
        "login_attempts",
        "access_rules",
        "limits",
        "sightings",
        "merges",
        "signature_links",
    ):
        op.drop_table(name)
    _downgrade_persons()
    _downgrade_signatures()
    op.drop_table("imports")
    _downgrade_letters()
    _downgrade_organisations()


def _downgrade_persons() -> None:
    """A yes to something the older schema does not know of has no place there."""
    op.execute("DELETE FROM consents WHERE purpose IN ('visibility', 'reconfirmation')")
    _widen("consents", "purpose", "consent_purpose", (*PURPOSES, "visibility", "reconfirmation"), PURPOSES)
    with op.batch_alter_table("consents") as table:
        table.drop_column("withdrawn_at")
        table.drop_column("readers")
    op.drop_index(op.f("ix_representatives_asked_by_index"), table_name="representatives")
    with op.batch_alter_table("representatives") as table:
        for column in ("asked_by_index", "asked_by_email", "asked_by"):
            table.drop_column(column)


def _downgrade_signatures() -> None:
    """The two strongest kinds of evidence are both a proven mailbox."""
    op.execute("UPDATE signatures SET evidence = 'mailbox' WHERE evidence IN ('domain', 'before')")
    _evidence((*EVIDENCE, "domain", "before"), EVIDENCE)
    for name in ("decision", "import_id", "superseded_by_id"):
        op.drop_index(op.f(f"ix_signatures_{name}"), table_name="signatures")
    with op.batch_alter_table("signatures") as table:
        for name, other in (
            ("import_id", "imports"),
            ("superseded_by_id", "signatures"),
            ("agreed_version_id", "text_versions"),
        ):
            table.drop_constraint(op.f(f"fk_signatures_{name}_{other}"), type_="foreignkey")
        for column in (
            "erased_at decision wishes flags import_line import_id superseded_by_id agreed_version_id".split()
        ):
            table.drop_column(column)


def _downgrade_letters() -> None:
    with op.batch_alter_table("addressees") as table:
        table.drop_constraint(op.f("fk_addressees_since_version_id_text_versions"), type_="foreignkey")
        table.drop_column("since_version_id")
    with op.batch_alter_table("translations") as table:
        table.drop_column("title")
    with op.batch_alter_table("text_versions") as table:
        for column in ("new_bodies", "settled_at", "reconfirm_by", "summary"):
            table.drop_column(column)
    with op.batch_alter_table("letters") as table:
        for name in ("silence", "text_rule"):
            table.drop_constraint(op.f(f"ck_letters_{name}"), type_="check")
        for column in ("archived_at", "country_names", "further_bodies", "silence", "text_rule"):
            table.drop_column(column)


def _downgrade_organisations() -> None:
    """Who was merged stands apart again: the older code knows of no merging."""
    op.drop_table("organisation_differences")
    op.drop_table("organisation_domains")
    op.drop_index(op.f("ix_organisation_names_skeleton"), table_name="organisation_names")
    with op.batch_alter_table("organisation_names") as table:
        table.drop_constraint(op.f("ck_organisation_names_organisation_name_kind"), type_="check")
        for column in ("skeleton", "matched", "language", "kind"):
            table.drop_column(column)
    op.drop_index(op.f("ix_organisations_merged_into_id"), table_name="organisations")
    with op.batch_alter_table("organisations") as table:
        table.drop_constraint(op.f("fk_organisations_merged_into_id_organisations"), type_="foreignkey")
        for column in ("merged_into_id", "acronym"):
            table.drop_column(column)
