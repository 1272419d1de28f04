"""Search columns and the coverage before the last import"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

from service.storage.sounds import fill_sounds

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_SOUND = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_SEARCHED = ["initials", "pinyin", "normal_name", "short_name", "stock_code", "adcode", "uscc"]


def upgrade() -> None:
    """Say how the names of the firms sound, and make room for what stood before an import."""
    # Not as a batch: it would write the whole table of firms anew.
    for name in ("pinyin", "initials"):
        op.add_column("firm", sa.Column(name, _SOUND, nullable=False, server_default=""))
    fill_sounds(op.get_bind())
    op.create_index(op.f("ix_firm_search"), "firm", _SEARCHED)
    op.create_table(
        "coverage_before",
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("adcode", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("effective", sa.Float(), nullable=False),
        sa.Column("anchors", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "level", "adcode", "node", name=op.f("pk_coverage_before")),
    )
    op.create_table(
        "region_firms_before",
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("adcode", sa.String(), nullable=False),
        sa.Column("firms", sa.Integer(), nullable=False),
        sa.Column("chain_firms", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("level", "adcode", name=op.f("pk_region_firms_before")),
    )
    op.create_table(
        "data_before",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("chains_hash", sa.String(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("last_firm", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_data_before_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_before")),
    )


def downgrade() -> None:
    """Drop them: the sounds follow from the names, and nothing rests on what stood before."""
    for table in ("data_before", "region_firms_before", "coverage_before"):
        op.drop_table(table)
    op.drop_index(op.f("ix_firm_search"), table_name="firm")
    for name in ("initials", "pinyin"):
        op.drop_column("firm", name)
