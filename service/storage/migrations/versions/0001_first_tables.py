"""First tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "coverage",
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("adcode", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("effective", sa.Float(), nullable=False),
        sa.Column("firms", sa.Integer(), nullable=False),
        sa.Column("anchors", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "level", "adcode", "node", name=op.f("pk_coverage")),
    )
    op.create_table(
        "data_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("chains_hash", sa.String(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_data_version_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_version")),
    )
    op.create_table(
        "firm",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("uscc", sa.String(), nullable=True),
        sa.Column("normal_name", sa.String(), nullable=False),
        sa.Column("parent_name", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("short_name", sa.String(), nullable=True),
        sa.Column("stock_code", sa.String(), nullable=True),
        sa.Column("adcode", sa.String(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("industry", sa.String(), nullable=True),
        sa.Column("gbt4754_codes", sa.JSON(), nullable=False),
        sa.Column("products", sa.JSON(), nullable=False),
        sa.Column("nodes", sa.JSON(), nullable=False),
        sa.Column("capital_cny", sa.Float(), nullable=True),
        sa.Column("revenue_cny", sa.Float(), nullable=True),
        sa.Column("employees", sa.Integer(), nullable=True),
        sa.Column("founded", sa.Date(), nullable=True),
        sa.Column("entity_type", sa.String(), nullable=True),
        sa.Column("standing", sa.JSON(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("website", sa.String(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.CheckConstraint("uscc IS NULL OR length(uscc) = 18", name=op.f("ck_firm_uscc_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firm")),
        sa.UniqueConstraint("key", name=op.f("uq_firm_key")),
        sa.UniqueConstraint("uscc", name=op.f("uq_firm_uscc")),
    )
    with op.batch_alter_table("firm", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_firm_adcode"), ["adcode"], unique=False)
        batch_op.create_index(batch_op.f("ix_firm_normal_name"), ["normal_name"], unique=False)
        batch_op.create_index(batch_op.f("ix_firm_parent_name"), ["parent_name"], unique=False)
        batch_op.create_index(batch_op.f("ix_firm_stock_code"), ["stock_code"], unique=False)

    op.create_table(
        "region_firms",
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("adcode", sa.String(), nullable=False),
        sa.Column("firms", sa.Integer(), nullable=False),
        sa.Column("chain_firms", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("level", "adcode", name=op.f("pk_region_firms")),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("covers", sa.JSON(), nullable=False),
        sa.Column("complete_for", sa.JSON(), nullable=False),
        sa.Column("licence", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("imported_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("key", name=op.f("uq_source_key")),
    )
    op.create_table(
        "firm_source",
        sa.Column("firm_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["firm_id"], ["firm.id"], name=op.f("fk_firm_source_firm_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_firm_source_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("firm_id", "source_id", name=op.f("pk_firm_source")),
    )
    with op.batch_alter_table("firm_source", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_firm_source_source_id"), ["source_id"], unique=False)

    op.create_table(
        "import_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("rejects_file", sa.String(), nullable=True),
        sa.Column("located", sa.JSON(), nullable=False),
        sa.Column("links", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_import_run_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_table(
        "link",
        sa.Column("firm_id", sa.Integer(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.CheckConstraint("confidence >= 0 AND confidence <= 1", name=op.f("ck_link_confidence_range")),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name=op.f("fk_link_firm_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("firm_id", "node", name=op.f("pk_link")),
    )
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.create_index("ix_link_node_confidence", ["node", "confidence"], unique=False)

    op.create_table(
        "link_decision",
        sa.Column("firm_id", sa.Integer(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.CheckConstraint("state IN ('accepted', 'rejected')", name=op.f("ck_link_decision_state_known")),
        sa.ForeignKeyConstraint(
            ["firm_id"], ["firm.id"], name=op.f("fk_link_decision_firm_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("firm_id", "node", name=op.f("pk_link_decision")),
    )


def downgrade() -> None:
    """Drop every table."""
    op.drop_table("link_decision")
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.drop_index("ix_link_node_confidence")

    op.drop_table("link")
    op.drop_table("import_run")
    with op.batch_alter_table("firm_source", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_firm_source_source_id"))

    op.drop_table("firm_source")
    op.drop_table("source")
    op.drop_table("region_firms")
    with op.batch_alter_table("firm", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_firm_stock_code"))
        batch_op.drop_index(batch_op.f("ix_firm_parent_name"))
        batch_op.drop_index(batch_op.f("ix_firm_normal_name"))
        batch_op.drop_index(batch_op.f("ix_firm_adcode"))

    op.drop_table("firm")
    op.drop_table("data_version")
    op.drop_table("coverage")
